"""Woody plants without a trunk: brambles, bushes, saplings."""

from typing import TYPE_CHECKING

import numpy as np

from .layers import Layers
from .seasons import LEAFY, leaf_colours
from .strokes import Strokes, strokes
from .trees import leaves

if TYPE_CHECKING:
    from .sites import Site

__all__ = ["brambles", "bushes", "saplings", "shrub"]


def brambles(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    """Arching canes with a leaf every few centimetres; `amount` from 0 to 1."""
    n = int(4 + 40 * amount)
    start = place.scatter(rng, n, 3.0, 10, clear=0.3)
    out = rng.normal(0, 0.55, (n, 3)) * [1, 0, 0.8]
    rise = rng.uniform(0.2, 0.75, n)[:, None] * [0, 1, 0]
    bend, end = start + out * 0.45 + 1.6 * rise, start + out + 0.2 * rise
    canes = strokes(start, bend, end, (0.006, 0.002), np.array([0.13, 0.075, 0.06]), Layers.BARK)
    where = np.repeat(np.arange(n), 36 if season != "winter" else 7)
    t = rng.random((len(where), 1))
    at = (1 - t) ** 2 * start[where] + 2 * t * (1 - t) * bend[where] + t**2 * end[where]
    at = at + rng.normal(0, 0.05, at.shape)
    return Strokes.join([canes, leaves(rng, at, 0.055, leaf_colours("bramble", season), narrow=0.33)])


def shrub(rng: np.random.Generator, foot: np.ndarray, height: float, plant: str, season: str, fill: float) -> Strokes:
    """A bush or sapling: stems that fan out from `foot` `(3,)`, twigs, and leaves towards their ends."""
    n = int(7 + 5 * height)
    spread = rng.normal(0, 0.42, (n, 3)) * [1, 0, 1]
    end = foot + (spread + np.stack([0 * spread[:, 0], rng.uniform(0.5, 1, n), 0 * spread[:, 0]], 1)) * height
    start = foot + rng.normal(0, 0.05, (n, 3)) * [1, 0, 1]
    bend = start + (end - start) * [0.3, 0.65, 0.3]
    wood = np.array([0.105, 0.082, 0.062]) * rng.uniform(0.7, 1.3, (n, 1))
    twig = np.repeat(np.arange(n), 9)
    t = rng.uniform(0.25, 1, (len(twig), 1))
    base = (1 - t) ** 2 * start[twig] + 2 * t * (1 - t) * bend[twig] + t**2 * end[twig]
    side = rng.normal(0, 0.20, base.shape) * height + [0, 0.05, 0]
    parts = [strokes(start, bend, end, (0.010 + 0.004 * height, 0.003), wood, Layers.BARK),
             strokes(base, base + side * 0.5, base + side, (0.004, 0.0015), wood[twig], Layers.BARK)]  # fmt: skip
    where = rng.integers(0, len(twig), int(340 * height * fill * LEAFY[season]))
    at = base[where] + side[where] * rng.uniform(0, 1.1, (len(where), 1)) + rng.normal(0, 0.035, (len(where), 3))
    parts.append(leaves(rng, at, float(rng.uniform(0.035, 0.065)), leaf_colours(plant, season)))
    return Strokes.join(parts)


def bushes(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    """Leafy bushes up to two metres high, most of them at the sides; `amount` from 0 to 1."""
    feet = place.scatter(rng, int(2 + 9 * amount), 4.2, 14, clear=0.4)
    plants = [("birch", "beech", "bramble")[i] for i in rng.integers(0, 3, len(feet))]
    each = zip(feet, plants, rng.spawn(len(feet)), strict=True)
    return Strokes.join([shrub(own, foot, own.uniform(0.6, 1.9), plant, season, 1.3) for foot, plant, own in each])


def saplings(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    """Young beeches, thin and open; `amount` from 0 to 1."""
    feet = place.scatter(rng, int(1 + 7 * amount), 3.6, 13, clear=0.35)
    each = zip(feet, rng.spawn(len(feet)), strict=True)
    return Strokes.join([shrub(own, foot, own.uniform(0.4, 1.3), "beech", season, 0.7) for foot, own in each])
