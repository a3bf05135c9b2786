"""What was done to the pixels before they reached the network: told from the numbers themselves.

Photos have dark and light places, whatever is in them. Undo each preparation that people apply, rightly or wrongly, and
see which one leaves something that looks like photos; where the files are known, like these very photos.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from chapter9_lib.models import Preprocessing

__all__ = ["Guess", "Likeness", "guess_preparation", "likeness", "undo"]

KNOWN: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "ImageNet's": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "0.5 and 0.5": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "CLIP's": ((0.4815, 0.4578, 0.4082), (0.2686, 0.2613, 0.2758)),
    "CIFAR-10's": ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
}
"""Means and deviations that are copied from text to text."""

MARGIN, BAD = 4.0, 6.0
"""Another preparation is believed when it is so much likelier than the right one, and the right one is this unlikely.
Both in squared deviations, summed over channels; set on ResNet and MobileNet fixtures."""

_MEAN, _MEAN_SPREAD = 0.45, 0.12
_STD, _STD_SPREAD = 0.24, 0.05
_WITH_FILES = 0.03
"""How far channel means and deviations of a few dozen photos may be from those of their files, for augmentation."""
_ROOM = 0.1
"""Beyond 0 and 1, for sharp resizing and for changes of light."""


@dataclass(frozen=True)
class Guess:
    """What was done to the pixels.

    Attributes:
        kind: "right", "missing", "0-255", "0-255, then normalised", "twice", "constants", or "swapped".
        words: the same for people.
        unlikely: how badly it fits, in squared deviations; 0 is perfect.
    """

    kind: str
    words: str
    unlikely: float


Likeness = Mapping[str, Tensor]
"""Means and deviations of each channel, in 0..1, that the photos should have; empty where the files are unknown."""


def likeness(references: Tensor | None) -> Likeness:
    """What the photos' files say of their channels; references are [n, 3, height, width] in 0..1."""
    if references is None or not len(references):
        return {}
    return {"mean": references.mean((0, 2, 3)), "std": references.std((0, 2, 3))}


def guess_preparation(images: Tensor, wanted: Preprocessing, like: Likeness) -> tuple[Guess, Guess]:
    """The preparation that the network wants, and the likeliest one, with how well each explains the numbers.

    Args:
        images: [n, 3, height, width] as they reach the network.
        wanted: by the checkpoint.
        like: what the files say.
    """
    guesses = {kind: Guess(kind.split(":")[0], words, _unlikely(undo(images, kind, wanted), like))
               for kind, words in _kinds(wanted, bool(like)).items()}  # fmt: skip
    best = min(guesses.values(), key=lambda guess: guess.unlikely)
    return guesses["right"], best


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
    found = images * std + mean
    return found.flip(1) if kind == "swapped" else found


def _kinds(wanted: Preprocessing, with_files: bool) -> dict[str, str]:
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
    if with_files:  # colours alone don't tell: leaves are green, and skies are blue
        found["swapped"] = "blue, green, red instead of red, green, blue"
    return found


def _same(one: tuple, other: tuple) -> bool:
    return all(abs(a - b) < 0.02 for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))


def _unlikely(photos: Tensor, like: Likeness) -> float:
    """How little these numbers look like photos in 0..1; those known, or any."""
    mean, std = photos.mean((0, 2, 3)), photos.std((0, 2, 3))
    outside = float(((photos < -_ROOM) | (photos > 1 + _ROOM)).float().mean())
    if like:
        off = ((mean - like["mean"]) / _WITH_FILES) ** 2 + ((std - like["std"]) / _WITH_FILES) ** 2
    else:
        off = ((mean - _MEAN) / _MEAN_SPREAD) ** 2 + ((std - _STD) / _STD_SPREAD) ** 2
    return float(off.sum()) + 100 * outside
