"""Plants as strokes: curved tapered ribbons with depth, the one primitive behind grass, leaves, branches and trunks."""

from dataclasses import dataclass, fields

import numpy as np

from .camera import Camera
from .noise import noise_texture

__all__ = ["Layers", "Strokes", "draw"]


@dataclass
class Strokes:
    """N quadratic curves in the world (metres), each with a radius at both ends.

    `start`, `bend`, `end`, `colour`: `(N, 3)`; `radius`: `(N, 2)`; `leaf` widens the middle; `rough` scales the
    texture's contrast; `material` is one of `Layers`' codes.
    """

    start: np.ndarray
    bend: np.ndarray
    end: np.ndarray
    radius: np.ndarray
    colour: np.ndarray
    leaf: np.ndarray
    rough: np.ndarray
    material: np.ndarray

    @staticmethod
    def join(parts: "list[Strokes]") -> "Strokes":
        """All strokes of `parts` in one."""
        return Strokes(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Strokes)))


@dataclass
class Layers:
    """What a pixel of a site shows before light falls on it, arrays over `(H, W)`.

    `albedo`, `normal`: `(H, W, 3)`; `depth`: metres along the view axis, infinite for sky; `material`: SKY … ROCK.
    """

    albedo: np.ndarray
    normal: np.ndarray
    depth: np.ndarray
    material: np.ndarray

    SKY, GROUND, GRASS, LEAF, BARK, ROCK = range(6)


def draw(strokes: Strokes, camera: Camera, layers: Layers) -> None:
    """Draw `strokes` into `layers` in place, nearest first (a z-buffer)."""
    height, width = layers.depth.shape
    index, along, across = _samples(strokes, camera, width, height)
    centre = _curve(strokes, index, along)
    x, y, z = camera.project(centre, width, height)
    tangent_x, tangent_y = _screen_normal(strokes, camera, index, along, width, height)
    radius = _radius(strokes, index, along)
    pixels = camera.focal(width) * radius / np.maximum(z, 0.05)
    x, y = x + tangent_x * across * pixels, y + tangent_y * across * pixels
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    inside = (z > 0.15) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    index, along, across = index[inside], along[inside], across[inside]
    depth = z[inside] - radius[inside] * np.sqrt(np.maximum(0, 1 - across**2))
    pixel = row[inside] * width + column[inside]
    order = np.argsort(-depth, kind="stable")
    first = np.full(height * width, -1)
    first[pixel[order]] = order
    hit = np.flatnonzero(first >= 0)
    sample = first[hit]
    nearer = depth[sample] < layers.depth.reshape(-1)[hit]
    hit, sample = hit[nearer], sample[nearer]
    _write(strokes, layers, hit, index[sample], along[sample], across[sample], depth[sample])


def _samples(s: Strokes, camera: Camera, width: int, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stroke number, position along [0, 1] and across [-1, 1], dense enough to leave no hole."""
    points = np.stack([s.start, (s.start + 2 * s.bend + s.end) / 4, s.end])
    x, y, z = camera.project(points, width, height)
    length = np.hypot(np.diff(x, axis=0), np.diff(y, axis=0)).sum(0)
    wide = 2 * camera.focal(width) * s.radius.max(1) / np.maximum(z.min(0), 0.3)
    seen = (
        (z.max(0) > 0.2)
        & (x.max(0) > -wide)
        & (x.min(0) < width + wide)
        & (y.max(0) > -wide)
        & (y.min(0) < height + wide)
    )
    steps = np.where(seen, np.clip(np.ceil(length * 1.3) + 1, 2, 900), 0).astype(int)
    lanes = np.clip(np.ceil(wide * 1.3), 1, 260).astype(int)
    count = steps * lanes
    index = np.repeat(np.arange(len(count)), count)
    local = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    lane, step = local % lanes[index], local // lanes[index]
    along = step / np.maximum(steps[index] - 1, 1)
    across = np.where(lanes[index] > 1, lane / np.maximum(lanes[index] - 1, 1) * 2 - 1, 0.0)
    return index, along, across


def _curve(s: Strokes, index: np.ndarray, along: np.ndarray) -> np.ndarray:
    t = along[:, None]
    return (1 - t) ** 2 * s.start[index] + 2 * t * (1 - t) * s.bend[index] + t**2 * s.end[index]


def _radius(s: Strokes, index: np.ndarray, along: np.ndarray) -> np.ndarray:
    plain = s.radius[index, 0] * (1 - along) + s.radius[index, 1] * along
    return np.where(s.leaf[index], plain * 2 * np.sqrt(np.maximum(along * (1 - along), 0)), plain)


def _screen_normal(
    s: Strokes, camera: Camera, index: np.ndarray, along: np.ndarray, width: int, height: int
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors across the strokes on the screen."""
    ends = [camera.project(p, width, height) for p in (s.start, s.bend, s.end)]
    (x0, y0, _), (x1, y1, _), (x2, y2, _) = ends
    dx = (x1 - x0)[index] * (1 - along) + (x2 - x1)[index] * along
    dy = (y1 - y0)[index] * (1 - along) + (y2 - y1)[index] * along
    length = np.maximum(np.hypot(dx, dy), 1e-6)
    return dy / length, -dx / length


def _write(
    s: Strokes,
    layers: Layers,
    hit: np.ndarray,
    index: np.ndarray,
    along: np.ndarray,
    across: np.ndarray,
    depth: np.ndarray,
) -> None:
    texture = noise_texture(5, 8)
    u = (across * 0.06 + index * 0.137) * 512
    v = (along * 0.35 + index * 0.291) * 512
    grain = texture[v.astype(int) % 512, u.astype(int) % 512] - 0.5
    shade = 1 + 2 * s.rough[index] * grain
    bulge = np.sqrt(np.maximum(0, 1 - across**2))
    normal = np.stack([across * 0.8, 0.35 + 0 * across, -bulge], 1)
    leafy = (s.material[index] == Layers.LEAF) | (s.material[index] == Layers.GRASS)
    wobble = np.stack([np.sin(index * 12.9898), 0.6 + 0.4 * np.cos(index * 78.233), np.sin(index * 37.719) - 0.4], 1)
    normal = np.where(leafy[:, None], wobble, normal)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    layers.albedo.reshape(-1, 3)[hit] = np.clip(s.colour[index] * shade[:, None], 0, 1)
    layers.normal.reshape(-1, 3)[hit] = normal
    layers.depth.reshape(-1)[hit] = depth
    layers.material.reshape(-1)[hit] = s.material[index]
