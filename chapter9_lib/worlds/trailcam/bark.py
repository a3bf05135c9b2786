"""Surfaces of strokes: leaves, grass and the barks of the trees, each a pattern over the metres along and around."""

from typing import TYPE_CHECKING

import numpy as np

from .layers import Layers
from .noise import noise_texture

if TYPE_CHECKING:
    from .strokes import Strokes

__all__ = ["BIRCH", "BLADE", "FURROWED", "LEAF", "MOSS", "PLAIN", "SCALY", "SMOOTH", "look_up", "paint"]

PLAIN, LEAF, BLADE, SMOOTH, FURROWED, SCALY, BIRCH = range(7)
MOSS = np.array([0.060, 0.076, 0.022])
_LICHEN = np.array([0.34, 0.37, 0.30])


def look_up(u: np.ndarray, v: np.ndarray, octaves: int = 5, first: int = 8, seed: int = 0) -> np.ndarray:
    """Nearest samples in [0, 1] of a noise texture at `(u, v)`, in periods."""
    texture = noise_texture(octaves, first, seed)
    return texture[(v * 512).astype(np.int32) & 511, (u * 512).astype(np.int32) & 511]


def paint(
    s: "Strokes", index: np.ndarray, along: np.ndarray, across: np.ndarray, level: np.ndarray, upward: np.ndarray
) -> np.ndarray:
    """Albedo `(M, 3)` of samples on strokes `index`, at `along` and `across` in [0, 1] and [-1, 1].

    `level` is their height over the ground in metres, `upward` how much the surface there looks up.
    """
    colour, style = s.colour[index].astype(np.float64), s.style[index]
    grain = look_up(across * 0.06 + index * 0.137, along * 0.35 + index * 0.291) - 0.5
    shade = 1 + 2 * s.rough[index] * grain
    shade = np.where(style == BLADE, shade * (0.45 + 0.6 * along), shade)
    low = (s.material[index] == Layers.LEAF) & (level < 0.25)
    shade = np.where(low, shade * (0.55 + 1.8 * np.maximum(level, 0)), shade)
    colour *= shade[:, None]
    wood = np.flatnonzero(style >= SMOOTH)
    colour[wood] = _bark(s, *(values[wood] for values in (index, along, across, level, upward)))
    return colour


def _bark(
    s: "Strokes", index: np.ndarray, along: np.ndarray, across: np.ndarray, level: np.ndarray, upward: np.ndarray
) -> np.ndarray:
    colour, style = s.colour[index].astype(np.float64), s.style[index]
    length = np.linalg.norm(s.end - s.start, axis=1)[index]
    u = np.arcsin(np.clip(across, -1, 1)) * s.radius[index, 0] + 0.731 * index
    v = along * length + 0.417 * index
    for code, pattern in ((SMOOTH, _smooth), (FURROWED, _furrowed), (SCALY, _scaly), (BIRCH, _birch)):
        mine = style == code
        colour[mine] = pattern(colour[mine], u[mine], v[mine], level[mine])
    blotch = look_up(u / 1.3, v / 1.6, 4, 8)
    lichen = np.clip((look_up(u / 0.9 + 0.5, v / 0.9, 3, 16) - 0.80) * 9, 0, 0.7)
    knot = np.clip((look_up(u / 2.2, v / 3.1 + 0.3, 1, 16) - 0.93) * 14, 0, 1)
    moss = np.clip((blotch + s.moss[index] * (0.7 + 0.7 * upward) - 0.3 * np.maximum(level, 0) - 0.85) * 4, 0, 0.92)
    colour += (_LICHEN * colour.mean(1, keepdims=True) * 4 - colour) * lichen[:, None] * 0.6
    colour *= 1 - 0.7 * knot[:, None]
    mossy = MOSS * (0.3 + 1.4 * look_up(u / 0.7, v / 0.7, 4, 16))[:, None]
    edge = 1 - 0.35 * np.abs(across) ** 3
    return (colour + (mossy - colour) * moss[:, None]) * edge[:, None]


def _smooth(colour: np.ndarray, u: np.ndarray, v: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Beech, alder, hornbeam: even, with stains that run down and wrinkles across."""
    stain = look_up(u / 0.7, v / 5.0, 3, 8)
    wrinkle = look_up(u / 1.2, v / 0.35, 3, 16)
    tone = 0.72 + 0.55 * stain + 0.22 * (wrinkle - 0.5)
    green = np.clip((look_up(u / 0.9 + 0.2, v / 2.5, 3, 8) - 0.45) * 2.5, 0, 0.6)[:, None]
    return colour * tone[:, None] * (1 + green * np.array([-0.25, 0.05, -0.35]))


def _furrowed(colour: np.ndarray, u: np.ndarray, v: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Oak, ash, old spruce: ridges that run up the trunk, dark between them."""
    ridge = np.abs(2 * look_up(u / 0.55 + 0.03 * np.sin(v * 9), v / 3.2, 3, 16) - 1)
    patch = look_up(u / 1.1, v / 1.4, 4, 8)
    return colour * (0.38 + 0.95 * ridge**0.7 + 0.35 * (patch - 0.5))[:, None]


def _scaly(colour: np.ndarray, u: np.ndarray, v: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Pine, spruce: plates with dark seams, redder higher up."""
    plate = look_up(u / 0.8, v / 1.7, 2, 16)
    seam = np.clip(np.abs(plate - 0.5) * 7, 0, 1)
    warm = np.clip(level / 3, 0, 1)[:, None] * np.array([0.30, 0.02, -0.18])
    return colour * (0.45 + 0.5 * seam + 0.5 * (look_up(u / 0.5, v / 0.7, 3, 16) - 0.3))[:, None] * (1 + warm)


def _birch(colour: np.ndarray, u: np.ndarray, v: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Birch: white, with short dark bars across and black cracks at the foot."""
    bar = np.clip((look_up(u / 0.9, v / 0.42, 2, 16) - 0.70) * 9, 0, 1)
    crack = np.clip((look_up(u / 0.35, v / 1.3, 3, 8) + 0.5 - 0.9 * level - 0.55) * 4, 0, 1)
    dark = np.maximum(0.75 * bar, crack)[:, None]
    return colour * (0.75 + 0.4 * look_up(u / 0.8, v / 2, 4, 8))[:, None] * (1 - dark) + 0.035 * dark
