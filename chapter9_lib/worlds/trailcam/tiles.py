"""What lies on the ground, too small to draw one by one: leaves, needles, pebbles as tileable textures."""

from functools import cache

import numpy as np

from .noise import noise_texture

__all__ = ["TILE", "tile"]

TILE = 2.4
"""Metres that one period of a tile covers."""
_SIZE = 512


@cache
def tile(name: str) -> np.ndarray:
    """A periodic `(512, 512, 3)` float32 texture: tone in [0, 1], and its slope to the right and away.

    `leaves`, `needles`, `pebbles`, `blades` are heaps of pieces; `clods` is bare earth; `boards`, `bricks` are laid.
    """
    rng = np.random.default_rng([78, *name.encode()])
    if name in _PIECES:
        tone, height = _heap(rng, *_PIECES[name])
    elif name in ("boards", "bricks"):
        tone, height = _laid(rng, *((40, 512) if name == "boards" else (22, 56)))
    else:
        height = noise_texture(6, 12, 3) + 0.35 * noise_texture(4, 64, 4)
        cracks = np.clip(np.abs(noise_texture(3, 16, 7) - 0.5) * 14, 0, 1)
        tone = (0.45 + 1.1 * (noise_texture(5, 24, 5) - 0.5) + 0.5 * (height - 0.65)) * (0.6 + 0.4 * cracks)
    slope_x, slope_z = (np.roll(height, -1, axis) - height for axis in (1, 0))
    return np.stack([np.clip(tone, 0, 1), slope_x, slope_z], -1).astype(np.float32)


_PIECES = {
    "leaves": (3600, (4.0, 10.0), 0.52, 0.6),
    "needles": (6000, (5.0, 9.0), 0.12, 0.4),
    "pebbles": (2600, (2.0, 9.0), 0.75, 1.6),
    "blades": (5200, (6.0, 12.0), 0.11, 0.8),
}


def _heap(
    rng: np.random.Generator, n: int, size: tuple[float, float], narrow: float, dome: float
) -> tuple[np.ndarray, np.ndarray]:
    """Tone and height of `n` ellipses dropped on one another; half lengths `size` in pixels."""
    tone, height = 0.3 * noise_texture(5, 24, 5), 0.3 * noise_texture(5, 24, 5)
    half = rng.uniform(size[0] ** 0.5, size[1] ** 0.5, n) ** 2
    angle, x, y = rng.uniform(0, np.pi, n), rng.uniform(0, _SIZE, n), rng.uniform(0, _SIZE, n)
    reach = int(np.ceil(size[1]))
    dy, dx = (g.reshape(-1) for g in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    along = (dx * np.cos(angle)[:, None] + dy * np.sin(angle)[:, None]) / half[:, None]
    across = (dy * np.cos(angle)[:, None] - dx * np.sin(angle)[:, None]) / (half * narrow)[:, None]
    piece, place = np.nonzero(along**2 + across**2 < 1)
    row, column = (y[piece] + dy[place]).astype(int) % _SIZE, (x[piece] + dx[place]).astype(int) % _SIZE
    along, across = along[piece, place], across[piece, place]
    level, lean = rng.random(n), rng.normal(0, 1, (n, 2))
    tone[row, column] = 0.15 + 0.75 * level[piece] + 0.15 * (np.abs(across) < 0.15)
    bulge = 1 - along**2 - across**2
    height[row, column] = dome * bulge + 0.5 * (lean[piece] * np.stack([along, across], 1)).sum(1) + level[piece]
    return tone, height


def _laid(rng: np.random.Generator, deep: int, long: int) -> tuple[np.ndarray, np.ndarray]:
    """Tone and height of courses `deep` pixels high, of pieces `long` pixels long, with seams."""
    y, x = np.mgrid[:_SIZE, :_SIZE]
    course = y // deep
    x = x + (course % 2) * (long // 2)
    piece = (course * 7 + x // long * 3) % 64
    seam = (y % deep < 2) | (x % long < 2)
    grain = noise_texture(5, 16, 6)[:, np.arange(_SIZE) // 8] if long == _SIZE else noise_texture(5, 32, 6)
    tone = 0.25 + 0.45 * rng.random(64)[piece] + 0.3 * grain
    return np.where(seam, 0.05, tone), np.where(seam, 0.0, 0.6) + 0.2 * grain
