"""Photos that reach the network otherwise than its checkpoint wants them."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import torch
from PIL import Image
from torch import Tensor

from chapter9_lib.models import Preprocessing
from chapter9_lib.studies.doctor.case import Case, Unknown
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.looks import BAD, MARGIN, Guess, guess_preparation, likeness, undo
from chapter9_lib.studies.doctor.report import ERROR, NOTE, WARNING, Finding
from chapter9_lib.studies.doctor.seen import Seen

__all__: list[str] = []

_CODES = {
    "missing": "not-normalised",
    "0-255": "pixels-0-255",
    "0-255, then normalised": "pixels-0-255",
    "twice": "normalised-twice",
    "constants": "wrong-normalisation",
    "swapped": "channels-swapped",
}
_REMEDY = "preprocessing(model).transform()  # the checkpoint's own size, crop, interpolation, mean and deviation"
NEAR, AWAY = 1.35, 0.01
"""Edges that differ by less than this factor are a matter of taste, and so are pixels that differ by less, in 0..1, on
average: bicubic against bilinear makes 0.006, nearest pixels 0.02 or more, another crop 0.08."""


@checks("normalisation")
def normalisation(case: Case) -> Iterator[Finding]:
    wanted = case.preparation
    found: dict[str, list[str]] = {}
    seen_as: dict[str, tuple[Guess, Seen]] = {}
    for name, seen in _sets(case):
        right, best = (None, None) if seen.ours else _guesses(seen, wanted)
        if best and best.kind != "right" and right.unlikely > BAD and right.unlikely > MARGIN * best.unlikely:
            found.setdefault(_CODES[best.kind], []).append(name)
            seen_as[_CODES[best.kind]] = best, seen
    for code, names in found.items():
        best, seen = seen_as[code]
        yield Finding(
            code, ERROR, _photos(names),
            f"they look {best.words}: {seen.images.min():.2f} to {seen.images.max():.2f}; the checkpoint wants "
            f"{_range(wanted)}", _REMEDY,
        )  # fmt: skip


@checks("size")
def size(case: Case) -> Iterator[Finding]:
    wanted, sizes = case.preparation, {}
    for name, seen in _sets(case):
        sizes.setdefault(tuple(seen.images.shape[-2:]), []).append(name)
    for found, names in sizes.items():
        factor = max(max(a / b, b / a) for a, b in zip(found, wanted.size, strict=True))
        if found != wanted.size:
            yield Finding(
                "wrong-size", WARNING if factor > NEAR else NOTE, _photos(names),
                f"{found[0]} x {found[1]} pixels; the checkpoint was trained on {wanted.size[0]} x {wanted.size[1]}",
                _REMEDY,
            )  # fmt: skip


@checks("crop and interpolation")
def resizing(case: Case) -> Iterator[Finding]:
    wanted = case.preparation
    for name, seen in reversed(list(_sets(case))):  # validation photos first: they are not augmented
        if seen.ours or not seen.files or not seen.steady or tuple(seen.images.shape[-2:]) != wanted.size:
            continue
        right, best = _guesses(seen, wanted)
        if best.unlikely > right.unlikely / MARGIN and (found := list(_resized(name, seen, wanted))):
            yield from found
            return


def _resized(name: str, seen: Seen, wanted: Preprocessing) -> Iterator[Finding]:
    own = undo(torch.stack([tensor for _, tensor in seen.files]), "right", wanted)
    paths = tuple(path for path, _ in seen.files)
    away = float((own - _prepared(paths, wanted)).abs().mean())
    others = {words: float((own - _prepared(paths, other)).abs().mean()) for words, other in _others(wanted).items()}
    words, least = min(others.items(), key=lambda pair: pair[1])
    if away > AWAY and least < away / 2:
        yield Finding(
            "resized-otherwise", WARNING, _photos([name]),
            f"they are resized as if {words}; that is {least:.3f} away from what reaches the network, the checkpoint's "
            f"own way {away:.3f} (values from 0 to 1)", _REMEDY,
        )  # fmt: skip


def _sets(case: Case) -> Iterator[tuple[str, Seen]]:
    yield "training", case.train
    if case.val_data is not None:
        yield "validation", case.val


def _guesses(seen: Seen, wanted: Preprocessing) -> tuple[Guess, Guess]:
    return guess_preparation(seen.images, wanted, likeness(_references(seen, wanted)))


def _photos(names: list[str]) -> str:
    return f"the {' and '.join(names)} photos"


def _references(seen: Seen, wanted: Preprocessing) -> Tensor | None:
    if not seen.files:
        return None
    at_size = replace(wanted, size=tuple(seen.images.shape[-2:]))
    return _prepared(tuple(path for path, _ in seen.files), at_size)


@cache
def _prepared(paths: tuple, wanted: Preprocessing) -> Tensor:
    images = []
    for path in paths:
        try:
            with Image.open(path) as photo:
                images.append(wanted.pixels(photo.convert("RGB")).float() / 255)
        except OSError as error:
            raise Unknown(f"{path} can't be opened ({error})") from None
    return torch.stack(images)


def _others(wanted: Preprocessing) -> dict[str, Preprocessing]:
    ways = {
        "by nearest pixels": replace(wanted, interpolation="nearest"),
        "squeezed into the frame": replace(wanted, crop=False, crop_pct=1.0),
        "its short edge fitted and the middle cut out": replace(wanted, crop=True, crop_pct=1.0),
        "its short edge fitted with a margin, and the middle cut out": replace(wanted, crop=True, crop_pct=0.875),
    }
    return {words: other for words, other in ways.items() if other != wanted}


def _range(wanted: Preprocessing) -> str:
    low = min(-m / s for m, s in zip(wanted.mean, wanted.std, strict=True))
    high = max((1 - m) / s for m, s in zip(wanted.mean, wanted.std, strict=True))
    return f"{low:.2f} to {high:.2f}"
