"""What lies on the floor or hangs from a bank: leaves, twigs, stones, roots, ivy; and what is close to the lens."""

from typing import TYPE_CHECKING

import numpy as np

from .bark import BLADE, FURROWED, LEAF
from .layers import Layers
from .seasons import GRASS, LEAFY, leaf_colours
from .solids import Solid, boulder
from .strokes import Strokes, strokes
from .trees import between, leaves
from .undergrowth import blades

if TYPE_CHECKING:
    from .sites import Site

__all__ = ["STONE", "foreground", "lay", "stones"]

STONE = np.array([0.155, 0.150, 0.140])
_DEAD = {
    "winter": ((0.075, 0.048, 0.030), (0.25, 0.17, 0.105)), "spring": ((0.085, 0.055, 0.034), (0.28, 0.20, 0.12)),
    "summer": ((0.080, 0.050, 0.030), (0.25, 0.17, 0.10)), "autumn": ((0.17, 0.080, 0.022), (0.46, 0.28, 0.085)),
}  # fmt: skip


def lay(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    """Litter, twigs, roots and ivy, as much of each as `place.cover` says."""
    layers = {"litter": _litter, "twigs": _twigs, "roots": _roots, "ivy": _ivy}
    names = [name for name in place.cover if name in layers]
    own = zip(names, rng.spawn(len(names)), strict=True)
    return Strokes.join([layers[name](place, season, child, place.cover[name]) for name, child in own])


def _litter(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    """Curled leaves that stand up from the carpet."""
    at = place.scatter(rng, int(1700 * amount * (1.6 if season == "autumn" else 1)), 1.0, 10)
    n = len(at)
    way = rng.normal(0, 1, (n, 3)) * [1, 0.2, 1]
    long = rng.gamma(4, 0.010, n) + 0.015
    way *= (long / np.linalg.norm(way, axis=1))[:, None]
    radius = np.repeat((long * rng.uniform(0.10, 0.26, n))[:, None], 2, 1)
    colour = between(rng, _DEAD[season], n)
    curl = at + way / 2 + np.stack([0 * long, 0.3 * long, 0 * long], 1)
    return strokes(at, curl, at + way, radius, colour, Layers.GROUND, style=LEAF)


def _twigs(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    at = place.scatter(rng, int(90 * amount), 1.2, 9)
    out = rng.normal(0, 1, at.shape) * [0.35, 0.03, 0.35] * rng.gamma(2, 0.5, (len(at), 1))
    radius = rng.uniform(0.003, 0.012, (len(at), 1)) * [[1, 0.4]]
    bark = np.array([0.16, 0.125, 0.10]) * rng.uniform(0.5, 1.7, (len(at), 1))
    bend = at + out / 2 + rng.normal(0, 0.06, at.shape) * [1, 0, 1] + [0, 0.02, 0]
    return strokes(at, bend, at + out + [0, 0.01, 0], radius, bark, Layers.BARK, moss=0.2)


def _bank_points(place: "Site", rng: np.random.Generator, n: int, low: float, high: float) -> np.ndarray:
    """Points on the face of the bank `low` to `high` metres up, just before it: `(n, 3)`."""
    bank = place.slopes[0]
    y = rng.uniform(low, high, n)
    deep = bank.offset + y / bank.rise - 0.22
    along, way = rng.uniform(-1.2, 1.2, n) * place.half_width(deep), bank.way()
    return np.stack([way[0] * deep + way[1] * along, y, way[1] * deep - way[0] * along], 1)


def _roots(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    """Roots that hang and creep down the bank, forked into rootlets."""
    n = int(26 + 44 * amount)
    start = _bank_points(place, rng, n, 0.5, 2.6)
    bank = place.slopes[0]
    down = -np.array([bank.way()[0] / bank.rise, 1, bank.way()[1] / bank.rise])
    long = rng.gamma(3, 0.27, (n, 1))
    end = start + down * long * 0.8 + rng.normal(0, 0.55, (n, 3)) * [1, 0.15, 0.05] * long
    bend = (start + end) / 2 + rng.normal(0, 0.28, (n, 3)) * [1, 0.5, 0.1] * long
    thick = rng.gamma(1.6, 0.007, n) + 0.004
    thick *= np.where(rng.random(n) < 0.15, 3, 1)
    colour = np.array([0.27, 0.22, 0.17]) * rng.uniform(0.55, 1.25, (n, 1))
    radius = np.stack([thick, 0.3 * thick], 1)
    parts = [strokes(start, bend, end, radius, colour, Layers.BARK, style=FURROWED, moss=0.1)]
    twig = np.repeat(np.arange(n), 5)
    t = rng.uniform(0.2, 0.95, (len(twig), 1))
    base = (1 - t) ** 2 * start[twig] + 2 * t * (1 - t) * bend[twig] + t**2 * end[twig]
    side = rng.normal(0, 0.22, base.shape) * [1, 0.6, 0.25] + down * rng.gamma(2, 0.10, (len(twig), 1))
    bow = base + side / 2 + rng.normal(0, 0.06, base.shape)
    parts.append(strokes(base, bow, base + side, (0.004, 0.0015), colour[twig] * 1.1, Layers.BARK))
    return Strokes.join(parts)


def _ivy(place: "Site", season: str, rng: np.random.Generator, amount: float) -> Strokes:
    """Ivy creeping over the floor and, where there is a bank, down its face."""
    n = int(700 * amount)
    if place.bank < 100:
        centre = _bank_points(place, rng, 9, 0.9, 2.6)
        at = centre[rng.integers(0, 9, n)] + rng.normal(0, 0.22, (n, 3)) * [1.3, 1, 0.1]
    else:
        centre = place.scatter(rng, 12, 2.5, 10)
        at = place.settle(centre[rng.integers(0, 12, n)] + rng.normal(0, 0.35, (n, 3)) * [1, 0, 1]) + [0, 0.02, 0]
    return leaves(rng, at, 0.050, leaf_colours("bramble", "summer"), narrow=0.4)


def stones(place: "Site", rng: np.random.Generator) -> list[Solid]:
    """Loose stones, many small and few large."""
    amount = place.cover.get("stones", 0.0)
    at = place.scatter(rng, int(34 * amount), 1.7, 10)
    if place.bank < 100 and place.slopes[0].rise < 10:
        at = np.concatenate([at, _bank_points(place, rng, 18, 0.1, 2.4) + [0, 0, 0.2]])
    size = np.minimum(0.035 * (1 + rng.pareto(1.9, len(at))), 0.17)
    tone = STONE * rng.uniform(0.65, 1.35, (len(at), 1)) * rng.normal(1, 0.04, (len(at), 3))
    shape = rng.uniform(0.7, 1.5, (len(at), 3)) * [1, 0.6, 1]
    return [boulder(rng, a, s * h, t, place.moss * 0.6) for a, s, h, t in zip(at, size, shape, tone, strict=True)]


def foreground(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    """Blades and a twig close to the lens at one side: they hide part of what walks behind them."""
    n, side = int(130 * place.foreground), rng.choice([-1, 1])
    z = rng.uniform(0.75, 1.7, n)
    x = side * rng.uniform(0.35, 1.1) + rng.normal(0, 0.16, n)
    foot = np.stack([x * place.half_width(z), 0 * z, z], 1)
    parts = [blades(rng, foot, 0.26, 0.006, GRASS[season])]
    if place.foreground and rng.random() < 0.6 * place.foreground + 0.1:
        parts.append(_hanging_twig(place, season, rng))
    return Strokes.join(parts)


def _hanging_twig(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    z, side = rng.uniform(1.0, 1.8), rng.choice([-1, 1])
    start = np.array([side * 1.25 * place.half_width(z), place.camera.height + rng.uniform(0.0, 0.35) * z, z])
    out = np.array([-side * rng.uniform(0.3, 0.8), rng.uniform(-0.35, 0.05), rng.uniform(-0.1, 0.2)]) * z * 0.5
    t = np.sort(rng.uniform(0.15, 1, 9))[:, None]
    base = start + out * t + [0, 0.06, 0] * t * (1 - t)
    way = out * 0.25 + rng.normal(0, 0.09, (9, 3))
    wood = np.array([0.11, 0.085, 0.065])
    at = np.repeat(base, 7, 0) + np.repeat(way, 7, 0) * rng.uniform(0.2, 1.1, (63, 1)) + rng.normal(0, 0.010, (63, 3))
    at = at[rng.random(63) < LEAFY[season]]
    kind = "spruce" if place.habitat.conifer else "beech"
    colours = leaf_colours(kind, season)
    tuft = blades(rng, at, 0.03, 0.004, colours, 1.5) if kind == "spruce" else leaves(rng, at, 0.024, colours)
    return Strokes.join([
        strokes(start[None], (start + out / 2 + [0, 0.06, 0])[None], (start + out)[None], (0.008, 0.002), wood,
                Layers.BARK),
        strokes(base, base + way / 2, base + way, (0.003, 0.001), wood, Layers.BARK, style=BLADE), tuft,
    ])  # fmt: skip
