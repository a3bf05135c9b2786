"""The wood behind: shells of foliage, twigs and undergrowth at growing distances, with gaps between them."""

import numpy as np

from .bark import look_up
from .layers import Layers
from .seasons import Colours

__all__ = ["hang_shells"]


def hang_shells(
    layers: Layers, rays: np.ndarray, eye: float, lift: np.ndarray, shells: np.ndarray, style: str,
    density: float, colours: Colours, leafy: float, shift: float,
) -> None:  # fmt: skip
    """Hang S shells of foliage before whatever in `layers` is farther.

    `shells`, `lift`: how far away each hangs and how high the ground is there, metres, `(S,)`; `style`: `broad` or
    `conifer`; `density` 0 (glade) to 1 (thicket); `colours` of the leaves, `leafy` the share of them that the season
    leaves on the twigs.
    """
    level = np.hypot(rays[..., 0], rays[..., 2])
    bearing, steep = np.arctan2(rays[..., 0], rays[..., 2]), rays[..., 1] / np.maximum(level, 1e-3)
    forward = np.cos(bearing)
    for i, (far, base) in enumerate(zip(shells, lift, strict=True)):
        height = eye + far * steep - base
        pixel = np.flatnonzero((layers.depth > far * forward) & (height > 0) & (height < 14))
        v, u = height.reshape(-1)[pixel], bearing.reshape(-1)[pixel] * far + 7.3 * i + shift
        clump, leaf = look_up(u / 22, v / 16, 4, 8, i), look_up(u / 3.1, v / 2.6, 4, 16, i)
        cover = _cover(v, clump, density, style)
        full = cover + 0.55 * (leaf - 0.5) > 0.62 + 0.5 * (1 - leafy)
        twig = np.abs(look_up(u / 5 + 0.2 * v, v / 9, 3, 12, i) - 0.5) < 0.018 + 0.02 * np.clip(cover, 0, 1)
        twig &= cover > 0.3
        shown = full | twig
        tone = np.clip(0.75 * leaf + 0.5 * (clump - 0.5) + 0.02 * v, 0, 1)[shown, None] ** 1.3
        low, high = (np.array(c) for c in colours)
        green = (low + (high - low) * tone) * (0.35 + 0.75 * tone)
        bark = np.array([0.075, 0.060, 0.048]) * (0.6 + tone)
        albedo = np.where(full[shown, None], green, bark)
        normal = np.stack([leaf[shown] - 0.5, 0.15 + 0.5 * tone[:, 0], -0.6 + 0.5 * clump[shown]], 1)
        depth = (far * forward.reshape(-1)[pixel] * (1 + 0.04 * (leaf - 0.5)))[shown]
        layers.put(pixel[shown], albedo, normal, depth, Layers.LEAF)


def _cover(v: np.ndarray, clump: np.ndarray, density: float, style: str) -> np.ndarray:
    """How much grows at height `v` metres: undergrowth below, crowns above, more or less open between."""
    scrub = np.clip(1.25 - v / 1.3, 0, 1) * (0.35 + 0.55 * density)
    crown = np.clip((v - (1.5 if style == "conifer" else 2.8)) / 3.5, 0, 1) * (0.45 + 0.5 * density)
    middle = 0.32 + 0.25 * density if style == "conifer" else 0.12 + 0.3 * density
    return np.maximum(np.maximum(scrub, crown), middle) + 1.1 * (clump - 0.5)
