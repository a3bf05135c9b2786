"""Photos that are nearly the same picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

__all__ = ["ALIKE", "alike_groups", "thumbnail", "thumbnails"]

ALIKE = 0.994
"""Correlation of two small grey pictures from which on they are nearly the same. A photo saved anew stays above 0.996;
two bursts of one camera come up to 0.991 in the lab's training and validation photos, and higher where animals are
small before a still background."""
_EDGE, _BLOCK = (32, 24), 2048


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
        with Image.open(path) as photo:
            return _small(photo)
    except (OSError, UnidentifiedImageError):
        return None


def _small(photo: Image.Image) -> np.ndarray | None:
    photo.draft("L", (4 * _EDGE[0], 4 * _EDGE[1]))
    row = np.asarray(photo.convert("L").resize(_EDGE, Image.Resampling.BOX), dtype=np.float32).ravel()
    row = row - row.mean()
    length = float(np.linalg.norm(row))
    return row / length if length else None


def alike_groups(rows: np.ndarray) -> np.ndarray:
    """A number for each row of `thumbnails`: the same where a chain of nearly equal pictures leads from one to another.

    Compares a block of rows with another at a time, so that memory doesn't grow with the square of their number.
    """
    numbers = np.arange(len(rows))
    starts = range(0, len(rows), _BLOCK)
    while True:
        before = numbers.copy()
        for start in starts:
            for other in range(start, len(rows), _BLOCK):
                one, two = slice(start, start + _BLOCK), slice(other, other + _BLOCK)
                alike = rows[one] @ rows[two].T > ALIKE
                if alike.any():
                    lowest = np.where(alike, numbers[two][None], len(rows))
                    numbers[one] = np.minimum(numbers[one], lowest.min(1))
                    numbers[two] = np.minimum(numbers[two], np.where(alike, numbers[one][:, None], len(rows)).min(0))
        if np.array_equal(before, numbers):
            return np.unique(numbers, return_inverse=True)[1]
