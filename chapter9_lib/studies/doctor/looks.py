"""What was done to the pixels before they reached the network: told from the numbers themselves.

Where the files of the photos are known and nothing is drawn at random, pixels and tensors lie on a straight line, whose
slope and height are the deviation and the mean. Otherwise: photos have dark and light places, whatever is in them. Undo
each preparation that people apply, rightly or wrongly, and see which one leaves something that looks like photos.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from chapter9_lib.models import Preprocessing

__all__ = ["Guess", "by_its_looks", "by_its_pixels", "kinds", "undo"]

KNOWN: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "ImageNet's": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "0.5 and 0.5": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "CLIP's": ((0.4815, 0.4578, 0.4082), (0.2686, 0.2613, 0.2758)),
    "CIFAR-10's": ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
}
"""Means and deviations that are copied from text to text."""

ROOM, OUTSIDE = 0.25, 0.005
"""How far beyond 0 and 1 sharp resizing and changes of light may go, and for which share of the values; what goes
further was not prepared so."""
STRAIGHT, OFF = 0.9, 0.03
"""How well pixels and tensors must lie on a line to be believed; how far it may be from the right one, in 0..1."""

_MEAN, _MEAN_SPREAD = 0.45, 0.12
_STD, _STD_SPREAD = 0.24, 0.05


@dataclass(frozen=True)
class Guess:
    """What was done to the pixels.

    Attributes:
        kind: "right", "missing", "0-255", "0-255, then normalised", "twice", "constants", "swapped" or "other".
        words: the same for people.
        sure: whether the numbers leave no other reading.
    """

    kind: str
    words: str
    sure: bool


def kinds(wanted: Preprocessing) -> dict[str, str]:
    """Every preparation that is looked for, in words; "constants:" is followed by whose."""
    found = {
        "right": "prepared as the checkpoint wants it",
        "missing": "in 0 to 1, without normalisation",
        "0-255": "in 0 to 255",
        "0-255, then normalised": "in 0 to 255 when they were normalised",
        "twice": "normalised twice",
    }
    for name, constants in KNOWN.items():
        if not _same(constants, (wanted.mean, wanted.std)):
            found[f"constants:{name}"] = f"normalised with other constants, {name}"
    return found


def undo(images: Tensor, kind: str, wanted: Preprocessing) -> Tensor:
    """The photos in 0..1 that a preparation of this kind would have made into these images."""
    kind, _, name = kind.partition(":")
    mean, std = (torch.tensor(v, dtype=images.dtype)[:, None, None] for v in (wanted.mean, wanted.std))
    if kind == "missing":
        return images
    if kind == "0-255":
        return images / 255
    if kind == "0-255, then normalised":
        return (images * std + mean) / 255
    if kind == "twice":
        return (images * std + mean) * std + mean
    if kind == "constants":
        mean, std = (torch.tensor(v, dtype=images.dtype)[:, None, None] for v in KNOWN[name])
    return images * std + mean


def by_its_pixels(images: Tensor, references: Tensor, wanted: Preprocessing) -> Guess | None:
    """What was done to photos whose files are known.

    Args:
        images: [n, 3, height, width], as they reach the network, nothing drawn at random.
        references: the same photos in 0..1, resized as the checkpoint wants them.
        wanted: by the checkpoint.

    Returns:
        None where pixels and tensors are on no line, as when the photos were cropped otherwise.
    """
    plain, swapped = (_line(images, pixels) for pixels in (references, references.flip(1)))
    if max(plain[2], swapped[2]) < STRAIGHT:
        return None
    if swapped[2] > plain[2] + 0.02:
        return Guess("swapped", "blue, green, red instead of red, green, blue", True)
    ends = torch.stack([plain[1], plain[0] + plain[1]])[:, None, :, None, None]  # what black and white have become
    errors = {kind: float((undo(ends, kind, wanted) - torch.tensor([0.0, 1.0])[:, None, None, None, None]).abs().max())
              for kind in kinds(wanted)}  # fmt: skip
    if errors["right"] <= OFF:
        return Guess("right", kinds(wanted)["right"], True)
    best = min(errors, key=errors.get)
    if errors[best] < errors["right"] / 2:
        return Guess(best.partition(":")[0], kinds(wanted)[best], True)
    black, white = ends.mean(2).flatten().tolist()
    return Guess("other", f"such that black is {black:.2f} and white {white:.2f}", True)


def by_its_looks(images: Tensor, wanted: Preprocessing) -> Guess:
    """What was done to photos of which nothing else is known.

    Pale photos and dark ones are photos too: nobody is accused but where values lie where they can't, or fill 0 to 1.

    Args:
        images: [n, 3, height, width], as they reach the network.
        wanted: by the checkpoint.
    """
    unlikely = {kind: _unlikely(undo(images, kind, wanted)) for kind in kinds(wanted)}
    impossible = _outside(undo(images, "right", wanted)) > OUTSIDE
    low, high = float(images.min()), float(images.max())
    fills = 0 <= low < 0.02 and 0.98 < high <= 1 and not _same((wanted.mean, wanted.std), ((0.0,) * 3, (1.0,) * 3))
    best = "missing" if fills else min(unlikely, key=unlikely.get)
    if best == "right" or not (impossible or fills):
        return Guess("right", kinds(wanted)["right"], False)
    return Guess(best.partition(":")[0], kinds(wanted)[best], impossible)


def _line(images: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor, float]:
    """Slope and height of each channel, and the least of the channels' squared correlations."""
    x, y = (t.transpose(0, 1).flatten(1).double() for t in (pixels, images))
    x_mean, y_mean = x.mean(1), y.mean(1)
    across = ((x - x_mean[:, None]) * (y - y_mean[:, None])).mean(1)
    x_var, y_var = x.var(1, correction=0).clamp_min(1e-12), y.var(1, correction=0).clamp_min(1e-12)
    slope = across / x_var
    return slope.float(), (y_mean - slope * x_mean).float(), float((across**2 / (x_var * y_var)).min())


def _same(one: tuple, other: tuple) -> bool:
    return all(abs(a - b) < 0.02 for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))


def _outside(photos: Tensor) -> float:
    return float(((photos < -ROOM) | (photos > 1 + ROOM)).float().mean())


def _unlikely(photos: Tensor) -> float:
    """How little these numbers look like photos in 0..1."""
    mean, std = photos.mean((0, 2, 3)), photos.std((0, 2, 3))
    off = ((mean - _MEAN) / _MEAN_SPREAD) ** 2 + ((std - _STD) / _STD_SPREAD) ** 2
    return float(off.sum()) + 100 * _outside(photos)
