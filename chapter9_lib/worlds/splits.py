"""Split photos so that the frames of one burst, or all photos of one camera, stay on one side."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from chapter9_lib.worlds.photos import Photos

__all__ = ["assign_groups", "connected", "fold_numbers", "folds", "random_split", "split_by_group"]

By = Literal["photo", "burst", "camera"]


def folds(photos: Photos, k: int = 5, seed: int = 0, by: By = "burst") -> list[tuple[Photos, Photos]]:
    """Cut photos into k parts by group, each with about the same share of every class.

    Args:
        photos: the set to cut; where `.groups` is None each photo is a group of its own.
        k: how many parts.
        seed: which of the many ways to cut.
        by: what stays together: nothing ("photo"; the score is then too good to be true wherever there are
            bursts), the photos of a burst, or those of a camera.

    Returns:
        k pairs (train, test); every photo is in exactly one test part.

    Raises:
        ValueError, TypeError: see `fold_numbers`.
    """
    number = fold_numbers(photos, k, seed, by)
    return [(photos.subset(number != fold), photos.subset(number == fold)) for fold in range(k)]


def fold_numbers(photos: Photos, k: int = 5, seed: int = 0, by: By = "burst") -> np.ndarray:
    """The same cut as `folds`, as the number of each photo's part: int64, shape (N,), values 0 … k - 1.

    For arrays that lie beside the photos, such as their features: `features[number != 0]`.

    Raises:
        ValueError: when k < 2, there are fewer groups than k, a class has one group only or falls
            into one part (which would be tested on a class that it was not trained on), or the photos don't say
            their cameras.
        TypeError: for what is no `Photos`.
    """
    _require_photos(photos)
    groups = _group_numbers(photos, by)
    there = len(np.unique(groups))
    if not 2 <= k <= there:
        raise ValueError(f"Can't cut {there} group(s) of photos into {k} parts: choose k from 2 to {there}.")
    for label in np.unique(photos.labels):
        if len(np.unique(groups[photos.labels == label])) < 2:
            name = photos.classes[label] if label >= 0 else "without a label"
            raise ValueError(f"All photos of class {name!r} are one group: get a second, or leave the class out.")
    number = assign_groups(photos.labels, groups, np.full(k, 1 / k), seed)
    for label in np.unique(photos.labels):
        if len(np.unique(number[photos.labels == label])) < 2:
            name = photos.classes[label] if label >= 0 else "without a label"
            raise ValueError(f"Cut so, class {name!r} falls into one part as a whole: try another seed.")
    return number


def split_by_group(photos: Photos, fraction: float = 0.2, seed: int = 0) -> tuple[Photos, Photos]:
    """Hold out about this fraction of every class, whole groups at a time.

    A class with one group only stays in the first part; with two or more it is in both.

    Returns:
        (the rest, the part held out).

    Raises:
        ValueError: when fraction is not between 0 and 1, or there are too few groups to hold any out.
        TypeError: for what is no `Photos`.
    """
    _require_photos(photos)
    _check_fraction(fraction)
    groups = _group_numbers(photos)
    part = assign_groups(photos.labels, groups, np.array([1 - fraction, fraction]), seed)
    for label in np.unique(photos.labels):
        members = groups[photos.labels == label]
        names, sizes = np.unique(members, return_counts=True)
        for side in (0, 1):
            if len(names) > 1 and not (part[photos.labels == label] == side).any():
                part[groups == names[np.argmin(sizes)]] = side
    if len(np.unique(part)) < 2:
        raise ValueError(f"Can't hold out {fraction:.0%} of {len(np.unique(groups))} group(s): too few groups.")
    return photos.subset(part == 0), photos.subset(part == 1)


def random_split(photos: Photos, fraction: float = 0.2, seed: int = 0) -> tuple[Photos, Photos]:
    """Hold out this fraction of every class, photo by photo, **ignoring bursts**.

    Frames of one burst then lie on both sides and the held-out score is too good to be true: use
    `split_by_group` wherever groups are known.

    Returns:
        (the rest, the part held out).

    Raises:
        ValueError: when fraction is not between 0 and 1.
        TypeError: for what is no `Photos`.
    """
    _require_photos(photos)
    _check_fraction(fraction)
    random = np.random.default_rng(seed)
    held_out = np.zeros(len(photos), dtype=bool)
    for label in np.unique(photos.labels):
        members = random.permutation(np.flatnonzero(photos.labels == label))
        held_out[members[: round(fraction * len(members))]] = True
    return photos.subset(~held_out), photos.subset(held_out)


def _require_photos(photos: object) -> None:
    if not isinstance(photos, Photos):
        raise TypeError(
            "Photos are wanted, such as open_folder gives or Photos(paths, labels, classes) makes, not an object of "
            f"type {type(photos).__name__}."
        )


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ValueError(f"fraction is {fraction}: give a number between 0 and 1, such as 0.2.")


def _group_numbers(photos: Photos, by: By = "burst") -> np.ndarray:
    if by == "camera" and photos.cameras is None:
        raise ValueError("These photos don't say which camera took them: split by burst, or add a camera column.")
    names = {"photo": None, "burst": photos.groups, "camera": photos.cameras}[by]
    return np.arange(len(photos)) if names is None else np.unique(names, return_inverse=True)[1]


def assign_groups(labels: np.ndarray, groups: np.ndarray, shares: np.ndarray, seed: int) -> np.ndarray:
    """Give each group, the largest first, to the part that lacks its classes most; returns parts, shape (N,)."""
    classes = np.unique(labels, return_inverse=True)[1]
    table = np.zeros((groups.max(initial=-1) + 1, classes.max(initial=-1) + 1))
    np.add.at(table, (groups, classes), 1)
    table /= table.sum(axis=0)
    order = np.random.default_rng(seed).permutation(len(table))
    order = order[np.argsort(-table[order].sum(axis=1), kind="stable")]
    excess = np.repeat(-shares[:, None], table.shape[1], axis=1)
    part = np.zeros(len(table), dtype=np.int64)
    for group in order:
        part[group] = np.lexsort((excess.sum(axis=1), (excess @ table[group]).round(12)))[0]
        excess[part[group]] += table[group]
    return part[groups]


def connected(*namings: Sequence[object] | np.ndarray) -> np.ndarray:
    """A number for each set of things that are linked by having the same name in any of the namings, int64 (N,)."""
    places = [np.unique(np.asarray(names), return_inverse=True)[1] for names in namings]
    numbers = np.arange(len(places[0]))
    while True:
        before = numbers
        for place in places:
            least = np.full(place.max(initial=-1) + 1, len(numbers))
            np.minimum.at(least, place, numbers)
            numbers = least[place]
        if np.array_equal(before, numbers):
            return np.unique(numbers, return_inverse=True)[1]
