"""What one recognises a place by: a log, a boulder, a stump, a forked or leaning trunk, a fence, a stack, a barrel."""

from typing import TYPE_CHECKING

import numpy as np

from .bark import FURROWED
from .floor import STONE
from .layers import Layers
from .shrubs import shrub
from .solids import Solid, boulder, box, drum
from .strokes import Strokes, strokes
from .trees import TREES, trunk, young_spruce

if TYPE_CHECKING:
    from .sites import Site

__all__ = ["raise_landmark"]

_WOOD, _CUT = np.array([0.17, 0.135, 0.105]), np.array([0.30, 0.225, 0.145])
_UP = np.array([0.0, 1, 0])


def raise_landmark(
    place: "Site", name: str, side: float, season: str, rng: np.random.Generator
) -> tuple[Strokes, list[Solid]]:
    """Landmark `name` of the site, at `side` of the frame from −1 (left edge) to 1."""
    z = float(min(rng.uniform(4.2, 7.0), place.bank - 0.3))
    x = side * float(place.half_width(z))
    made = _MAKERS[name](place, np.array([x, float(place.lift(x, z)), z]), season, rng)
    if isinstance(made, tuple):
        return made
    return (made, []) if isinstance(made, Strokes) else (Strokes.join([]), made)


def _log(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> tuple[Strokes, list[Solid]]:
    girth, half = rng.uniform(0.10, 0.22), rng.uniform(0.9, 2.2)
    way = np.array([1, rng.uniform(-0.03, 0.12), rng.uniform(-0.6, 0.6)])
    way /= np.linalg.norm(way)
    middle = at + _UP * girth * 0.8
    log = strokes((middle - way * half)[None], middle[None], (middle + way * half)[None], (girth, girth * 0.8), _WOOD,
                  Layers.BARK, style=FURROWED, moss=rng.uniform(0.4, 0.9))  # fmt: skip
    n = 4
    start = middle + way * rng.uniform(-half, half, (n, 1))
    out = rng.normal(0, 0.3, (n, 3)) + [0, 0.25, 0]
    stubs = strokes(start, start + out / 2, start + out, (0.022, 0.006), _WOOD * 0.8, Layers.BARK)
    end = np.sign(-middle[0] or 1.0) * way
    return Strokes.join([log, stubs]), [drum(rng, middle + end * half, end, 0.9 * girth, 0.03, _WOOD, _CUT)]


def _boulder(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> list[Solid]:
    size = rng.uniform(0.25, 0.75) * rng.uniform(0.7, 1.3, 3) * [1.1, 0.8, 1]
    tone = STONE * rng.uniform(0.8, 1.3)
    chips = [boulder(rng, at + rng.normal(0, 0.7, 3) * [1, 0, 0.5], size * rng.uniform(0.12, 0.4), tone, place.moss)
             for _ in range(3)]  # fmt: skip
    return [boulder(rng, at + _UP * size[1] * 0.2, size, tone, place.moss), *chips]


def _stump(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> tuple[Strokes, list[Solid]]:
    radius, tall = rng.uniform(0.14, 0.32), rng.uniform(0.2, 0.55)
    around = rng.uniform(0, 2 * np.pi, 7)
    out = np.stack([np.cos(around), 0 * around, np.sin(around)], 1)
    low = at + out * radius * 0.8 + _UP * tall * 0.35
    roots = strokes(low, low + out * 0.12 - _UP * 0.08, at + out * radius * 2.2 - _UP * 0.03, (0.07, 0.02), _WOOD,
                    Layers.BARK, style=FURROWED, moss=0.7)  # fmt: skip
    cut = _CUT * rng.uniform(0.35, 1.1)
    return roots, [drum(rng, at + _UP * tall * 0.45, _UP, radius, tall * 0.55, _WOOD * 0.8, cut, rng.uniform(0.3, 0.9))]


def _fork(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> Strokes:
    kind = place.habitat.trees[0] if place.habitat.trees else "oak"
    return trunk(rng, kind, at + [0, 0, 1.0], rng.uniform(0.16, 0.26), season, 0.05, place.moss, fork=True)


def _lean(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> Strokes:
    kind = place.habitat.trees[0] if place.habitat.trees else "birch"
    tree = TREES[kind]
    foot, radius = at + [0, -0.1, 1.2], rng.uniform(0.07, 0.15)
    tip = foot + [-np.sign(at[0] or 1) * rng.uniform(2.0, 3.6), rng.uniform(2.2, 3.8), rng.uniform(-0.3, 1)]
    middle = (foot + tip) / 2 + [0, 0.35, 0]
    return strokes(foot[None], middle[None], tip[None], (radius, radius * 0.6), np.array(tree.colour), Layers.BARK,
                   style=tree.style, rough=0.4, flare=tree.flare, moss=place.moss + 0.15)  # fmt: skip


def _saplings(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> Strokes:
    feet = at + rng.normal(0, 0.5, (3, 3)) * [1, 0, 1]
    each = zip(place.settle(feet), rng.spawn(3), strict=True)
    return Strokes.join([shrub(own, foot, own.uniform(0.8, 1.6), "beech", season, 0.8) for foot, own in each])


def _young_spruce(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> Strokes:
    return young_spruce(rng, at, float(rng.uniform(0.6, 1.7)), season)


def _brush(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> Strokes:
    """A heap of cut branches."""
    n = 90
    start = at + rng.normal(0, 0.45, (n, 3)) * [1.6, 0, 0.7] + _UP * rng.uniform(0, 0.4, (n, 1))
    out = rng.normal(0, 0.5, (n, 3)) * [1, 0.25, 0.6]
    radius = rng.uniform(0.004, 0.022, (n, 1)) * [[1, 0.3]]
    bark = np.array([0.17, 0.135, 0.11]) * rng.uniform(0.5, 1.5, (n, 1))
    return strokes(start, start + out / 2 + rng.normal(0, 0.08, (n, 3)), start + out, radius, bark, Layers.BARK)


def _fence(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> tuple[Strokes, list[Solid]]:
    """Posts with two wires or rails, running off at a slant."""
    way = np.array([1, 0, rng.uniform(-0.35, 0.35)])
    z0 = float(min(rng.uniform(6.2, 9), place.bank - 0.2))
    foot = np.array([0, 0, z0]) + way * np.arange(-4, 5)[:, None] * 1.7 + rng.normal(0, 0.06, (9, 3)) * [1, 0, 1]
    foot = place.settle(foot[foot[:, 2] > 4.8])
    tall, grey = rng.uniform(0.8, 1.15), np.array([0.19, 0.175, 0.155])
    posts = [drum(rng, f + _UP * tall * 0.4, _UP + rng.normal(0, 0.02, 3), 0.05, tall * 0.6, grey, grey * 1.3, 0.2)
             for f in foot]  # fmt: skip
    rail = 0.032 if rng.random() < 0.5 else 0.004
    high = np.array([0.45, 0.85])[:, None, None] * tall * _UP
    a, b = (foot[:-1] + high).reshape(-1, 3), (foot[1:] + high).reshape(-1, 3)
    return strokes(a, (a + b) / 2 - [0, 0.02, 0], b, (rail, rail), grey * 0.9, Layers.BARK, rough=0.5), posts


def _post(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> list[Solid]:
    tall, grey = rng.uniform(0.6, 1.1), np.array([0.20, 0.18, 0.155])
    lean = _UP + rng.normal(0, 0.07, 3)
    return [drum(rng, at + _UP * tall * 0.4, lean / np.linalg.norm(lean), 0.07, tall * 0.6, grey, grey * 1.4, 0.4)]


def _stack(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> list[Solid]:
    """Cut logs piled up, their ends to the camera."""
    axis = np.array([0.15 * rng.normal(), 0, -1.0])
    axis /= np.linalg.norm(axis)
    rows = [(c + 0.5 * (r % 2), r) for r in range(4) for c in range(6 - r)]
    girth = rng.uniform(0.09, 0.13, len(rows))
    return [drum(rng, at + [(c - 2.5) * 0.25, 0.11 + r * 0.21, 1.0], axis, g, 0.6, _WOOD, _CUT * rng.uniform(0.7, 1.1))
            for (c, r), g in zip(rows, girth, strict=True)]  # fmt: skip


def _crate(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> list[Solid]:
    half = rng.uniform(0.15, 0.4, 3)
    tone = rng.uniform(0.08, 0.5, 3) * [1, 0.85, 0.7]
    return [box(at + _UP * half[1] + [0, 0, 0.6], half, tone, rng.uniform(-50, 50))]


def _barrel(place: "Site", at: np.ndarray, season: str, rng: np.random.Generator) -> list[Solid]:
    radius, tone = rng.uniform(0.2, 0.32), rng.uniform(0.06, 0.4, 3)
    return [drum(rng, at + _UP * 0.42 + [0, 0, 0.5], _UP, radius, 0.42, tone, tone * 0.6)]


_MAKERS = {
    "log": _log, "boulder": _boulder, "stump": _stump, "fork": _fork, "lean": _lean, "saplings": _saplings,
    "young spruce": _young_spruce, "brush": _brush, "fence": _fence, "post": _post, "stack": _stack, "crate": _crate,
    "barrel": _barrel,
}  # fmt: skip
