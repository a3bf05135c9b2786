"""Man-made and grown things of the source world: ten families of simple solids in bright or dull paint."""

from collections.abc import Callable

import numpy as np

from .animals import Animal, Build, Coat, Colour

__all__ = ["thing"]

Cone = tuple[float, ...]
_PAINTS: tuple[Colour, ...] = (
    (0.55, 0.05, 0.04), (0.04, 0.12, 0.50), (0.62, 0.48, 0.05), (0.05, 0.30, 0.10), (0.70, 0.70, 0.68),
    (0.04, 0.04, 0.05),
    (0.60, 0.24, 0.04), (0.28, 0.06, 0.34), (0.25, 0.17, 0.10), (0.10, 0.40, 0.42),
)  # fmt: skip


def thing(name: str, rng: np.random.Generator, family: int) -> Animal:
    """A thing of one of the ten families (0–9), painted at random."""
    parts = tuple(tuple(map(float, cone)) for cone in _FAMILIES[family](rng))
    height = float(np.exp(rng.uniform(np.log(0.35), np.log(0.9))))
    first, second = rng.choice(len(_PAINTS), 2, replace=False)
    paint = _PAINTS[first]
    pattern = str(rng.choice(["plain", "stripes", "spots", "patches"]))
    coat = Coat(
        back=paint, belly=paint, belly_line=0.0, legs=paint, face=paint, muzzle=paint, ears=paint,
        tail=paint, tail_tip=paint,
        pattern=pattern, pattern_colour=_PAINTS[second], pattern_scale=float(rng.uniform(3, 9)), pattern_strength=0.95,
        grizzle=float(rng.uniform(0, 0.2)), infrared=float(rng.uniform(0.2, 0.6)),
    )  # fmt: skip
    build = Build(
        length=height * 0.6, shoulder=height, hip=height, chest=height * 0.3, waist=height * 0.3, tail=0.0, fur=0.0005
    )
    return Animal(name, build, coat, parts)


def _stack(profile: list[tuple[float, float]]) -> list[Cone]:
    """A turned solid from (height, radius) pairs."""
    pairs = zip(profile, profile[1:], strict=False)
    return [(0, low, 0, 0, high, 0, wide, narrow, 1.0) for (low, wide), (high, narrow) in pairs]


def _bottle(rng: np.random.Generator) -> list[Cone]:
    wide, neck, bend = rng.uniform(0.14, 0.30), rng.uniform(0.04, 0.10), rng.uniform(0.4, 0.7)
    return _stack([(wide, wide), (bend, wide * rng.uniform(0.8, 1.2)), (bend + 0.15, neck), (0.95, neck * 1.1)])


def _stool(rng: np.random.Generator) -> list[Cone]:
    n, wide, splay = int(rng.integers(3, 5)), rng.uniform(0.25, 0.42), rng.uniform(0.8, 1.2)
    seat = [(-wide * 0.5, 0.95, z * wide * 0.5, wide * 0.5, 0.95, z * wide * 0.5, 0.07, 0.07, 1.0) for z in (-1, 0, 1)]
    turns = [2 * np.pi * i / n + 0.4 for i in range(n)]
    legs = [(np.cos(a) * wide * 0.6, 0.9, np.sin(a) * wide * 0.6,
             np.cos(a) * wide * splay, 0.03, np.sin(a) * wide * splay, 0.035, 0.03, 1.0) for a in turns]  # fmt: skip
    return seat + legs


def _mushroom(rng: np.random.Generator) -> list[Cone]:
    stem, cap = rng.uniform(0.06, 0.14), rng.uniform(0.22, 0.45)
    brim = [(-cap * 0.5, 0.72, z * cap * 0.5, cap * 0.5, 0.72, z * cap * 0.5, 0.09, 0.09, 1.0) for z in (-1, 0, 1)]
    return [(0, 0, 0, 0, 0.75, 0, stem, stem * 0.8, 1.0), (0, 0.72, 0, 0, 0.88, 0, cap * 0.75, cap * 0.3, 1.0), *brim]


def _barrel(rng: np.random.Generator) -> list[Cone]:
    wide, bulge = rng.uniform(0.24, 0.36), rng.uniform(1.0, 1.3)
    return _stack([(wide * 0.5, wide), (0.5, wide * bulge), (1 - wide * 0.5, wide)])


def _sign(rng: np.random.Generator) -> list[Cone]:
    wide, tall = rng.uniform(0.22, 0.42), rng.uniform(0.08, 0.2)
    rows = [(-wide, 0.8 + y * tall, 0, wide, 0.8 + y * tall, 0, tall * 0.7, tall * 0.7, 4.0) for y in (-0.6, 0, 0.6)]
    return [(0, 0, 0, 0, 0.8, 0, 0.035, 0.03, 1.0), *rows]


def _cart(rng: np.random.Generator) -> list[Cone]:
    long, tall, wheel = rng.uniform(0.45, 0.8), rng.uniform(0.18, 0.3), rng.uniform(0.14, 0.24)
    body = [
        (-long, wheel + tall, z, long, wheel + tall, z, tall, tall * rng.uniform(0.7, 1), 1.0) for z in (-0.15, 0.15)
    ]
    wheels = [(x * long * 0.7, wheel, z * 0.34, x * long * 0.7, wheel + 0.01, z * 0.34, wheel, wheel, 4.0)
              for x in (-1, 1) for z in (-1, 1)]  # fmt: skip
    handle = [(long, wheel + tall, 0, long + 0.3, 0.95, 0, 0.03, 0.03, 1.0)] if rng.random() < 0.5 else []
    return body + wheels + handle


def _lamp(rng: np.random.Generator) -> list[Cone]:
    globe = rng.uniform(0.1, 0.22)
    base = (0, 0.03, 0, 0.01, 0.05, 0, rng.uniform(0.1, 0.2), 0.08, 1.0)
    return [
        base,
        (0, 0, 0, 0, 0.85, 0, 0.035, 0.025, 1.0),
        (0, 0.85, 0, 0, 0.86 + globe * 0.6, 0, globe, globe * rng.uniform(0.4, 1), 1.0),
    ]


def _cairn(rng: np.random.Generator) -> list[Cone]:
    radii = np.sort(rng.uniform(0.1, 0.3, int(rng.integers(2, 5))))[::-1]
    heights = np.cumsum(radii * 1.5) - radii * 0.75
    return [
        (rng.normal(0, 0.03), y, 0, rng.normal(0, 0.03), y + 0.01, 0, r, r, 1.0)
        for y, r in zip(heights, radii, strict=True)
    ]


def _arch(rng: np.random.Generator) -> list[Cone]:
    wide, post, beam = rng.uniform(0.25, 0.55), rng.uniform(0.05, 0.11), rng.uniform(0.05, 0.12)
    over = rng.uniform(1.0, 1.4)
    return [(-wide, 0, 0, -wide, 0.9, 0, post, post, 1.0), (wide, 0, 0, wide, 0.9, 0, post, post, 1.0),
            (-wide * over, 0.92, 0, wide * over, 0.92, 0, beam, beam, 1.0)]  # fmt: skip


def _jack(rng: np.random.Generator) -> list[Cone]:
    rod, knob = rng.uniform(0.04, 0.1), rng.uniform(0.06, 0.14)
    ways = rng.normal(0, 1, (int(rng.integers(2, 5)), 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    rods = [(*(-0.42 * w + [0, 0.5, 0]), *(0.42 * w + [0, 0.5, 0]), rod, rod, 1.0) for w in ways]
    knobs = [
        (*(s * 0.42 * w + [0, 0.5, 0]), *(s * 0.42 * w + [0.01, 0.5, 0]), knob, knob, 1.0)
        for w in ways
        for s in (-1, 1)
    ]
    return rods + knobs


_FAMILIES: tuple[Callable[[np.random.Generator], list[Cone]], ...] = (
    _bottle, _stool, _mushroom, _barrel, _sign, _cart, _lamp, _cairn, _arch, _jack,
)  # fmt: skip
