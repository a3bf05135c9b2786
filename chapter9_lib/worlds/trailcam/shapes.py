"""Shapes of the man-made half of the source world: twenty families of everyday things built of round cones.

A cone is nine numbers, in units of the thing's height: two ends (x, y, z), two radii, and how many times thinner it
is sideways. Each family takes a random generator, so that its kinds differ in their proportions.
"""

from collections.abc import Callable

import numpy as np

__all__ = ["SHAPES", "Cone"]

Cone = tuple[float, ...]
Shape = Callable[[np.random.Generator], list[Cone]]


def _rod(a: tuple[float, float, float], b: tuple[float, float, float], ra: float, rb: float | None = None) -> Cone:
    return (*a, *b, ra, ra if rb is None else rb, 1.0)


def _stack(profile: list[tuple[float, float]]) -> list[Cone]:
    """A turned solid from (height, radius) pairs."""
    pairs = zip(profile, profile[1:], strict=False)
    return [_rod((0, low, 0), (0, high, 0), wide, narrow) for (low, wide), (high, narrow) in pairs]


def _plate(y: float, radius: float, thin: float = 3.5) -> Cone:
    """A disc lying flat: a short cone along z is thinner upwards when it leans a little."""
    return (0, y, -0.02, 0, y + 0.004, 0.02, radius, radius, thin)


def _boards(y: float, wide: float, deep: float, thick: float, count: int = 3) -> list[Cone]:
    """Boards side by side, lying flat."""
    return [_rod((-wide, y, z), (wide, y, z), thick) for z in np.linspace(-deep, deep, count)]


def _legs(top: float, wide: float, deep: float, thick: float, splay: float = 1.0) -> list[Cone]:
    corners = [(x * wide, z * deep) for x in (-1, 1) for z in (-1, 1)]
    return [_rod((x, top, z), (x * splay, thick, z * splay), thick, thick * 0.85) for x, z in corners]


def _arc(centre: tuple[float, float], radius: float, thick: float, start: float, end: float, n: int) -> list[Cone]:
    """A bent rod in the x-y plane, from angle `start` to `end` in degrees."""
    turn = np.radians(np.linspace(start, end, n + 1))
    spots = [(centre[0] + radius * float(np.cos(a)), centre[1] + radius * float(np.sin(a)), 0.0) for a in turn]
    return [_rod(a, b, thick) for a, b in zip(spots, spots[1:], strict=False)]


def _bottle(rng: np.random.Generator) -> list[Cone]:
    wide, neck, bend = rng.uniform(0.15, 0.28), rng.uniform(0.05, 0.09), rng.uniform(0.4, 0.65)
    return _stack([(wide, wide), (bend, wide * rng.uniform(0.85, 1.15)), (bend + 0.16, neck), (0.95, neck * 1.15)])


def _barrel(rng: np.random.Generator) -> list[Cone]:
    wide, bulge = rng.uniform(0.26, 0.38), rng.uniform(1.0, 1.3)
    return _stack([(wide * 0.5, wide), (0.5, wide * bulge), (1 - wide * 0.5, wide)])


def _bucket(rng: np.random.Generator) -> list[Cone]:
    low, high = rng.uniform(0.18, 0.26), rng.uniform(0.32, 0.42)
    return [*_stack([(low, low), (0.62, high)]), _plate(0.74, high * 1.1), *_arc((0, 0.72), high, 0.03, 0, 180, 6)]


def _mug(rng: np.random.Generator) -> list[Cone]:
    wide, grip = rng.uniform(0.28, 0.42), rng.uniform(0.2, 0.3)
    body = [*_stack([(wide, wide), (0.75, wide * rng.uniform(0.9, 1.15))]), _plate(0.95, wide * 1.05)]
    return [*body, *_arc((wide, 0.5), grip, 0.06, -80, 80, 5)]


def _kettle(rng: np.random.Generator) -> list[Cone]:
    wide, grip = rng.uniform(0.34, 0.44), rng.uniform(0.26, 0.36)
    spout = _rod((wide * 0.7, 0.3, 0), (wide + rng.uniform(0.18, 0.3), 0.68, 0), 0.1, 0.045)
    lid = _rod((0, 0.68, 0), (0, 0.74, 0), 0.07)
    return [*_stack([(wide * 0.7, wide), (0.45, wide * 0.75)]), spout, lid, *_arc((0, 0.62), grip, 0.035, 10, 170, 6)]


def _stool(rng: np.random.Generator) -> list[Cone]:
    wide, n = rng.uniform(0.24, 0.4), int(rng.integers(3, 5))
    turns = [2 * np.pi * i / n + 0.4 for i in range(n)]
    splay = rng.uniform(0.85, 1.25)
    ways = [(float(np.cos(a)) * wide, float(np.sin(a)) * wide) for a in turns]
    legs = [_rod((x * 0.6, 0.88, z * 0.6), (x * splay, 0.04, z * splay), 0.05, 0.04) for x, z in ways]
    return [_plate(0.93, wide, 4.0), *legs]


def _chair(rng: np.random.Generator) -> list[Cone]:
    wide, seat, thick = rng.uniform(0.2, 0.3), rng.uniform(0.38, 0.52), rng.uniform(0.035, 0.055)
    posts = [_rod((-wide, seat, z * wide), (-wide * 1.15, 0.97, z * wide), thick) for z in (-1, 1)]
    rails = [_rod((-wide * 1.1, y, -wide), (-wide * 1.1, y, wide), thick * 1.3)
             for y in np.linspace(seat + 0.2, 0.95, int(rng.integers(2, 4)))]  # fmt: skip
    return [*_boards(seat, wide, wide, thick * 1.4, 4), *_legs(seat, wide, wide, thick), *posts, *rails]


def _table(rng: np.random.Generator) -> list[Cone]:
    wide, deep, thick = rng.uniform(0.6, 0.9), rng.uniform(0.28, 0.42), rng.uniform(0.05, 0.08)
    legs = _legs(0.9, wide * 0.85, deep * 0.85, thick * 0.8, rng.uniform(0.8, 1.1))
    return [*_boards(0.94, wide, deep, thick, 5), *legs]


def _wheel(rng: np.random.Generator) -> list[Cone]:
    rim, spokes = rng.uniform(0.045, 0.1), int(rng.integers(3, 8))
    reach = 0.5 - rim
    turns = [np.pi * 2 * i / spokes + 0.3 for i in range(spokes)]
    bars = [_rod((0, 0.5, 0), (reach * float(np.cos(a)), 0.5 + reach * float(np.sin(a)), 0), 0.035) for a in turns]
    hub = _rod((0, 0.5, -0.1), (0, 0.5, 0.1), rng.uniform(0.07, 0.13))
    return [*_arc((0, 0.5), reach, rim, 0, 360, 12), *bars, hub]


def _ladder(rng: np.random.Generator) -> list[Cone]:
    wide, lean, thick = rng.uniform(0.2, 0.34), rng.uniform(0.08, 0.4), rng.uniform(0.045, 0.065)
    rails = [_rod((x * wide * 1.2, 0.04, -lean), (x * wide, 0.97, lean), thick) for x in (-1, 1)]
    rungs = [_rod((-wide, y, lean * (2 * y - 1)), (wide, y, lean * (2 * y - 1)), thick * 0.9)
             for y in np.linspace(0.14, 0.88, int(rng.integers(4, 7)))]  # fmt: skip
    return rails + rungs


def _umbrella(rng: np.random.Generator) -> list[Cone]:
    wide, rise, tilt = rng.uniform(0.42, 0.65), rng.uniform(0.08, 0.16), rng.uniform(0, 0.12)
    roof = [_plate(0.72 + rise * i, wide * share, 4.0) for i, share in enumerate((1.0, 0.72, 0.38))]
    return [*roof, _rod((tilt, 0, 0), (0, 0.97, 0), 0.035)]


def _tent(rng: np.random.Generator) -> list[Cone]:
    long, wide = rng.uniform(0.6, 1.0), rng.uniform(0.45, 0.8)
    rows = [(y, long * (1 - 0.12 * y), z * wide * (0.95 - y)) for y in np.linspace(0.08, 0.9, 6) for z in (-1, 1)]
    return [_rod((-reach, y, z), (reach, y, z), 0.1) for y, reach, z in rows]


def _sign(rng: np.random.Generator) -> list[Cone]:
    wide, tall = rng.uniform(0.26, 0.42), rng.uniform(0.12, 0.2)
    rows = [(-wide, 0.76 + y * tall, 0, wide, 0.76 + y * tall, 0, tall * 0.7, tall * 0.7, 4.0) for y in (-0.6, 0, 0.6)]
    posts = [-wide * 0.7, wide * 0.7] if rng.random() < 0.5 else [0.0]
    return [*rows, *(_rod((x, 0, 0), (x, 0.8, 0), 0.045) for x in posts)]


def _fence(rng: np.random.Generator) -> list[Cone]:
    posts, wide, thick = int(rng.integers(3, 8)), rng.uniform(0.6, 0.95), rng.uniform(0.05, 0.075)
    rails = [_rod((-wide, y, 0), (wide, y, 0), thick * 0.8) for y in np.linspace(0.3, 0.75, int(rng.integers(1, 4)))]
    return [*rails, *(_rod((x, 0, 0), (x, 0.97, 0), thick) for x in np.linspace(-wide * 0.95, wide * 0.95, posts))]


def _gate(rng: np.random.Generator) -> list[Cone]:
    wide, post = rng.uniform(0.3, 0.55), rng.uniform(0.06, 0.11)
    sides = [_rod((x * wide, 0, 0), (x * wide, 0.6, 0), post) for x in (-1, 1)]
    if rng.random() < 0.5:
        return [*sides, *_arc((0, 0.55), wide, post, 0, 180, 7)]
    over = wide * rng.uniform(1.0, 1.4)
    return [*(_rod((x * wide, 0.5, 0), (x * wide, 0.9, 0), post) for x in (-1, 1)), *sides,
            _rod((-over, 0.92, 0), (over, 0.92, 0), post)]  # fmt: skip


def _cart(rng: np.random.Generator) -> list[Cone]:
    long, tall, wheel = rng.uniform(0.5, 0.8), rng.uniform(0.16, 0.26), rng.uniform(0.16, 0.26)
    body = [_rod((-long, wheel + tall, z), (long, wheel + tall, z), tall) for z in (-0.15, 0.15)]
    wheels = [(x * long * 0.7, wheel, z * 0.4, x * long * 0.7, wheel + 0.01, z * 0.4, wheel, wheel, 4.0)
              for x in (-1, 1) for z in (-1, 1)]  # fmt: skip
    return [*body, *wheels, _rod((long, wheel + tall, 0), (long + 0.3, 0.95, 0), 0.04)]


def _lamp(rng: np.random.Generator) -> list[Cone]:
    shade, foot = rng.uniform(0.16, 0.26), rng.uniform(0.18, 0.28)
    head = _stack([(0.72, shade), (0.88, shade * rng.uniform(0.35, 1.0))])
    return [_plate(0.05, foot), _rod((0, 0, 0), (0, 0.75, 0), rng.uniform(0.04, 0.06)), *head]


def _windmill(rng: np.random.Generator) -> list[Cone]:
    foot, blade, start = rng.uniform(0.16, 0.26), rng.uniform(0.3, 0.42), rng.uniform(0, np.pi)
    arms, front = int(rng.integers(3, 6)), 0.2
    turns = [start + 2 * np.pi * i / arms for i in range(arms)]
    blades = [(0, 0.72, front, blade * float(np.cos(a)), 0.72 + blade * float(np.sin(a)), front, 0.04, 0.1, 3.0)
              for a in turns]  # fmt: skip
    return [*_stack([(foot * 0.5, foot), (0.72, foot * 0.55)]), *blades, _rod((0, 0.72, 0), (0, 0.72, front), 0.05)]


def _birdhouse(rng: np.random.Generator) -> list[Cone]:
    wide, low = rng.uniform(0.14, 0.22), rng.uniform(0.4, 0.55)
    box = [_rod((-wide, y, z), (wide, y, z), 0.09) for y in (low, low + 0.14, low + 0.28) for z in (-wide, wide)]
    roof = [_rod((-wide * 1.4, 0.92 - 0.5 * abs(z), z), (wide * 1.4, 0.92 - 0.5 * abs(z), z), 0.07)
            for z in (-wide * 1.5, -wide * 0.7, 0, wide * 0.7, wide * 1.5)]  # fmt: skip
    return [*box, *roof, _rod((0, 0, 0), (0, low, 0), 0.05)]


def _boat(rng: np.random.Generator) -> list[Cone]:
    long, deep = rng.uniform(0.6, 0.95), rng.uniform(0.14, 0.2)
    keel = _rod((-long * 0.75, deep, 0), (long * 0.7, deep, 0), deep)
    deck = [_rod((-long, deep * 1.9, z), (long * 1.1, deep * 2.1, z * 0.3), deep * 0.6) for z in (-0.2, 0, 0.2)]
    reach = long * rng.uniform(0.5, 0.9)
    sail = [(0.05, y, 0, 0.05 + reach * (1 - y), y, 0, 0.1, 0.06, 4.0) for y in np.linspace(0.5, 0.9, 4)]
    return [keel, *deck, _rod((0, deep, 0), (0, 0.97, 0), 0.03), *(sail if rng.random() < 0.6 else [])]


SHAPES: dict[str, Shape] = {
    "bottle": _bottle, "barrel": _barrel, "bucket": _bucket, "mug": _mug, "kettle": _kettle, "stool": _stool,
    "chair": _chair, "table": _table, "wheel": _wheel, "ladder": _ladder, "umbrella": _umbrella, "tent": _tent,
    "sign": _sign, "fence": _fence, "gate": _gate, "cart": _cart, "lamp": _lamp, "windmill": _windmill,
    "birdhouse": _birdhouse, "boat": _boat,
}  # fmt: skip
"""The families by name, in a fixed order."""
