"""Training, validation and test photos that have nothing to do with each other."""

from dataclasses import dataclass

import numpy as np

from chapter9_lib.worlds.photos import Photos
from chapter9_lib.worlds.splits import assign_groups

__all__ = ["Split", "split_photos"]

_PARTS = ("train", "val", "test")
_TRIES = 20


@dataclass(frozen=True)
class Split:
    """Three sets of photos.

    Attributes:
        train, val, test: the sets; each knows all classes by name.
        by: what was kept together: "camera", "burst" or "as given".
        told: what there is to say of it, in sentences.
    """

    train: Photos
    val: Photos
    test: Photos
    by: str
    told: tuple[str, ...]


def split_photos(
    photos: Photos, given: list[str] | None = None, *, val: float = 0.15, test: float = 0.2, by: str | None = None,
    seed: int = 0,
) -> Split:  # fmt: skip
    """Split photos in three, whole groups at a time, each class in every part where its groups allow it.

    Args:
        photos: with `.groups`, and `.cameras` where they are known.
        given: the part of each photo, where it is known; a part that is missing is cut from "train".
        val, test: shares of all photos.
        by: "camera" or "burst"; None: by camera where there are at least eight and every class was seen by four.
        seed: of the choice.

    Raises:
        ValueError: for shares that leave nothing to train on, a class without a training photo, or fewer than three
            groups.
    """
    if not (0 < val and 0 < test and val + test < 0.9):
        raise ValueError(f"val={val} and test={test}: shares above 0 are wanted, that leave a tenth to train on")
    chosen = by or ("camera" if _many_cameras(photos) else "burst")
    groups = _numbers(photos, chosen)
    part = np.full(len(photos), 0) if given is None else np.array([_PARTS.index(name) for name in given])
    missing = [number for number in (1, 2) if not (part == number).any()]
    if missing:
        part = _cut(photos, groups, part, {1: val, 2: test}, missing, seed)
    sets = [photos.subset(part == number) for number in range(3)]
    untrained = [name for name, count in sets[0].counts().items() if not count]
    if untrained:
        raise ValueError(f"No training photo is left of {', '.join(untrained)}: get more groups of it, or leave it out")
    return Split(*sets, chosen if given is None else "as given", _told(sets, missing, chosen))


def _many_cameras(photos: Photos) -> bool:
    if photos.cameras is None or len(set(photos.cameras)) < 8:
        return False
    return all(len(set(photos.cameras[photos.labels == label])) >= 4 for label in range(len(photos.classes)))


def _numbers(photos: Photos, by: str) -> np.ndarray:
    """A number for what is kept together: groups, and with "camera" all that a camera took as well."""
    if by not in ("camera", "burst"):
        raise ValueError(f"by={by!r}: camera or burst is wanted")
    if by == "camera" and photos.cameras is None:
        raise ValueError("These photos don't say which camera took them: split by burst, or give a table with cameras")
    names = [np.arange(len(photos)) if photos.groups is None else photos.groups]
    return _connected([*names, photos.cameras] if by == "camera" else names)


def _connected(namings: list[np.ndarray]) -> np.ndarray:
    """A number for each set of photos that are linked by a name in any of the namings."""
    places = [np.unique(names, return_inverse=True)[1] for names in namings]
    numbers = np.arange(len(places[0]))
    while True:
        before = numbers
        for place in places:
            least = np.full(place.max() + 1, len(numbers))
            np.minimum.at(least, place, numbers)
            numbers = least[place]
        if np.array_equal(before, numbers):
            return np.unique(numbers, return_inverse=True)[1]


def _cut(
    photos: Photos, groups: np.ndarray, part: np.ndarray, shares: dict[int, float], missing: list[int], seed: int
) -> np.ndarray:
    """Take the missing parts out of the training photos; of several ways the one with most classes in every part."""
    free = np.flatnonzero(part == 0)
    if len(np.unique(groups[free])) < len(missing) + 1:
        raise ValueError(
            f"{len(photos)} photos make {len(np.unique(groups[free]))} group(s) that can't be told apart into "
            f"{len(missing) + 1} parts: get photos of other days and places"
        )
    wanted = np.array([1 - sum(shares[number] for number in missing), *(shares[number] for number in missing)])
    best, most = part, -1.0
    for attempt in range(_TRIES):
        found = assign_groups(photos.labels[free], groups[free], wanted, seed + 1000 * attempt)
        tried = part.copy()
        tried[free] = np.array([0, *missing])[found]
        there = [len(np.unique(photos.labels[tried == number])) for number in (0, *missing)]
        score = 100.0 * (there[0] == len(photos.classes)) + sum(there)
        if score > most:
            best, most = tried, score
        if min(there) == len(photos.classes):
            break
    return best


def _told(sets: list[Photos], missing: list[int], by: str) -> tuple[str, ...]:
    lines = [] if not missing else [
        f"split by {by}: no {by} is in two parts" + (
            "; the test tells how it does behind cameras that it has not seen" if by == "camera" else "")
    ]  # fmt: skip
    for name, photos in zip(_PARTS[1:], sets[1:], strict=True):
        lacking = [label for label, count in photos.counts().items() if not count]
        if lacking:
            lines.append(f"{name} has no photo of {', '.join(lacking)}: nothing can be said of it there")
    if len(sets[2]) < 50:
        lines.append(f"the test has {len(sets[2])} photos only: its interval will be wide")
    return tuple(lines)
