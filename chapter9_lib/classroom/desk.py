"""A place beside the notebook where folders of photos and runs can lie, and be looked at in the file browser."""

import io
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import numpy as np

from chapter9_lib.paths import home
from chapter9_lib.worlds import LabWorld, Photos
from chapter9_lib.worlds.calls import open_calls

__all__ = ["desk", "fresh", "memory_cards", "ranger_folder"]

_PER_SPECIES = 120
_LETTERS = "abcde"
_RECORDED, _EVERY = 800, 4
"""Calls that the third card is taken from, and which of each animal's."""


def desk() -> Path:
    """The folder `desk` beside the notebook, or in `CHAPTER9_HOME` where that can't be written to."""
    for place in (Path("desk"), home() / "desk"):
        with suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            if os.access(place, os.W_OK):
                return place
    raise OSError(f"Neither {Path('desk').absolute()} nor {home() / 'desk'} can be written to")


def fresh(path: Path) -> Path:
    """A name that is still free: the one given, or that with -2, -3, … behind its stem. Nothing is created."""
    stem, suffix = path.stem, path.suffix
    names = (path if number == 1 else path.with_name(f"{stem}-{number}{suffix}") for number in range(1, 10_000))
    return next(name for name in names if not name.exists())


def ranger_folder() -> Path:
    """A folder of photos as a ranger would hand it over: 600 photos behind 24 cameras, and some blemishes.

    Photos of the lab lie in it as `SPECIES/CAMERA/SEQUENCE_NUMBER.jpg`. Beside them there are a file that was cut off
    while it was copied, an empty one, a PNG that calls itself JPEG, a sequence that was filed twice, and things that
    are no photos. Written once, whole or not at all.

    Returns:
        The folder `ranger` on the desk.
    """
    target = desk() / "ranger"
    return _written_once(target, lambda part: _blemish(part, _copy(_some_bursts(), part)))


def memory_cards() -> list[Path]:
    """Three folders that nobody has said anything of: pictures in the subfolders a to e, by sequence, no other name.

    The first holds infrared nights of the five species at sixteen cameras, the second the five look-alikes by day, the
    third spectrograms of the species' calls, two of each animal. Each is written once, whole or not at all.

    Returns:
        The folders `card-1` to `card-3` on the desk.
    """
    world = LabWorld()
    night = world.photos("night")
    contents: tuple[Callable[[Path], object], ...] = (
        lambda part: _copy(_lettered(night.where(camera=range(1, 17))), part),
        lambda part: _copy(_lettered(world.photos("look-alikes")), part),
        _save_calls,
    )
    return [_written_once(desk() / f"card-{number}", fill) for number, fill in enumerate(contents, start=1)]


def _written_once(target: Path, fill: Callable[[Path], object]) -> Path:
    """The folder, filled under another name first."""
    if target.is_dir():
        return target
    part = target.with_name(f".{target.name}-{uuid4().hex[:8]}")
    try:
        fill(part)
        try:
            part.rename(target)
        except OSError:
            if not target.is_dir():  # else another kernel was faster
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _lettered(photos: Photos) -> Photos:
    """The same photos, their classes called a, b, c, …"""
    return Photos(photos.paths, photos.labels, list(_LETTERS[: len(photos.classes)]), manifest=photos.manifest)


def _save_calls(root: Path) -> None:
    calls = open_calls("train", _RECORDED)
    numbers = np.flatnonzero(np.arange(_RECORDED) // len(calls.classes) % _EVERY == 0)
    written: dict[str, int] = {}
    for picture, label in (calls[int(number)] for number in numbers):
        letter = _LETTERS[label]
        written[letter] = written.get(letter, 0) + 1
        (root / letter).mkdir(parents=True, exist_ok=True)
        animal, take = divmod(written[letter] - 1, 8 // _EVERY)
        picture.save(root / letter / f"seq{len(_LETTERS) * animal + label + 1:03d}_{take + 1}.png")


def _some_bursts() -> Photos:
    """Whole bursts of the lab's photos of all cameras, about as many photos of each species."""
    world = LabWorld()
    photos = world.photos("train") + world.photos("test")
    order, chosen, counts = np.random.default_rng(12).permutation(np.unique(photos.groups)), [], {}
    for burst in order:
        own = np.flatnonzero(photos.groups == burst)
        label = int(photos.labels[own[0]])
        if counts.get(label, 0) + len(own) <= _PER_SPECIES:
            counts[label] = counts.get(label, 0) + len(own)
            chosen += own.tolist()
    return photos.subset(chosen)


def _copy(photos: Photos, root: Path) -> list[Path]:
    """The photos under names that say camera and sequence, in the order of these names."""
    bursts = {burst: number for number, burst in enumerate(dict.fromkeys(photos.groups), start=1)}
    written: dict[str, int] = {}
    copies = []
    for path, label, camera, burst in zip(photos.paths, photos.labels, photos.cameras, photos.groups, strict=True):
        folder = root / photos.classes[label].replace(" ", "_") / f"camera{int(camera):02d}"
        folder.mkdir(parents=True, exist_ok=True)
        written[burst] = written.get(burst, 0) + 1
        copies.append(folder / f"seq{bursts[burst]:03d}_{written[burst]}{path.suffix}")
        shutil.copyfile(path, copies[-1])
    return sorted(copies)


def _blemish(root: Path, photos: list[Path]) -> None:
    from PIL import Image

    cut, empty, misnamed = photos[10], photos[200], photos[400]
    cut.write_bytes(cut.read_bytes()[:900])
    empty.write_bytes(b"")
    with Image.open(misnamed) as photo:
        png = io.BytesIO()
        photo.save(png, "png")
    misnamed.write_bytes(png.getvalue())
    sequence = photos[300].stem.rpartition("_")[0]
    again = photos[300].parent.with_name("from_the_old_phone")
    again.mkdir()
    for path in photos[300].parent.glob(f"{sequence}_*"):
        shutil.copyfile(path, again / f"img_{path.name}")
    (root / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (photos[0].parent / "notes.txt").write_text("battery changed on the 12th\n", encoding="utf-8")
