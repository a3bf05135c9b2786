"""Photos that are nearly the same picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from chapter9_lib.worlds.reading import decoded, read_photo

__all__ = ["ALIKE", "alike_groups", "thumbnail", "thumbnails"]

ALIKE = 0.994
"""Correlation of two small grey pictures from which on they are nearly the same. A photo saved anew stays above 0.996;
two bursts of one camera come up to 0.991 in the lab's training and validation photos, and higher where animals are
small before a still background."""
_EDGE, _BLOCK = (32, 24), 2048
_PLAIN = ("1", "L", "P", "RGB", "CMYK", "YCbCr")


def thumbnails(paths: Sequence[Path]) -> tuple[list[Path], np.ndarray]:
    """Small grey pictures as rows of mean 0 and length 1.

    Returns:
        The paths of those that can be read and are not all of one grey, and a row of 768 numbers for each.
    """
    found = {path: thumbnail(path) for path in paths}
    kept = [path for path, row in found.items() if row is not None]
    rows = [found[path] for path in kept]
    return kept, np.array(rows, dtype=np.float32).reshape(len(rows), _EDGE[0] * _EDGE[1])


def thumbnail(path: Path) -> np.ndarray | None:
    """A small grey picture as 768 numbers of mean 0 and length 1; None if it can't be read, or is all one grey."""
    try:
        small = _plain(path)
        return _row(_shrunk(read_photo(path, quick=True).image.convert("L")) if small is None else small)
    except Exception:  # noqa: BLE001 - a damaged file can make a decoder raise anything
        return None


def _plain(path: Path) -> Image.Image | None:
    """The photo small and grey, where that is one step; None where it must be read with more care."""
    with Image.open(path) as photo:

        def grey() -> Image.Image | None:
            plain = photo.mode in _PLAIN and not photo.has_transparency_data
            return _shrunk(photo.convert("L")) if plain else None

        return decoded(photo, grey, ("L", (4 * _EDGE[0], 4 * _EDGE[1])))


def _shrunk(grey: Image.Image) -> Image.Image:
    return grey.resize(_EDGE, Image.Resampling.BOX)


def _row(small: Image.Image) -> np.ndarray | None:
    row = np.asarray(small, dtype=np.float32).ravel()
    row = row - row.mean()
    length = float(np.linalg.norm(row))
    return row / length if length else None


def alike_groups(rows: np.ndarray) -> np.ndarray:
    """A number for each row of `thumbnails`: the same where a chain of nearly equal pictures leads from one to another.

    Compares each block of rows with each other one, once, and keeps the pairs of rows that are alike, a bit each, of
    those rows alone that have any: memory grows with the square of their number, and not of all rows'.
    """
    numbers = np.arange(len(rows))
    links = list(_links(rows))
    while True:
        before = numbers.copy()
        for one, two, packed in links:
            alike = np.unpackbits(packed, axis=1, count=len(two)).astype(bool)
            numbers[one] = np.minimum(numbers[one], np.where(alike, numbers[two], len(rows)).min(1))
            numbers[two] = np.minimum(numbers[two], np.where(alike, numbers[one][:, None], len(rows)).min(0))
        numbers = numbers[numbers]
        if np.array_equal(before, numbers):
            return np.unique(numbers, return_inverse=True)[1]


def _links(rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each two blocks with rows alike: the numbers of such rows in either, and which of them are alike, packed."""
    for start in range(0, len(rows), _BLOCK):
        for other in range(start, len(rows), _BLOCK):
            alike = rows[start : start + _BLOCK] @ rows[other : other + _BLOCK].T > ALIKE
            if start == other:
                np.fill_diagonal(alike, False)
            one, two = np.flatnonzero(alike.any(1)), np.flatnonzero(alike.any(0))
            if len(one):
                yield start + one, other + two, np.packbits(alike[np.ix_(one, two)], axis=1)
