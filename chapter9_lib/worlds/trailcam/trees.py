"""Trees near the camera: trunks with bark, roots' flare, forks, dead and live branches, young spruces."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .bark import BIRCH, BLADE, FURROWED, LEAF, PLAIN, SCALY, SMOOTH
from .layers import Layers
from .seasons import LEAFY, Colours, leaf_colours
from .strokes import Strokes, strokes

if TYPE_CHECKING:
    from .sites import Site

__all__ = ["between", "leaves", "stand", "trunk", "young_spruce"]


@dataclass(frozen=True)
class _Tree:
    style: int
    colour: tuple[float, float, float]
    leaf: str
    branches: int
    rise: tuple[float, float]
    flare: float


TREES = {
    "beech": _Tree(SMOOTH, (0.27, 0.265, 0.24), "beech", 3, (0.0, 0.7), 0.9),
    "oak": _Tree(FURROWED, (0.21, 0.175, 0.14), "beech", 4, (-0.1, 0.8), 0.8),
    "alder": _Tree(SMOOTH, (0.145, 0.125, 0.11), "birch", 5, (0.1, 0.9), 0.5),
    "birch": _Tree(BIRCH, (0.60, 0.58, 0.54), "birch", 5, (-0.5, 0.9), 0.4),
    "spruce": _Tree(SCALY, (0.17, 0.135, 0.11), "spruce", 16, (-0.45, 0.05), 0.6),
    "pine": _Tree(SCALY, (0.23, 0.155, 0.11), "spruce", 3, (-0.2, 0.3), 0.4),
}


def between(rng: np.random.Generator, colours: Colours, n: int) -> np.ndarray:
    """`n` colours `(n, 3)` from the darkest to the lightest, dark ones more often."""
    mix = rng.random((n, 1)) ** 1.3
    shaded = np.where(rng.random((n, 1)) < 0.3, rng.uniform(0.3, 0.7, (n, 1)), rng.uniform(0.8, 1.15, (n, 1)))
    return (np.array(colours[0]) * (1 - mix) + np.array(colours[1]) * mix) * shaded


def leaves(
    rng: np.random.Generator, at: np.ndarray, size: float, colours: Colours, *, narrow: float = 0.27, flat: float = 0.6
) -> Strokes:
    """One leaf at each of `at` `(n, 3)`, about `size` metres long; `flat` 0 lies level, 1 points anywhere."""
    n = len(at)
    way = rng.normal(0, 1, (n, 3)) * [1, flat, 0.7]
    long = size * rng.gamma(5, 0.2, n)
    way *= (long / np.maximum(np.linalg.norm(way, axis=1), 1e-6))[:, None]
    bend = at + way / 2 + [0, 0.12, 0] * long[:, None]
    radius = np.repeat(long[:, None] * narrow, 2, 1)
    return strokes(at, bend, at + way, radius, between(rng, colours, n), Layers.LEAF, style=LEAF)


def stand(place: "Site", season: str, rng: np.random.Generator) -> Strokes:
    """The trunks that stand around the plain, and a few at the edge of the frame close by."""
    if not place.habitat.trees or not place.trunks:
        return Strokes.join([])
    close = max(1, place.trunks // 8)
    trees = [_tree(place, season, own, near=i < close) for i, own in enumerate(rng.spawn(place.trunks))]
    return Strokes.join([*trees, _far_trunks(place, rng)])


def _tree(place: "Site", season: str, rng: np.random.Generator, *, near: bool) -> Strokes:
    z = rng.uniform(2.6, 4.2) if near else min(4.6, place.bank) + rng.gamma(1.7, 3.6)
    side = rng.choice([-1, 1]) * rng.uniform(0.78, 1.1) if near else rng.uniform(-1.15, 1.15)
    x = side * place.half_width(z)
    if not near and place.worn(x, z) > 0.2:
        x += 1.6 * np.sign(x - 0.1)
    kind = place.habitat.trees[rng.integers(len(place.habitat.trees))]
    radius = float(rng.uniform(*place.habitat.girth)) * (1 if rng.random() > 0.2 else 1.4)
    lean = 0.05 if rng.random() > 0.15 else 0.2
    return trunk(rng, kind, np.array([x, place.lift(x, z), z]), radius, season, lean, place.moss)


def trunk(
    rng: np.random.Generator, kind: str, foot: np.ndarray, radius: float, season: str, lean: float, moss: float,
    *, fork: bool = False,
) -> Strokes:  # fmt: skip
    """One tree of a kind in `TREES` at `foot` `(3,)`, `lean` metres off per metre of height."""
    tree = TREES[kind]
    foot = foot - [0, 0.1, 0]
    tall = rng.uniform(4.5, 6.5) * np.array([rng.normal(0, lean), 1, rng.normal(0, lean / 2)])
    colour = np.array(tree.colour) * rng.uniform(0.7, 1.2)
    ends = [tall]
    parts = []
    if fork:
        split = foot + tall * rng.uniform(0.12, 0.3)
        parts.append(_stem(rng, tree, foot, split, radius, radius * 0.9, colour, moss))
        spread = np.array([rng.uniform(0.5, 1.2), 0, rng.normal(0, 0.3)])
        ends = [foot + tall + spread - split, foot + tall - spread - split]
        foot, radius = split, radius * 0.68
    for end, own in zip(ends, rng.spawn(len(ends)), strict=True):
        parts.append(_stem(own, tree, foot, foot + end, radius, radius * 0.62, colour, moss, flare=not fork))
        parts.append(_branches(own, tree, foot, end, radius, colour, season))
    return Strokes.join(parts)


def _stem(
    rng: np.random.Generator, tree: _Tree, foot: np.ndarray, top: np.ndarray, low: float, high: float,
    colour: np.ndarray, moss: float, *, flare: bool = True,
) -> Strokes:  # fmt: skip
    bend = (foot + top) / 2 + rng.normal(0, 0.035, 3) * np.linalg.norm(top - foot) * [1, 0, 0.3]
    return strokes(
        foot[None], bend[None], top[None], (low, high), colour, Layers.BARK, style=tree.style, rough=0.4,
        flare=tree.flare * rng.uniform(0.5, 1.3) * flare, moss=moss * rng.uniform(0.5, 1.2),
    )  # fmt: skip


def _branches(
    rng: np.random.Generator, tree: _Tree, foot: np.ndarray, way: np.ndarray, radius: float, colour: np.ndarray,
    season: str,
) -> Strokes:  # fmt: skip
    """Branches on the lower half of a trunk, their twigs, and the leaves or needles on them."""
    n = tree.branches + int(rng.integers(0, 3))
    t = rng.uniform(0.07, 0.75, n)[:, None]
    start = foot + way * t
    around, reach = rng.uniform(0, 2 * np.pi, n), rng.uniform(0.3, 1.3, n) * (0.6 if tree.leaf == "spruce" else 1)
    out = np.stack([np.cos(around), rng.uniform(*tree.rise, n), np.sin(around)], 1) * reach[:, None]
    bend = start + out * 0.5 + rng.normal(0, 0.1, out.shape) * reach[:, None]
    thick = np.minimum(0.16 * radius * reach, 0.035)
    parts = [strokes(start, bend, start + out, np.stack([thick, 0.15 * thick], 1), colour * 0.75, Layers.BARK)]
    twig = np.repeat(np.arange(n), 4)
    on = rng.uniform(0.3, 1, (len(twig), 1))
    base = start[twig] + out[twig] * on
    side = rng.normal(0, 0.3, base.shape) * reach[twig, None] + out[twig] * 0.25
    parts.append(strokes(base, base + side * [0.5, 0.7, 0.5], base + side, (0.004, 0.0015), colour * 0.6, Layers.BARK))
    live = twig if tree.leaf != "spruce" else twig[(t[twig, 0] > 0.3)]
    each = int(14 * LEAFY[season]) if tree.leaf != "spruce" else 26
    where = np.repeat(np.flatnonzero(np.isin(twig, live)), each)
    at = base[where] + side[where] * rng.uniform(0, 1.1, (len(where), 1)) + rng.normal(0, 0.03, (len(where), 3))
    if tree.leaf == "spruce":
        hang = rng.normal(0, 0.05, at.shape) - [0, 0.05, 0]
        colours = between(rng, leaf_colours("spruce", season), len(at))
        parts.append(strokes(at, at + hang / 2, at + hang, (0.009, 0.002), colours, Layers.LEAF, style=PLAIN))
    else:
        parts.append(leaves(rng, at, 0.06, leaf_colours(tree.leaf, season)))
    return Strokes.join(parts)


def _far_trunks(place: "Site", rng: np.random.Generator) -> Strokes:
    """Thin trunks between the shells of the wood behind."""
    n = int(place.trunks * 3.5)
    z = rng.uniform(9.5, 28, n)
    x = rng.uniform(-1.1, 1.1, n) * place.half_width(z)
    foot = np.stack([x, place.lift(x, z) - 0.1, z], 1)
    top = foot + np.stack([rng.normal(0, 0.35, n), rng.uniform(5, 11, n), rng.normal(0, 0.3, n)], 1)
    kinds = [TREES[place.habitat.trees[i]] for i in rng.integers(0, len(place.habitat.trees), n)]
    colour = np.array([k.colour for k in kinds]) * rng.uniform(0.6, 1.1, (n, 1))
    radius = rng.uniform(0.5, 1.1, n) * np.mean(place.habitat.girth)
    return strokes(foot, (foot + top) / 2 + rng.normal(0, 0.12, foot.shape) * [1, 0, 0], top,
                   np.stack([radius, 0.6 * radius], 1), colour, Layers.BARK,
                   style=np.array([k.style for k in kinds]), flare=0.5, moss=place.moss)  # fmt: skip


def young_spruce(rng: np.random.Generator, foot: np.ndarray, height: float, season: str) -> Strokes:
    """A Christmas tree: whorls of drooping branches, each a comb of needles."""
    n = int(60 * height + 20)
    t = np.sort(rng.random(n)) ** 0.8
    start = foot + np.stack([0 * t, 0.06 + height * t, 0 * t], 1)
    around, reach = rng.uniform(0, 2 * np.pi, n), height * 0.42 * (1.06 - t) * rng.uniform(0.7, 1.1, n)
    out = np.stack([np.cos(around) * reach, -0.25 * reach, np.sin(around) * reach], 1)
    comb = np.repeat(np.arange(n), 34)
    at = start[comb] + out[comb] * rng.random((len(comb), 1)) ** 0.7
    way = rng.normal(0, 0.030, at.shape) + out[comb] * 0.13 - [0, 0.014, 0]
    tip = np.linalg.norm(at - start[comb], axis=1, keepdims=True) / np.maximum(reach[comb, None], 1e-3)
    colours = between(rng, leaf_colours("spruce", season), len(at)) * (0.35 + 0.9 * tip)
    needles = strokes(at, at + way / 2, at + way, (0.010, 0.003), colours, Layers.LEAF, style=BLADE)
    stem = strokes(foot[None], foot[None] + [0, height / 2, 0], foot[None] + [0, height, 0], (0.03, 0.004),
                   np.array([0.12, 0.09, 0.07]), Layers.BARK)  # fmt: skip
    return Strokes.join([needles, stem])
