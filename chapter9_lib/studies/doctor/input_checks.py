"""Photos that reach the network otherwise than its checkpoint wants them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from chapter9_lib.models import Preprocessing
from chapter9_lib.studies.doctor.case import Case, Unknown
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.looks import Guess, by_its_looks, by_its_pixels
from chapter9_lib.studies.doctor.report import ERROR, NOTE, WARNING, Finding
from chapter9_lib.studies.doctor.seen import Seen

__all__: list[str] = []

_CODES = {
    "missing": "not-normalised",
    "0-255": "pixels-0-255",
    "0-255, then normalised": "pixels-0-255",
    "twice": "normalised-twice",
    "constants": "wrong-normalisation",
    "other": "wrong-normalisation",
    "swapped": "channels-swapped",
}
_REMEDY = "preprocessing(model).transform()  # the checkpoint's own size, crop, interpolation, mean and deviation"
_NO_FILES = "not known from which files the tensors were made, or something is drawn at random: hand in a plain val"
NEAR, AWAY = 1.35, 0.01
"""Edges that are smaller by less than this factor are a matter of taste; so are pixels that differ by less, in 0..1, on
average: bicubic against bilinear makes 0.006, nearest pixels 0.02 or more, another crop 0.08."""


@checks("normalisation")
def normalisation(case: Case) -> Iterator[Finding]:
    wanted = case.preparation
    guesses = {name: _guess(seen, wanted) for name, seen in _sets(case) if not seen.ours}
    certain = [guess for guess in guesses.values() if guess.sure]
    found: dict[str, list[str]] = {}
    for name, guess in guesses.items():
        if guess.kind != "right" and (guess.sure or not certain):  # what is augmented is judged by what is not
            found.setdefault(guess.kind, []).append(name)
    for kind, names in found.items():
        guess, seen = guesses[names[0]], dict(_sets(case))[names[0]]
        yield Finding(
            _CODES[kind], ERROR if guess.sure else WARNING, _photos(names),
            f"they look {guess.words}: {seen.images.min():.2f} to {seen.images.max():.2f}; the checkpoint wants "
            f"{_range(wanted)}, unless your loop does that itself", _REMEDY,
        )  # fmt: skip


@checks("constants and order of the channels")
def exact_pixels(case: Case) -> Iterator[Finding]:
    """What looks can't tell, `normalisation` finds by comparing files and tensors; says so where it can't."""
    yield from ()
    if not any(seen.ours or (seen.files and seen.steady) for _, seen in _sets(case)):
        raise Unknown(_NO_FILES)


@checks("size")
def size(case: Case) -> Iterator[Finding]:
    if case.scratch:
        raise Unknown("it starts from random weights, which were trained on no size")
    wanted, sizes = case.preparation, {}
    for name, seen in _sets(case):
        sizes.setdefault(tuple(seen.images.shape[-2:]), []).append(name)
    for found, names in sizes.items():
        smaller = max(b / a for a, b in zip(found, wanted.size, strict=True))
        if found != wanted.size:
            yield Finding(
                "wrong-size", WARNING if smaller > NEAR else NOTE, _photos(names),
                f"{found[0]} x {found[1]} pixels; the checkpoint was trained on {wanted.size[0]} x {wanted.size[1]}",
                _REMEDY,
            )  # fmt: skip


@checks("crop and interpolation")
def resizing(case: Case) -> Iterator[Finding]:
    wanted = case.preparation
    if all(seen.ours for _, seen in _sets(case)):
        return
    comparable = [(name, seen) for name, seen in _sets(case) if not seen.ours and seen.files and seen.steady]
    if not comparable:
        raise Unknown(_NO_FILES)
    for name, seen in reversed(comparable):  # validation photos first
        if tuple(seen.images.shape[-2:]) == wanted.size and (found := _resized(name, seen, wanted)):
            yield found
            return


def _resized(name: str, seen: Seen, wanted: Preprocessing) -> Finding | None:
    """Compared by what is left when each channel is stretched to its reference: normalisation is another matter."""
    away = _apart(seen.images, _prepared(seen.files, wanted))
    others = {words: _apart(seen.images, _prepared(seen.files, other)) for words, other in _others(wanted).items()}
    words, least = min(others.items(), key=lambda pair: pair[1])
    if away <= AWAY or least > away / 2:
        return None
    return Finding(
        "resized-otherwise", WARNING if "nearest" in words else NOTE, _photos([name]),
        f"they are resized {words}; that is {least:.3f} away from what reaches the network, the checkpoint's own way "
        f"{away:.3f} (values from 0 to 1)", _REMEDY,
    )  # fmt: skip


def _guess(seen: Seen, wanted: Preprocessing) -> Guess:
    if seen.files and seen.steady:
        references = _prepared(seen.files, replace(wanted, size=tuple(seen.images.shape[-2:])))
        if exact := by_its_pixels(seen.images, references, wanted):
            return exact
    return by_its_looks(seen.images, wanted)


def _sets(case: Case) -> Iterator[tuple[str, Seen]]:
    yield "training", case.train
    if case.val_data is not None:
        yield "validation", case.val


def _photos(names: list[str]) -> str:
    return f"the {' and '.join(names)} photos"


def _prepared(paths: Sequence[Path], wanted: Preprocessing) -> Tensor:
    """The photos in 0..1, as the checkpoint resizes them."""
    images = []
    for path in paths:
        try:
            with Image.open(path) as photo:
                images.append(wanted.pixels(photo.convert("RGB")).float() / 255)
        except OSError as error:
            raise Unknown(f"{path} can't be opened ({error})") from None
    return torch.stack(images)


def _apart(images: Tensor, references: Tensor) -> float:
    """The mean distance between photos, in 0..1, once each channel has the mean and deviation of its reference."""
    over = (0, 2, 3)
    (mean, std), (own_mean, own_std) = ((t.mean(over, keepdim=True), t.std(over, keepdim=True).clamp_min(1e-6)) for t in
                                        (references, images))  # fmt: skip
    return float(((images - own_mean) / own_std * std + mean - references).abs().mean())


def _others(wanted: Preprocessing) -> dict[str, Preprocessing]:
    ways = {
        "by nearest pixels": replace(wanted, interpolation="nearest"),
        "by squeezing them into the frame": replace(wanted, crop=False, crop_pct=1.0),
        "by fitting the short edge and cutting out the middle": replace(wanted, crop=True, crop_pct=1.0),
        "by fitting the short edge, with a margin, and cutting it out": replace(wanted, crop=True, crop_pct=0.875),
    }
    return {words: other for words, other in ways.items() if other != wanted}


def _range(wanted: Preprocessing) -> str:
    low = min(-m / s for m, s in zip(wanted.mean, wanted.std, strict=True))
    high = max((1 - m) / s for m, s in zip(wanted.mean, wanted.std, strict=True))
    return f"{low:.2f} to {high:.2f}"
