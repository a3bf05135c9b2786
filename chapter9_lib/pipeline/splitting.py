"""Training, validation and test photos that have nothing to do with each other."""

from dataclasses import dataclass

import numpy as np

from chapter9_lib.pipeline.grouping import Grouping
from chapter9_lib.worlds.photos import Photos
from chapter9_lib.worlds.splits import assign_groups, connected

__all__ = ["Split", "split_photos", "too_few"]

_PARTS = ("train", "val", "test")
_TRIES, _CLOSE = 20, 0.05
_LITTLE = {"val": "too few to choose by: the last epoch's weights are kept", "test": "the interval will be wide"}
_FEW_PHOTOS, _FEW_UNITS, _FEW_CAMERAS = 50, 10, 4


@dataclass(frozen=True)
class Split:
    """Three sets of photos.

    Attributes:
        train, val, test: the sets; each knows all classes by name, and its `.groups` are the units.
        by: what was kept whole: "camera", "burst" or "photo".
        leaks: validation and test photos of units that are in another part too; only given splits have any.
        told: what there is to say of it, in sentences.
    """

    train: Photos
    val: Photos
    test: Photos
    by: str
    leaks: int
    told: tuple[str, ...]


def split_photos(
    grouping: Grouping, given: list[str] | None = None, *, val: float = 0.15, test: float = 0.2, by: str | None = None,
    seed: int = 0,
) -> Split:  # fmt: skip
    """Split photos in three, whole units at a time, each class in every part where its units allow it.

    Args:
        grouping: of the photos.
        given: the part of each photo, where it is known; a part that is missing is cut from "train".
        val, test: shares of all photos.
        by: "camera" or "burst", which must be known; where cameras alone are, they stand in for bursts. None: by camera
            where there are at least eight and every class was seen by four.
        seed: of the choice.

    Raises:
        ValueError: for shares that leave nothing to train on, a class without a training photo, too few units, or
            photos of which nothing says the camera or burst to split by.
    """
    photos = grouping.photos
    if not (0 < val and 0 < test and val + test < 0.9):
        raise ValueError(f"val={val} and test={test}: shares above 0 are wanted, that leave a tenth to train on")
    if by not in (None, "camera", "burst"):
        raise ValueError(f"by={by!r}: camera or burst is wanted")
    if by == "camera" and photos.cameras is None:
        raise ValueError("These photos don't say which camera took them: split by burst, or give a table with cameras")
    if by == "burst" and grouping.unit == "photo":
        raise ValueError(
            "Nothing says which of these photos are of one burst: give a table with a column burst, or leave out by, "
            "and each photo counts by itself"
        )
    chosen = "camera" if by == "camera" or (by is None and _many_cameras(photos)) else grouping.unit
    units = connected(photos.groups, photos.cameras) if chosen == "camera" else connected(photos.groups)
    part = np.full(len(photos), 0) if given is None else np.array([_PARTS.index(name) for name in given])
    missing = [number for number in (1, 2) if not (part == number).any()]
    if missing:
        part = _cut(photos, units, part, {1: val, 2: test}, missing, seed)
    rows = [{**row, "group": f"{chosen} {unit}"} for row, unit in zip(photos.manifest, units, strict=True)]
    marked = Photos(photos.paths, photos.labels, photos.classes, manifest=rows, report=photos.report)
    sets = [marked.subset(part == number) for number in range(3)]
    untrained = [name for name, count in sets[0].counts().items() if not count]
    if untrained:
        raise ValueError(f"No training photo is left of {', '.join(untrained)}: get more of it, or leave it out")
    leaks = sum(_shared(units, part, number) for number in (1, 2))
    return Split(*sets, chosen, leaks, _told(sets, missing, chosen, leaks))


def too_few(photos: Photos, by: str) -> bool:
    """Whether validation photos, or the cameras or bursts they are of, are so few that a choice by them is luck."""
    return len(photos) < _FEW_PHOTOS or len(set(photos.groups)) < (_FEW_CAMERAS if by == "camera" else _FEW_UNITS)


def _many_cameras(photos: Photos) -> bool:
    if photos.cameras is None or len(set(photos.cameras)) < 8:
        return False
    return all(len(set(photos.cameras[photos.labels == label])) >= 4 for label in range(len(photos.classes)))


def _shared(units: np.ndarray, part: np.ndarray, number: int) -> int:
    """How many photos of a part are of units that another part before it has too."""
    own = units[part == number]
    return int(np.isin(own, units[part < number]).sum())


def _cut(
    photos: Photos, units: np.ndarray, part: np.ndarray, shares: dict[int, float], missing: list[int], seed: int
) -> np.ndarray:
    """Take the missing parts out of the training photos; of several ways the one with most classes in every part, and
    then the one that comes nearest to the shares."""
    free = np.flatnonzero(part == 0)
    taken = 1 - sum(shares[number] for number in missing)
    wanted = np.array([taken, *(shares[number] for number in missing)])
    best, merit = None, (False, -1, -np.inf)
    for attempt in range(_TRIES):
        found = assign_groups(photos.labels[free], units[free], wanted, seed + 1000 * attempt)
        sizes = np.bincount(found, minlength=len(wanted))
        if not sizes.all():
            continue
        classes = [len(np.unique(photos.labels[free[found == number]])) for number in range(len(wanted))]
        away = float(np.abs(sizes / len(free) - wanted).max())
        tried = (classes[0] == len(photos.classes), sum(classes), -away)
        if tried > merit:
            best, merit = found, tried
        if min(classes) == len(photos.classes) and away < _CLOSE:
            break
    if best is None:
        best = _smallest_first(units[free], len(wanted))
    result = part.copy()
    result[free] = np.array([0, *missing])[best]
    return result


def _smallest_first(units: np.ndarray, parts: int) -> np.ndarray:
    """The smallest unit for the last part, the next one for the part before it, all others for the first one."""
    names, place, sizes = np.unique(units, return_inverse=True, return_counts=True)
    if len(names) < parts:
        raise ValueError(
            f"{len(units)} photos make {len(names)} group(s), too few for {parts} parts: get some of other days"
        )
    number = np.zeros(len(names), dtype=np.int64)
    number[np.argsort(sizes, kind="stable")[: parts - 1]] = np.arange(parts - 1, 0, -1)
    return number[place]


def _told(sets: list[Photos], missing: list[int], by: str, leaks: int) -> tuple[str, ...]:
    lines = []
    if missing:
        lines.append({
            "camera": "split by camera: the test tells how it does behind cameras that it has not seen",
            "burst": "split by burst: no burst is in two of the parts that were cut",
            "photo": "split photo by photo",
        }[by])  # fmt: skip
    if leaks:
        lines.append(f"{leaks} validation and test photos are of a {by}, or nearly the same picture, that another part "
                     "has too: what they score is memory")  # fmt: skip
    for name, photos in zip(_PARTS[1:], sets[1:], strict=True):
        lacking = [label for label, count in photos.counts().items() if not count]
        units = len(set(photos.groups))
        if lacking:
            lines.append(f"{name} has no photo of {', '.join(lacking)}: nothing can be said of it there")
        wide = len(photos) < _FEW_PHOTOS or units < _FEW_UNITS
        if too_few(photos, by) if name == "val" else wide:
            of = "" if by == "photo" else f" of {units} {by}s"
            lines.append(f"{name} has {len(photos)} photos{of} only: {_LITTLE[name]}")
    return tuple(lines)
