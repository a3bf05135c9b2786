"""Convex solids: boulders with facets, stumps, posts, boards and walls, each the inside of a few planes."""

from dataclasses import dataclass

import numpy as np

from .bark import MOSS, look_up
from .camera import Camera
from .layers import Layers

__all__ = ["Solid", "boulder", "box", "draw_solids", "drum"]


@dataclass
class Solid:
    """The points `x` with `normals @ (x - centre) <= offsets`, in metres.

    `normals`, `colours`: `(P, 3)`, one row a face; `offsets`: `(P,)`; `reach` bounds the solid; `moss` in [0, 1];
    `grain` is the size of its texture in metres; `material` is one of `Layers`' codes.
    """

    centre: np.ndarray
    normals: np.ndarray
    offsets: np.ndarray
    colours: np.ndarray
    reach: float
    material: int
    moss: float = 0.0
    grain: float = 0.6


def boulder(
    rng: np.random.Generator, centre: np.ndarray, size: np.ndarray, colour: np.ndarray, moss: float = 0.0
) -> Solid:
    """A broken stone with half axes `size` `(3,)`."""
    normals = rng.normal(0, 1, (15, 3))
    normals[0] = [0.15 * rng.normal(), 1, 0.15 * rng.normal()]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    offsets = rng.uniform(0.62, 1.0, 15) * np.linalg.norm(normals * size, axis=1)
    colours = colour * rng.uniform(0.8, 1.15, (15, 1))
    return Solid(centre, normals, offsets, colours, 1.25 * float(size.max()), Layers.ROCK, moss)


def drum(
    rng: np.random.Generator, centre: np.ndarray, axis: np.ndarray, radius: float, half: float, side: np.ndarray,
    cut: np.ndarray, moss: float = 0.0,
) -> Solid:  # fmt: skip
    """A sawn piece of trunk along the unit vector `axis`, `2 * half` long: a stump, a post, a log's end."""
    first = np.cross(axis, [0.31, 0.2, 0.93])
    first /= np.linalg.norm(first)
    angle = np.linspace(0, 2 * np.pi, 13)[:-1, None]
    round_ = np.cos(angle) * first + np.sin(angle) * np.cross(axis, first)
    tilt = axis + 0.06 * rng.normal(0, 1, 3)
    normals = np.concatenate([round_, [tilt / np.linalg.norm(tilt)], [-axis]])
    offsets = np.concatenate([radius * rng.uniform(0.88, 1.08, 12), [half, half]])
    colours = np.concatenate([side * rng.uniform(0.75, 1.2, (12, 1)), [cut, cut]])
    return Solid(centre, normals, offsets, colours, float(np.hypot(1.1 * radius, half)), Layers.BARK, moss, 0.25)


def box(centre: np.ndarray, half: np.ndarray, colour: np.ndarray, turn: float = 0.0) -> Solid:
    """A board, a trough, a step: half edges `half` `(3,)`, turned by `turn` degrees about the vertical."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    axes = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    shades = np.array([1, 1.05, 0.9, 0.95, 1, 0.85])[:, None]
    return Solid(centre, np.concatenate([axes, -axes]), np.tile(half, 2), colour * shades,
                 float(np.linalg.norm(half)), Layers.BARK, 0.0, 0.4)  # fmt: skip


def draw_solids(solids: list[Solid], camera: Camera, rays: np.ndarray, layers: Layers) -> None:
    """Cast the unit `rays` `(H, W, 3)` at every solid; what is nearer than `layers` is written there."""
    for solid in solids:
        _draw(solid, camera, rays, layers)


def _draw(solid: Solid, camera: Camera, rays: np.ndarray, layers: Layers) -> None:
    height, width = layers.depth.shape
    x, y, z = (float(v) for v in camera.project(solid.centre, width, height))
    if z < solid.reach + 0.1:
        return
    spread = camera.focal(width) * solid.reach / (z - solid.reach)
    left, right = (int(np.clip(v, 0, width)) for v in (x - spread, x + spread + 1))
    top, bottom = (int(np.clip(v, 0, height)) for v in (y - spread, y + spread + 1))
    if left >= right or top >= bottom:
        return
    way = rays[top:bottom, left:right].reshape(-1, 3)
    pixel = (np.arange(top, bottom)[:, None] * width + np.arange(left, right)).reshape(-1)
    distance, face = _cast(solid, way, np.array([0, camera.height, 0]))
    depth = distance * (way @ camera.rotation()[:, 2])
    hit = np.flatnonzero((face >= 0) & (depth < layers.depth.reshape(-1)[pixel]))
    spot = way[hit] * distance[hit, None] + [0, camera.height, 0]
    albedo, normal = _surface(solid, spot, face[hit])
    layers.put(pixel[hit], albedo, normal, depth[hit], solid.material)


def _cast(solid: Solid, way: np.ndarray, eye: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance along each ray `(N, 3)` and the face it meets, −1 where it passes."""
    speed = way @ solid.normals.T
    gap = solid.offsets - solid.normals @ (eye - solid.centre)
    t = gap / np.where(np.abs(speed) < 1e-9, 1e-9, speed)
    enter = np.where(speed < 0, t, -np.inf)
    face = enter.argmax(1)
    first = enter.max(1)
    last = np.where(speed > 0, t, np.inf).min(1)
    return first, np.where((first < last) & (first > 0.1), face, -1)


def _surface(solid: Solid, spot: np.ndarray, face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colour and bumpy normal `(N, 3)`: grain over every face, lichen in spots, moss on what looks up."""
    normal = solid.normals[face]
    u = (spot[:, 0] + 0.37 * spot[:, 1]) / solid.grain
    v = (spot[:, 2] * 0.7 + spot[:, 1]) / solid.grain
    grain, crust = look_up(u / 2, v / 2, 5, 8), look_up(u / 3 + 0.4, v / 3, 3, 16)
    bump = np.stack([look_up(u / 2 + 0.3, v / 2, 4, 16), look_up(u / 2, v / 2 + 0.3, 4, 16), grain], 1) - 0.5
    normal = normal + (0.55 if solid.material == Layers.ROCK else 0.2) * bump
    albedo = solid.colours[face] * (0.55 + 0.9 * grain)[:, None]
    spots = np.clip((crust - 0.74) * 8, 0, 0.6)[:, None] * (solid.material == Layers.ROCK)
    albedo = albedo + (np.array([0.28, 0.29, 0.25]) - albedo) * spots
    growth = look_up(u / 4, v / 4, 4, 8) + solid.moss * (0.5 + 0.9 * normal[:, 1])
    moss = np.clip((growth - 1.0) * 4, 0, 0.95)
    mossy = MOSS * (0.3 + 1.4 * look_up(u, v, 4, 16))[:, None]
    return albedo + (mossy - albedo) * moss[:, None], normal
