"""Tileable fractal value noise: one texture, sampled wherever bark, ground, fur or fog want irregularity."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

__all__ = ["noise", "noise_texture"]

_SIZE = 512


@cache
def noise_texture(octaves: int = 5, first: int = 8, seed: int = 0) -> np.ndarray:
    """A periodic `(512, 512)` float32 texture in [0, 1], mean near 0.5, of `octaves` doublings from `first` cells."""
    rng = np.random.default_rng([77, seed, octaves, first])
    total = np.zeros((_SIZE, _SIZE), np.float32)
    for octave in range(octaves):
        cells = min(first * 2**octave, _SIZE)
        total += _periodic_upsample(rng.random((cells, cells), dtype=np.float32), _SIZE) * 0.55**octave
    low, high = np.percentile(total, [0.5, 99.5])
    return np.clip((total - low) / (high - low), 0, 1).astype(np.float32)


def _periodic_upsample(grid: np.ndarray, size: int) -> np.ndarray:
    cells = len(grid)
    position = np.arange(size) * cells / size
    index = position.astype(int)
    weight = (position - index).astype(np.float32)
    weight = weight * weight * (3 - 2 * weight)
    after = (index + 1) % cells
    rows = grid[index] * (1 - weight)[:, None] + grid[after] * weight[:, None]
    return rows[:, index] * (1 - weight) + rows[:, after] * weight


def noise(u: Tensor, v: Tensor) -> Tensor:
    """Bilinear samples of the five-octave texture at `(u, v)`, in periods: any shape, values in [0, 1]."""
    table = _table(u.device)
    x, y = u * _SIZE, v * _SIZE
    x0, y0 = x.floor(), y.floor()
    fx, fy = x - x0, y - y0
    x0, y0 = x0.long() % _SIZE, y0.long() % _SIZE
    x1, y1 = (x0 + 1) % _SIZE, (y0 + 1) % _SIZE
    top = table[y0 * _SIZE + x0] * (1 - fx) + table[y0 * _SIZE + x1] * fx
    bottom = table[y1 * _SIZE + x0] * (1 - fx) + table[y1 * _SIZE + x1] * fx
    return top * (1 - fy) + bottom * fy


@cache
def _table(device: torch.device) -> Tensor:
    return torch.from_numpy(noise_texture()).to(device).reshape(-1)
