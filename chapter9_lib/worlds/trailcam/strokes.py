"""Strokes: curved tapered ribbons with depth, the one primitive behind grass, leaves, branches, trunks and logs."""

from dataclasses import dataclass, fields

import numpy as np

from .bark import BLADE, LEAF, PLAIN, paint
from .camera import Camera
from .layers import Layers

__all__ = ["Strokes", "draw", "strokes"]


@dataclass
class Strokes:
    """N quadratic curves in the world (metres), each with a radius at both ends.

    `start`, `bend`, `end`, `colour`: `(N, 3)`; `radius`: `(N, 2)`. Per stroke, `(N,)`: `style` is one of the surfaces
    in `bark`, `material` one of `Layers`' codes, `rough` scales the texture's contrast, `flare` widens the first
    quarter metre like roots do, `moss` is the share that moss covers.
    """

    start: np.ndarray
    bend: np.ndarray
    end: np.ndarray
    radius: np.ndarray
    colour: np.ndarray
    style: np.ndarray
    material: np.ndarray
    rough: np.ndarray
    flare: np.ndarray
    moss: np.ndarray

    @staticmethod
    def join(parts: "list[Strokes]") -> "Strokes":
        """All strokes of `parts` in one."""
        parts = [strokes(np.zeros((0, 3)), *np.zeros((2, 0, 3)), (0.0, 0.0), np.zeros(3), Layers.BARK), *parts]
        return Strokes(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Strokes)))


def strokes(
    start: np.ndarray, bend: np.ndarray, end: np.ndarray, radius: np.ndarray | tuple[float, float], colour: np.ndarray,
    material: int, *, style: np.ndarray | int = PLAIN, rough: float = 0.3, flare: np.ndarray | float = 0.0,
    moss: np.ndarray | float = 0.0,
) -> Strokes:  # fmt: skip
    """Strokes from arrays or single values, which then hold for all N."""
    n = len(start)

    def each(value: np.ndarray | float, *shape: int) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, np.float32), (n, *shape))

    codes = (np.broadcast_to(np.asarray(value, np.int64), (n,)) for value in (style, material))
    return Strokes(
        each(start, 3), each(bend, 3), each(end, 3), each(radius, 2), each(colour, 3), *codes,
        each(rough), each(flare), each(moss),
    )  # fmt: skip


def draw(s: Strokes, camera: Camera, layers: Layers) -> None:
    """Draw strokes into `layers` in place, nearest first (a z-buffer)."""
    height, width = layers.depth.shape
    focal = np.float32(camera.focal(width))
    eye = np.array([0, camera.height, 0])
    turn = camera.rotation()
    local = [((p - eye) @ turn).astype(np.float32) for p in (s.start, s.bend, s.end)]
    index, along, across = _samples(s, local, focal, width, height)
    spot, side = _curve(local, index, along), _sides(local, focal, index, along)
    radius = _radius(s, index, along)
    depth = spot[:, 2] - radius * np.sqrt(1 - across**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        zoom = focal / np.maximum(spot[:, 2], np.float32(0.05))
    column = np.floor(width / 2 + zoom * (spot[:, 0] + side[:, 0] * across * radius)).astype(np.int32)
    row = np.floor(height / 2 - zoom * (spot[:, 1] + side[:, 1] * across * radius)).astype(np.int32)
    inside = (spot[:, 2] > 0.15) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    inside = np.flatnonzero(inside)
    pixel = row[inside] * width + column[inside]
    pixel, chosen = _nearest(pixel, depth[inside], layers.depth)
    sample = inside[chosen]
    _write(s, layers, turn, pixel, index[sample], along[sample], across[sample], side[sample], depth[sample],
           (zoom * radius)[sample], spot[sample] @ turn[1].astype(np.float32) + camera.height)  # fmt: skip


def _samples(
    s: Strokes, local: list[np.ndarray], focal: np.float32, width: int, height: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stroke number, position along [0, 1] and across [-1, 1], dense enough to leave no hole."""
    points = np.stack([local[0], (local[0] + 2 * local[1] + local[2]) / 4, local[2]])
    z = np.maximum(points[..., 2], 0.12)
    x, y = focal * points[..., 0] / z, focal * points[..., 1] / z
    length = np.minimum(np.hypot(np.diff(x, axis=0), np.diff(y, axis=0)).sum(0), 3e3)
    wide = 2 * focal * s.radius.max(1) * (1 + s.flare) / np.maximum(z.min(0), 0.3)
    half_w, half_h = width / 2 + wide, height / 2 + wide
    seen = (points[..., 2].max(0) > 0.2) & (x.max(0) > -half_w) & (x.min(0) < half_w)
    seen &= (y.max(0) > -half_h) & (y.min(0) < half_h)
    steps = np.where(seen, np.clip(np.ceil(length * 1.15) + 1, 2, 900), 0).astype(int)
    lanes = np.clip(np.ceil(wide * 1.2), 1, 260).astype(int)
    count = steps * lanes
    index = np.repeat(np.arange(len(count), dtype=np.int32), count)
    local_number = (np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)).astype(np.int32)
    lane_count = lanes.astype(np.int32)[index]
    step, lane = np.divmod(local_number, lane_count)
    along = step / np.maximum(steps - 1, 1).astype(np.float32)[index]
    across = (lane / np.maximum(lane_count - 1, 1) * 2 - (lane_count > 1)).astype(np.float32)
    return index, along.astype(np.float32), across


def _curve(local: list[np.ndarray], index: np.ndarray, t: np.ndarray) -> np.ndarray:
    start, first, second = local[0], 2 * (local[1] - local[0]), local[0] - 2 * local[1] + local[2]
    t = t[:, None]
    return start[index] + t * (first[index] + t * second[index])


def _sides(local: list[np.ndarray], focal: np.float32, index: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Unit vectors across the strokes on the screen, in the camera's right and up: `(M, 2)`."""
    flat = [p[:, :2] * (focal / np.maximum(p[:, 2:], np.float32(0.05))) for p in local]
    early, late = flat[1] - flat[0], flat[2] - flat[1]
    way = early[index] + t[:, None] * (late - early)[index]
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), np.float32(1e-6))
    return np.stack([way[:, 1] / length, -way[:, 0] / length], 1)


def _radius(s: Strokes, index: np.ndarray, along: np.ndarray) -> np.ndarray:
    radius = s.radius[index, 0] + along * (s.radius[:, 1] - s.radius[:, 0])[index]
    leaf = (s.style == LEAF)[index]
    radius[leaf] *= 4 * along[leaf] * (1 - along[leaf])
    flared = np.flatnonzero((s.flare > 0)[index])
    length = np.linalg.norm(s.end - s.start, axis=1)
    radius[flared] *= 1 + s.flare[index[flared]] * np.exp(-along[flared] * length[index[flared]] / 0.22)
    return radius


def _nearest(pixel: np.ndarray, depth: np.ndarray, walls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels where a sample is nearer than `walls` `(H, W)`, and the number of the nearest sample there."""
    shown = np.flatnonzero(depth < walls.reshape(-1)[pixel])
    key = (depth[shown].view(np.int32).astype(np.int64) << 32) | shown
    best = np.full(walls.size, np.iinfo(np.int64).max)
    np.minimum.at(best, pixel[shown], key)
    hit = np.flatnonzero(best != np.iinfo(np.int64).max)
    return hit, (best[hit] & 0xFFFFFFFF).astype(np.int64)


def _write(
    s: Strokes, layers: Layers, turn: np.ndarray, pixel: np.ndarray, index: np.ndarray, along: np.ndarray,
    across: np.ndarray, side: np.ndarray, depth: np.ndarray, wide: np.ndarray, level: np.ndarray,
) -> None:  # fmt: skip
    """Colour and normal of the samples that won their pixels; `level` is metres above the camera's foot."""
    bulge = np.sqrt(1 - across**2)
    normal = np.concatenate([side * across[:, None], -bulge[:, None]], 1) @ turn.T
    leafy = (s.style[index] == LEAF) | (s.style[index] == BLADE)
    wobble = np.stack([np.sin(index * 12.9898), 0.6 + 0.4 * np.cos(index * 78.233), np.sin(index * 37.719) - 0.4], 1)
    wobble += (s.material[index] == Layers.GROUND)[:, None] * np.array([0, 1.2, 0])
    normal = np.where(leafy[:, None], wobble, normal)
    albedo = paint(s, index, along, across, level, normal[:, 1])
    thin = np.where(depth > 6.5, np.clip(2.2 * wide, 0.2, 1), 1)[:, None]
    sky = layers.material.reshape(-1)[pixel, None] == Layers.SKY
    behind = np.where(sky, albedo, layers.albedo.reshape(-1, 3)[pixel])
    layers.put(pixel, albedo * thin + behind * (1 - thin), normal, depth, s.material[index])
