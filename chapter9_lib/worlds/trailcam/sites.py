"""Camera sites: each fixed place has a camera, a ground, plants and light of its own, the same in every photo.

Sites 1–24 are the wildlife group's. Sites from `SOURCE_SITES` up belong to the source world, whose scenery is drawn
from a wider range (sand, heath, stone, snow) and never repeats one of the group's.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from .camera import Camera
from .noise import noise_texture
from .plants import plant
from .strokes import Layers, draw

__all__ = ["SOURCE_SITES", "Site", "layers_of", "site"]

SOURCE_SITES = 1000

_GROUNDS = {
    "litter": ((0.23, 0.15, 0.09), (0.36, 0.25, 0.14)),
    "moss": ((0.11, 0.15, 0.06), (0.25, 0.24, 0.12)),
    "soil": ((0.15, 0.11, 0.08), (0.30, 0.23, 0.16)),
    "meadow": ((0.14, 0.18, 0.07), (0.27, 0.29, 0.12)),
    "gravel": ((0.26, 0.24, 0.21), (0.44, 0.41, 0.36)),
    "sand": ((0.45, 0.36, 0.24), (0.60, 0.50, 0.36)),
    "heath": ((0.22, 0.14, 0.15), (0.34, 0.27, 0.20)),
    "stone": ((0.30, 0.30, 0.31), (0.47, 0.46, 0.45)),
}
_FOREST = ("litter", "moss", "soil", "meadow", "gravel")


@dataclass(frozen=True)
class Site:
    """One place: geometry, palette and camera character. Lengths in metres, colours linear RGB in [0, 1]."""

    number: int
    camera: Camera
    ground: str
    bank: float
    bank_slope: float
    trunks: int
    conifer: bool
    bushes: int
    grass: float
    grass_height: float
    foreground: float
    rocks: int
    litter: float
    canopy: float
    tint: tuple[float, float, float]
    saturation: float
    noise: float
    blur: float
    strip: int
    heading: float


@cache
def site(number: int) -> Site:
    """The site with this number; always the same."""
    rng = np.random.default_rng([9, number])
    forest = number < SOURCE_SITES
    ground = str(rng.choice(_FOREST if forest else tuple(_GROUNDS)))
    bank = float(rng.uniform(6.5, 11)) if rng.random() < 0.3 else 1e3
    tint = np.clip(1 + rng.normal(0, 0.04, 3), 0.9, 1.1)
    return Site(
        number=number,
        camera=Camera(rng.uniform(0.5, 1.1), rng.uniform(5, 13), rng.normal(0, 1.8), rng.uniform(40, 58)),
        ground=ground,
        bank=bank,
        bank_slope=float(rng.uniform(0.8, 1.8)),
        trunks=int(rng.integers(8, 34)) if forest else int(rng.integers(0, 22)),
        conifer=bool(rng.random() < 0.5),
        bushes=int(rng.integers(3, 12)) if forest else int(rng.integers(0, 8)),
        grass=float(rng.uniform(0.15, 1.0)),
        grass_height=float(rng.uniform(0.05, 0.17)),
        foreground=float(rng.uniform(0, 1)),
        rocks=int(rng.integers(0, 6)),
        litter=float(rng.uniform(0.2, 1)),
        canopy=float(rng.uniform(0.15, 0.9)) if forest else float(rng.uniform(0, 0.6)),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        saturation=float(rng.uniform(0.7, 1.1)),
        noise=float(rng.uniform(0.010, 0.026)),
        blur=float(rng.uniform(0.2, 0.75)),
        strip=int(rng.integers(0, 4)),
        heading=float(rng.uniform(0, 360)),
    )


@lru_cache(maxsize=128)
def layers_of(number: int, season: str, width: int, height: int) -> Layers:
    """The empty site as layers `(height, width)` before any light: ground, bank, then every plant of the `season`."""
    place = site(number)
    layers = _terrain(place, width, height)
    strokes = plant(place, season, np.random.default_rng([10, number]), _GROUNDS[place.ground])
    draw(strokes, place.camera, layers)
    kinds = {"albedo": np.float32, "normal": np.float32, "depth": np.float32, "material": np.int8}
    return Layers(**{name: getattr(layers, name).astype(kind) for name, kind in kinds.items()})


def _terrain(place: Site, width: int, height: int) -> Layers:
    rays = place.camera.rays(width, height).numpy().astype(np.float64)
    eye = place.camera.height
    down = np.minimum(rays[..., 1], -1e-6)
    to_ground = np.where(rays[..., 1] < 0, eye / -down, np.inf)
    slope = place.bank_slope
    climb = rays[..., 2] * slope - rays[..., 1]
    to_bank = np.where(climb > 1e-6, (eye + place.bank * slope) / np.maximum(climb, 1e-6), np.inf)
    on_bank = to_bank < to_ground
    distance = np.minimum(to_ground, to_bank)
    sky = ~np.isfinite(distance) | (distance > 60)
    distance = np.where(sky, 1e4, distance)
    spot = rays * distance[..., None]
    albedo, bump = _soil(place, spot, distance)
    flat, steep = np.array([0, 1.0, 0]), np.array([0, 1, -slope]) / np.hypot(1, slope)
    normal = np.where(on_bank[..., None], steep, flat) + bump
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    material = np.where(sky, Layers.SKY, Layers.GROUND)
    axis = rays @ place.camera.rotation()[:, 2]
    return Layers(albedo, normal, np.where(sky, np.inf, distance * axis), material)


def _soil(place: Site, spot: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colour and bump `(H, W, 3)` of the ground: patches, crumbs and stones, finer ones fading with distance."""
    dark, light = (np.array(c) for c in _GROUNDS[place.ground])
    x, z = spot[..., 0] + 13.7 * place.number, spot[..., 2] + spot[..., 1] * 0.7
    patch = _look(x / 9, z / 9, 3, 4)
    crumbs = _look(x / 1.3, z / 1.3, 5, 16)
    fine = _look(x / 0.33, z / 0.33, 4, 32)
    near = np.clip(3.5 / distance, 0, 1)
    mix = np.clip(0.5 + 0.9 * (patch - 0.5) + 1.1 * (crumbs - 0.5) + 0.9 * near * (fine - 0.5), 0, 1)[..., None]
    albedo = dark * (1 - mix) + light * mix
    slope_x = _look(x / 1.3 + 0.004, z / 1.3, 5, 16) - crumbs
    slope_z = _look(x / 1.3, z / 1.3 + 0.004, 5, 16) - crumbs
    bump = np.stack([-slope_x, 0 * slope_x, -slope_z], -1) * (6 * np.clip(6 / distance, 0.1, 1))[..., None]
    return albedo, bump


def _look(u: np.ndarray, v: np.ndarray, octaves: int, first: int) -> np.ndarray:
    texture = noise_texture(octaves, first)
    return texture[(v * 512).astype(np.int64) % 512, (u * 512).astype(np.int64) % 512]
