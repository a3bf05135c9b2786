"""Photos that are nearly the same picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

__all__ = ["ALIKE", "alike_pairs", "thumbnails"]

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
    kept, rows = [], []
    for path in paths:
        try:
            with Image.open(path) as photo:
                photo.draft("L", (4 * _EDGE[0], 4 * _EDGE[1]))
                row = np.asarray(photo.convert("L").resize(_EDGE, Image.Resampling.BOX), dtype=np.float32).ravel()
        except (OSError, UnidentifiedImageError):
            continue
        row = row - row.mean()
        if length := float(np.linalg.norm(row)):
            kept.append(path)
            rows.append(row / length)
    return kept, np.array(rows, dtype=np.float32).reshape(len(rows), _EDGE[0] * _EDGE[1])


def alike_pairs(rows: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs (i, j), i < j, of rows of `thumbnails` that are nearly the same picture; a block of them at a time."""
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        for other in range(start, len(rows), _BLOCK):
            for i, j in np.argwhere(block @ rows[other : other + _BLOCK].T > ALIKE):
                if start + i < other + j:
                    yield int(start + i), int(other + j)
