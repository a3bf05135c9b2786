"""What grows and lies at a site: trunks, branches, canopy, bushes, grass, litter, rocks, as strokes."""

from typing import TYPE_CHECKING

import numpy as np

from .strokes import Layers, Strokes

if TYPE_CHECKING:
    from .sites import Site

__all__ = ["plant"]

_GREENS = {
    "spring": ((0.16, 0.30, 0.07), (0.34, 0.46, 0.12)),
    "summer": ((0.08, 0.19, 0.05), (0.24, 0.36, 0.10)),
    "autumn": ((0.30, 0.17, 0.05), (0.52, 0.36, 0.09)),
    "winter": ((0.16, 0.13, 0.08), (0.28, 0.23, 0.14)),
}
_LEAVES = {"spring": 0.8, "summer": 1.0, "autumn": 0.7, "winter": 0.12}
Colours = tuple[tuple[float, float, float], tuple[float, float, float]]


def plant(place: "Site", season: str, rng: np.random.Generator, soil: Colours) -> Strokes:
    """Everything that stands or lies at `place` in this `season` (spring, summer, autumn, winter)."""
    parts = [
        _trunks(place, rng),
        _canopy(place, season, rng),
        _bushes(place, season, rng),
        _grass(place, season, rng),
        _litter(place, season, rng, soil),
        _rocks(place, rng),
        _foreground(place, season, rng),
    ]
    return Strokes.join(parts)


def _strokes(
    start: np.ndarray, bend: np.ndarray, end: np.ndarray, radius: np.ndarray, colour: np.ndarray,
    material: int, *, leaf: bool = False, rough: float = 0.3,
) -> Strokes:  # fmt: skip
    n = len(start)
    return Strokes(start, bend, end, radius, colour, np.full(n, leaf), np.full(n, rough), np.full(n, material))


def _between(rng: np.random.Generator, colours: Colours, n: int) -> np.ndarray:
    mix = rng.random((n, 1)) ** 1.2
    return (np.array(colours[0]) * (1 - mix) + np.array(colours[1]) * mix) * rng.uniform(0.75, 1.15, (n, 1))


def _spread(rng: np.random.Generator, n: int, near: float, far: float, width: float = 0.75) -> np.ndarray:
    """Points on the ground inside the field of view, evenly over the picture: `(n, 3)`."""
    z = near * (far / near) ** rng.random(n)
    return np.stack([rng.uniform(-width, width, n) * (z + 0.4), np.zeros(n), z], 1)


def _trunks(place: "Site", rng: np.random.Generator) -> Strokes:
    n = place.trunks
    foot = _spread(rng, n, 4.2, min(26.0, place.bank + 6), 0.62)
    far = _spread(rng, 3 * n, 14, 40, 0.62)
    foot = np.concatenate([foot, far])
    radius = rng.uniform(0.05, 0.24, len(foot)) * np.where(rng.random(len(foot)) < 0.25, 1.5, 1)
    foot[:, 1] = _lift(place, foot)
    lean = rng.normal(0, 0.5, (len(foot), 2))
    top = foot + np.stack([lean[:, 0], rng.uniform(7, 11, len(foot)), lean[:, 1]], 1)
    bend = (foot + top) / 2 + rng.normal(0, 0.25, (len(foot), 3)) * [1, 0, 0.3]
    barks = np.array([(0.16, 0.12, 0.09), (0.24, 0.20, 0.16), (0.34, 0.31, 0.27), (0.20, 0.13, 0.08)])
    colour = barks[rng.integers(0, 4, len(foot))] * rng.uniform(0.7, 1.2, (len(foot), 1))
    trunks = _strokes(foot, bend, top, np.stack([radius * 1.25, radius * 0.7], 1), colour, Layers.BARK, rough=0.65)
    return Strokes.join([trunks, _branches(place, rng, foot[:n], top[:n], radius[:n], colour[:n])])


def _branches(
    place: "Site", rng: np.random.Generator, foot: np.ndarray, top: np.ndarray, radius: np.ndarray, colour: np.ndarray
) -> Strokes:
    each = 9 if place.conifer else 5
    tree = np.repeat(np.arange(len(foot)), each)
    t = rng.uniform(0.08, 0.5, len(tree))[:, None]
    start = foot[tree] * (1 - t) + top[tree] * t
    around = rng.uniform(0, 2 * np.pi, len(tree))
    reach = rng.uniform(0.3, 1.6, len(tree))
    rise = rng.uniform(-0.35, 0.15, len(tree)) if place.conifer else rng.uniform(0.1, 0.9, len(tree))
    out = np.stack([np.cos(around) * reach, rise * reach, np.sin(around) * reach], 1)
    bend = start + out * 0.5 + rng.normal(0, 0.08, out.shape)
    size = np.stack([radius[tree] * 0.22, radius[tree] * 0.04], 1)
    return _strokes(start, bend, start + out, size, colour[tree] * 0.8, Layers.BARK, rough=0.4)


def _lift(place: "Site", at: np.ndarray) -> np.ndarray:
    return np.maximum(0, at[:, 2] - place.bank) * place.bank_slope


def _clump(
    rng: np.random.Generator,
    centre: np.ndarray,
    size: np.ndarray,
    colours: Colours,
    leaf: float,
    material: int = Layers.LEAF,
) -> Strokes:
    """One leaf at each `centre` `(n, 3)`, scattered by `size`, `leaf` metres long."""
    n = len(centre)
    at = centre + rng.normal(0, 1, (n, 3)) * size
    way = rng.normal(0, 1, (n, 3)) * [1, 0.7, 0.6]
    way *= (leaf * rng.uniform(0.5, 1.3, n) / np.maximum(np.linalg.norm(way, axis=1), 1e-6))[:, None]
    width = np.full((n, 2), leaf * 0.26)
    inner = np.clip(0.65 + 0.35 * (at[:, 1:2] - centre[:, 1:2]) / np.maximum(size[:, 1:2], 1e-3), 0.35, 1.15)
    bend = at + way / 2 - [0, 1, 0] * np.full((n, 1), leaf * 0.15)
    return _strokes(at, bend, at + way, width, _between(rng, colours, n) * inner, material, leaf=True)


def _canopy(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    """Leaves of the trees behind and above: coarse, dark, with sky between them."""
    n = 1500 + 320 * place.trunks
    keep = rng.random(n) < (0.9 if place.conifer else _LEAVES[season])
    z = rng.uniform(8, 34, n)
    x = rng.uniform(-0.7, 0.7, n) * z
    groups = rng.normal(0, 1, (24, 2))
    pick = groups[rng.integers(0, 24, n)]
    y = np.abs(rng.normal(0, 0.10, n) + 0.09 + 0.06 * pick[:, 0]) * z + 0.4
    centre = np.stack([x + 0.05 * z * pick[:, 1], y + _lift(place, np.stack([x, y, z], 1)) * 0.7, z], 1)[keep]
    colours = ((0.05, 0.10, 0.04), (0.14, 0.21, 0.08)) if place.conifer else _GREENS[season]
    size = np.full((len(centre), 3), 0.5)
    strokes = _clump(rng, centre, size, colours, 0.26)
    strokes.radius *= 0.9
    return strokes


def _bushes(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    n = place.bushes
    at = _spread(rng, n, 3.6, min(16.0, place.bank + 2), 0.6)
    spread = rng.uniform(0.2, 0.7, n)
    each = 420
    bush = np.repeat(np.arange(n), each)
    centre = at[bush] + np.stack(
        [np.zeros(len(bush)), spread[bush] * 0.8 + _lift(place, at[bush]), np.zeros(len(bush))], 1
    )
    size = np.stack([spread[bush] * 0.55, spread[bush] * 0.5, spread[bush] * 0.5], 1)
    keep = rng.random(len(bush)) < _LEAVES[season]
    leaves = _clump(rng, centre[keep], size[keep], _GREENS[season], 0.085)
    return Strokes.join([leaves, _stems(rng, at, spread, 14)])


def _stems(rng: np.random.Generator, at: np.ndarray, spread: np.ndarray, each: int) -> Strokes:
    stem = np.repeat(np.arange(len(at)), each)
    out = rng.normal(0, 0.5, (len(stem), 3)) * spread[stem][:, None]
    out[:, 1] = spread[stem] * rng.uniform(0.6, 1.9, len(stem))
    start = at[stem] + rng.normal(0, 0.05, out.shape) * [1, 0, 1]
    colour = np.tile([0.17, 0.12, 0.08], (len(stem), 1)) * rng.uniform(0.6, 1.3, (len(stem), 1))
    radius = np.stack([np.full(len(stem), 0.009), np.full(len(stem), 0.003)], 1)
    return _strokes(start, start + out * [0.3, 0.6, 0.3], start + out, radius, colour, Layers.BARK)


def _blades(rng: np.random.Generator, foot: np.ndarray, height: float, colours: Colours) -> Strokes:
    n = len(foot)
    tall = height * rng.gamma(4, 0.25, n)
    lean = rng.normal(0, 0.55, (n, 2)) * tall[:, None]
    end = foot + np.stack([lean[:, 0], tall * rng.uniform(0.55, 1, n), lean[:, 1]], 1)
    bend = foot + np.stack([lean[:, 0] * 0.25, tall * 0.8, lean[:, 1] * 0.25], 1)
    radius = np.stack([np.full(n, 0.0045), np.full(n, 0.001)], 1) * rng.uniform(0.7, 1.6, (n, 1))
    return _strokes(foot, bend, end, radius, _between(rng, colours, n), Layers.GRASS, rough=0.15)


def _grass(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    n = int(7500 * place.grass)
    tufts = _spread(rng, max(n // 22, 1), 1.0, 14, 0.7)
    foot = tufts[rng.integers(0, len(tufts), n)]
    foot = foot + rng.normal(0, 0.10, (n, 3)) * [1, 0, 1]
    foot = foot[(foot[:, 2] < place.bank) & (foot[:, 2] > 0.8)]
    dull = {"spring": 0.2, "summer": 0.35, "autumn": 0.75, "winter": 0.95}[season]
    straw = np.array([(0.30, 0.25, 0.13), (0.46, 0.40, 0.22)])
    green = np.array([(0.12, 0.22, 0.05), (0.29, 0.38, 0.11)])
    low, high = green * (1 - dull) + straw * dull
    height = place.grass_height * (0.6 if season == "winter" else 1.0)
    return _blades(rng, foot, height, (tuple(low), tuple(high)))


def _litter(place: "Site", season: str, rng: np.random.Generator, soil: Colours) -> Strokes:
    """Fallen leaves, clods and twigs on the ground."""
    n = int(3200 * place.litter * (1.5 if season == "autumn" else 1.0))
    at = _spread(rng, n, 0.9, 11, 0.7)
    at = at[at[:, 2] < place.bank]
    n = len(at)
    way = rng.normal(0, 1, (n, 3)) * [1, 0.18, 1]
    way *= (rng.uniform(0.02, 0.09, n) / np.linalg.norm(way, axis=1))[:, None]
    brown = (
        ((0.20, 0.13, 0.07), (0.50, 0.36, 0.20)) if place.ground != "gravel" else ((0.2, 0.19, 0.18), (0.6, 0.57, 0.52))
    )
    colour = np.where(rng.random((n, 1)) < 0.35, _between(rng, soil, n), _between(rng, brown, n))
    flat = _strokes(
        at, at + way / 2 + [0, 0.012, 0], at + way, np.full((n, 2), 0.013), colour, Layers.GROUND, leaf=True
    )
    twig_at = _spread(rng, 40 + int(60 * place.litter), 1.2, 8, 0.7)
    out = rng.normal(0, 0.3, twig_at.shape) * [1, 0.06, 1]
    radius = np.stack([np.full(len(out), 0.010), np.full(len(out), 0.004)], 1)
    bark = np.tile([0.19, 0.14, 0.10], (len(out), 1)) * rng.uniform(0.6, 1.5, (len(out), 1))
    twigs = _strokes(twig_at, twig_at + out / 2 + [0, 0.04, 0], twig_at + out, radius, bark, Layers.BARK)
    return Strokes.join([flat, twigs])


def _rocks(place: "Site", rng: np.random.Generator) -> Strokes:
    """Rocks, and with luck a fallen log: fat short strokes."""
    n = place.rocks
    at = _spread(rng, n, 3.2, 11, 0.6)
    size = rng.uniform(0.05, 0.2, n)
    along = np.stack([size * rng.uniform(0.9, 2.2, n), size * 0.2, size * 0.3], 1)
    colour = np.tile([0.22, 0.215, 0.20], (n, 1)) * rng.uniform(0.6, 1.3, (n, 1))
    rocks = _strokes(
        at - along, at + [0, 0.05, 0], at + along, np.stack([size, size], 1), colour, Layers.ROCK, leaf=True, rough=0.5
    )
    if rng.random() < 0.45:
        start = _spread(rng, 1, 5.2, 8.5, 0.6)
        way = np.array([[rng.uniform(1.5, 4), rng.uniform(-0.1, 0.3), rng.uniform(-0.8, 0.8)]])
        girth = rng.uniform(0.09, 0.2)
        start[:, 1] = girth * 0.7
        log = _strokes(start - way / 2, start, start + way / 2, np.array([[girth, girth * 0.8]]),
                       np.array([[0.19, 0.15, 0.11]]), Layers.BARK, rough=0.7)  # fmt: skip
        return Strokes.join([rocks, log])
    return rocks


def _foreground(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    """Blades and twigs close to the lens: they hide part of what walks behind them."""
    n = int(240 * place.foreground)
    z = rng.uniform(0.7, 1.5, n)
    side = rng.choice([-1, 1]) * rng.uniform(0.1, 0.5)
    foot = np.stack([(side + rng.normal(0, 0.16, n)) * z, np.zeros(n), z], 1)
    colours = _GREENS[season]
    blades = _blades(rng, foot, 0.24, colours)
    twigs = int(rng.integers(0, 3))
    start = np.stack([rng.choice([-0.7, 0.7], twigs), rng.uniform(0.3, 1.3, twigs), rng.uniform(1.0, 1.5, twigs)], 1)
    out = np.stack(
        [-start[:, 0] * rng.uniform(0.3, 0.9, twigs), rng.uniform(-0.5, 0.2, twigs), rng.uniform(-0.2, 0.3, twigs)], 1
    )
    bark = np.tile([0.16, 0.12, 0.09], (twigs, 1))
    wood = _strokes(start, start + out / 2 + [0, 0.05, 0], start + out,
                    np.tile([0.010, 0.003], (twigs, 1)), bark, Layers.BARK)  # fmt: skip
    each = 26
    t = rng.random((twigs * each, 1))
    centre = np.repeat(start, each, 0) + np.repeat(out, each, 0) * t
    keep = rng.random(len(centre)) < _LEAVES[season]
    leaves = _clump(rng, centre[keep], np.full((keep.sum(), 3), 0.035), colours, 0.06)
    return Strokes.join([blades, wood, leaves])
