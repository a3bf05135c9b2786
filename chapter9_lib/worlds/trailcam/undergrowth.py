"""What grows on the floor: grass, tussocks, herbs, flowers, ferns, heather, reeds, and shrubs from the next room."""

from typing import TYPE_CHECKING

import numpy as np

from .bark import BLADE, LEAF
from .layers import Layers
from .seasons import GRASS, Colours, leaf_colours
from .shrubs import brambles, bushes, saplings
from .strokes import Strokes, strokes
from .trees import between

if TYPE_CHECKING:
    from .sites import Site

__all__ = ["blades", "grow"]


def grow(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    """All that `place.cover` names, in the colours of the season."""
    names = [name for name in place.cover if name in _GROWERS]
    own = zip(names, rng.spawn(len(names)), strict=True)
    return Strokes.join([_GROWERS[name](place, season, child, place.cover[name]) for name, child in own])


def blades(rng: np.random.Generator, foot: np.ndarray, height: float, width: float, colours: Colours,
           droop: float = 0.42) -> Strokes:  # fmt: skip
    """One grass blade at each `foot` `(n, 3)`, about `height` metres tall and `width` wide at its foot."""
    n = len(foot)
    tall = height * rng.gamma(4, 0.25, n)
    lean = rng.normal(0, droop, (n, 2)) * tall[:, None]
    end = foot + np.stack([lean[:, 0], tall * rng.uniform(0.7, 1.1, n), lean[:, 1]], 1)
    bend = foot + np.stack([lean[:, 0] * 0.25, tall * 0.8, lean[:, 1] * 0.25], 1)
    radius = np.array([width / 2, width / 8]) * rng.uniform(0.7, 1.5, (n, 1))
    return strokes(foot, bend, end, radius, between(rng, colours, n), Layers.GRASS, style=BLADE, rough=0.15)


def _grass(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    n = int(6500 * amount)
    centre = place.scatter(rng, max(n // 24, 1), 1.2, 13)
    foot = centre[rng.integers(0, len(centre), n)] + rng.normal(0, 0.11, (n, 3)) * [1, 0, 1]
    low = 0.05 if season == "winter" else 0.09
    return blades(rng, place.settle(foot), low * (0.6 + 0.8 * amount), 0.006, GRASS[season])


def _tall_grass(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    n = int(1500 * amount)
    centre = place.scatter(rng, max(n // 30, 1), 2.4, 14)
    foot = centre[rng.integers(0, len(centre), n)] + rng.normal(0, 0.16, (n, 3)) * [1, 0, 1]
    stalks = blades(rng, place.settle(foot), 0.34, 0.005, GRASS["autumn" if season == "summer" else season], 0.25)
    return stalks


def _tussocks(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    n = int(4 + 22 * amount)
    centre, size = place.scatter(rng, n, 2.2, 12), rng.uniform(0.15, 0.42, n)
    tuft = np.repeat(np.arange(n), 110)
    foot = centre[tuft] + rng.normal(0, 0.22, (len(tuft), 3)) * [1, 0, 1] * size[tuft, None]
    away = (foot - centre[tuft]) * [1.6, 0, 1.6]
    tall = size[tuft] * rng.uniform(0.6, 1.3, len(tuft))
    end = foot + away * 1.3 + np.stack([0 * tall, tall * rng.uniform(0.2, 0.9, len(tall)), 0 * tall], 1)
    bend = foot + away * 0.4 + np.stack([0 * tall, tall, 0 * tall], 1)
    return strokes(foot, bend, end, (0.0035, 0.001), between(rng, GRASS[season], len(tuft)), Layers.GRASS, style=BLADE)


def _herbs(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    """Patches of low plants with leaves of many sizes, a rosette each."""
    patches = place.scatter(rng, int(4 + 16 * amount), 1.8, 11)
    n = int(900 * amount * (0.35 if season == "winter" else 1))
    which = rng.integers(0, len(patches), n)
    foot = place.settle(patches[which] + rng.normal(0, 0.30, (n, 3)) * [1, 0, 1])
    size = rng.gamma(2.5, 0.010, n) + 0.016
    plant = np.repeat(np.arange(n), 6)
    at = foot[plant] + rng.normal(0, 0.6, (len(plant), 3)) * size[plant, None] * [1, 0, 1]
    at[:, 1] = foot[plant, 1] + size[plant] * rng.uniform(0.1, 2.2, len(plant))
    way = rng.normal(0, 1, at.shape) * [1, 0.35, 0.8]
    way *= (size[plant] / np.linalg.norm(way, axis=1))[:, None]
    colours = between(rng, leaf_colours("herb", season), n)[plant] * rng.uniform(0.7, 1.2, (len(plant), 1))
    radius = np.repeat((size[plant] * rng.uniform(0.2, 0.34, len(plant)))[:, None], 2, 1)
    return strokes(at, at + way / 2 + [0, 0.006, 0], at + way, radius, colours, Layers.LEAF, style=LEAF)


def _flowers(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    n = int(170 * amount) if season in ("spring", "summer") else 0
    at = place.scatter(rng, n, 1.6, 10)
    tones = np.array([(0.75, 0.74, 0.70), (0.70, 0.52, 0.05), (0.42, 0.20, 0.45)])
    colour = tones[np.minimum(rng.integers(0, 3), rng.integers(0, 3, n))] * rng.uniform(0.7, 1, (n, 1))
    top = at + np.stack([rng.normal(0, 0.03, n), rng.uniform(0.08, 0.30, n), rng.normal(0, 0.03, n)], 1)
    head = strokes(top, top + [0.005, 0.008, 0], top + [0.012, 0, 0], (0.011, 0.011), colour, Layers.LEAF, style=LEAF)
    stalk = strokes(at, (at + top) / 2, top, (0.002, 0.002), between(rng, GRASS[season], n), Layers.GRASS, style=BLADE)
    return Strokes.join([head, stalk])


def _fronds(place: "Site", season: str, rng: np.random.Generator, n: int, size: tuple[float, float]) -> Strokes:
    """Ferns: a rosette of arching midribs, each with leaflets that shorten towards its tip."""
    centre = place.scatter(rng, n, 3.0, 11, clear=0.35)
    flat = 0.45 if season == "winter" else 1.0
    frond = np.repeat(np.arange(n), 9)
    around = rng.uniform(0, 2 * np.pi, len(frond))
    reach = rng.uniform(*size, n)[frond] * rng.uniform(0.7, 1.15, len(frond))
    out = (
        np.stack([np.cos(around), rng.uniform(0.7, 1.3, len(frond)) * flat + 0 * around, np.sin(around)], 1)
        * reach[:, None]
    )
    start, end = centre[frond], centre[frond] + out * [1, 0.7, 1]
    bend = start + out * [0.4, 1.15, 0.4]
    leaflet = np.repeat(np.arange(len(frond)), 22)
    t = rng.uniform(0.12, 1, (len(leaflet), 1))
    on = (1 - t) ** 2 * start[leaflet] + 2 * t * (1 - t) * bend[leaflet] + t**2 * end[leaflet]
    across = np.stack([-np.sin(around), 0.05 + 0 * around, np.cos(around)], 1)[leaflet]
    long = reach[leaflet, None] * 0.25 * np.sin(np.pi * (0.12 + 0.86 * t)) * rng.choice([-1, 1], (len(leaflet), 1))
    forward = out[leaflet] / reach[leaflet, None] * [1, 0.2, 1]
    tip = on + across * long + (forward * 0.45 - [0, 0.12, 0] + rng.normal(0, 0.18, on.shape)) * np.abs(long)
    green = between(rng, leaf_colours("fern", season), len(frond))
    colours = green[leaflet] * rng.uniform(0.5, 1.3, (len(leaflet), 1)) * (0.35 + 0.75 * t)
    radius = np.abs(long) * [[0.12, 0.06]]
    blade = strokes(on, (on + tip) / 2, tip, radius, colours, Layers.LEAF, style=LEAF)
    rib = strokes(start, bend, end, (0.005, 0.002), green, Layers.LEAF)
    return Strokes.join([blade, rib])


def _ferns(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    return _fronds(place, season, rng, int(2 + 16 * amount), (0.3, 0.55))


def _bracken(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    return _fronds(place, season, rng, int(5 + 22 * amount), (0.4, 0.85))


def _dwarf(place: "Site", season: str, rng: np.random.Generator, n: int, plant: str, tall: float) -> Strokes:
    """Cushions of fine upright shoots: heather, bilberry."""
    centre, size = place.scatter(rng, n, 1.8, 12, clear=0.12), rng.uniform(0.18, 0.45, n)
    shoot = np.repeat(np.arange(n), 110)
    foot = centre[shoot] + rng.normal(0, 0.5, (len(shoot), 3)) * [1, 0, 1] * size[shoot, None]
    lean = rng.normal(0, 0.35, (len(shoot), 3)) * [1, 0, 1]
    way = (lean + [0, 1, 0]) * (tall * rng.uniform(0.4, 1.1, len(shoot)))[:, None]
    colours = between(rng, leaf_colours(plant, season), len(shoot))
    return strokes(foot, foot + way / 2, foot + way, (0.0055, 0.004), colours, Layers.LEAF, style=BLADE, rough=0.5)


def _heather(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    return _dwarf(place, season, rng, int(60 * amount), "heather", 0.24)


def _bilberry(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    return _dwarf(place, season, rng, int(70 * amount), "bramble" if season == "autumn" else "herb", 0.15)


def _reeds(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    n = int(1100 * amount)
    centre = place.scatter(rng, max(n // 60, 1), 4.5, 14, clear=0.45)
    foot = centre[rng.integers(0, len(centre), n)] + rng.normal(0, 0.35, (n, 3)) * [1, 0, 1]
    return blades(rng, place.settle(foot), 0.95, 0.011, leaf_colours("reed", season), 0.20)


_GROWERS = {
    "grass": _grass, "tall grass": _tall_grass, "tussocks": _tussocks, "herbs": _herbs, "flowers": _flowers,
    "ferns": _ferns, "bracken": _bracken, "brambles": brambles, "heather": _heather, "bilberry": _bilberry,
    "reeds": _reeds, "bushes": bushes, "saplings": saplings,
}  # fmt: skip
