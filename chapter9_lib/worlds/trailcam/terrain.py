"""The bare ground of a site before anything grows: soil, banks, trails, water, and shade where things stand."""

import numpy as np

from .bark import look_up
from .camera import Camera
from .grounds import GROUNDS, Ground
from .layers import Layers
from .relief import Slope, Trail
from .tiles import TILE, tile

__all__ = ["ground_layers", "shade_feet", "shade_under"]


def ground_layers(
    number: int, ground: str, slopes: tuple[Slope, ...], trails: tuple[Trail, ...], wet: float, camera: Camera,
    rays: np.ndarray,
) -> tuple[Layers, np.ndarray]:  # fmt: skip
    """The bare site, and the world point `(H, W, 3)` that each of the unit `rays` `(H, W, 3)` meets."""
    eye = camera.height
    rise = rays[..., 1]
    distance = np.where(rise < -1e-5, eye / np.maximum(-rise, 1e-5), np.inf)
    which = np.zeros(distance.shape, int)
    for i, slope in enumerate(slopes, 1):
        there = _meet(slope, eye, rays, number + 3.1 * i)
        which, distance = np.where(there < distance, i, which), np.minimum(there, distance)
    sky = distance > 70
    distance = np.where(sky, 1e3, distance)
    spot = rays * distance[..., None] + [0, eye, 0]
    albedo, normal = _soil(number, GROUNDS[ground], spot, distance, None)
    for i, slope in enumerate(slopes, 1):
        on = (which == i) & ~sky
        albedo[on], normal[on] = _soil(number + i, GROUNDS[slope.ground], spot[on], distance[on], slope)
    material = np.where(sky, Layers.SKY, Layers.GROUND)
    flat = (which == 0) & ~sky
    _wear(trails, spot, flat, albedo, normal, material)
    _puddles(number, wet, spot, flat, albedo, normal, material)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    depth = np.where(sky, np.inf, distance * (rays @ camera.rotation()[:, 2]))
    return Layers(albedo, normal, depth, material), spot


def _meet(slope: Slope, eye: float, rays: np.ndarray, shift: float) -> np.ndarray:
    """Distance at which rays meet a slope whose foot is ragged: two steps of fixed-point iteration."""
    way = slope.way()
    climb = (rays[..., 0] * way[0] + rays[..., 2] * way[1]) * slope.rise - rays[..., 1]
    safe = np.maximum(climb, 1e-6)
    distance = np.where(climb > 1e-6, (eye + slope.offset * slope.rise) / safe, np.inf)
    for _ in range(2 if slope.rugged else 0):
        t = np.minimum(distance, 90)
        x, y = rays[..., 0] * t + shift, rays[..., 1] * t + rays[..., 2] * t * 0.3
        ragged = slope.rugged * (look_up(x / 9, y / 9, 4, 8) + 0.5 * look_up(x / 3, y / 3, 3, 8) - 0.6)
        distance = np.where(climb > 1e-6, (eye + (slope.offset + ragged) * slope.rise) / safe, np.inf)
    return np.where(distance > 0, distance, np.inf)


def _soil(
    number: float, ground: Ground, spot: np.ndarray, distance: np.ndarray, slope: Slope | None
) -> tuple[np.ndarray, np.ndarray]:
    """Colour and normal `(…, 3)` of soil: patches, crumbs and small pieces, finer ones fading with distance."""
    x, z = spot[..., 0] + 13.7 * number, spot[..., 2]
    steep = slope is not None and slope.rise > 0.7
    if slope is not None and steep:
        way = slope.way()
        x, z = x * way[1] - spot[..., 2] * way[0], spot[..., 1] * (0.7 if slope.rise < 10 else 1)
    near = np.clip(5.5 / distance, 0.12, 1)
    pieces = tile(ground.tile)[(z / TILE * 512).astype(int) & 511, (x / TILE * 512).astype(int) & 511]
    patch, crumb = look_up(x / 11, z / 11, 4, 6), look_up(x / 1.7, z / 1.7, 5, 12)
    tone = 0.46 + 0.95 * near * (pieces[..., 0] - 0.5) + 0.5 * (crumb - 0.5) + 0.35 * (patch - 0.5)
    tone = np.clip(tone, 0.02, 1)[..., None]
    dark, light, other = (np.array(c) for c in (ground.dark, ground.light, ground.other))
    albedo = dark + (light - dark) * tone
    if slope is not None and 0.7 < slope.rise < 10:
        hollow = np.clip((look_up(x / 5, z / 3.2, 6, 6) + 0.25 * (crumb - 0.5) - 0.42) * 3.5, 0, 1)
        albedo = albedo * (0.3 + 0.85 * hollow)[..., None]
    turn = np.clip((look_up(x / 6 + 0.31, z / 6, 5, 8) + ground.patches - 0.85) * 6, 0, 0.85)[..., None]
    albedo = albedo + (other * (0.5 + tone) - albedo) * turn
    beside = (look_up(x / 1.7 + dx, z / 1.7 + dz, 5, 12) for dx, dz in ((0.012, 0), (0, 0.012)))
    swell = np.stack([crumb - height for height in beside], -1)
    tilt = (ground.bump * near)[..., None] * 0.55 * pieces[..., 1:] * -1 + swell * 1.6
    up = np.array([0.0, 1, 0])
    if slope is not None:
        up = np.array([-slope.rise * slope.way()[0], 1, -slope.rise * slope.way()[1]])
        up /= np.linalg.norm(up)
    third = tilt[..., 1] * (1.5 if steep else 0)
    return albedo, up + np.stack([tilt[..., 0], third, tilt[..., 1] * (not steep)], -1)


def _wear(
    trails: tuple[Trail, ...], spot: np.ndarray, flat: np.ndarray, albedo: np.ndarray, normal: np.ndarray,
    material: np.ndarray,
) -> None:  # fmt: skip
    for trail in trails:
        x, z = spot[flat][:, 0], spot[flat][:, 2]
        ragged = look_up(x / 1.9, z / 1.9, 4, 8) - 0.5
        worn = np.clip(trail.worn(x, z) + 0.5 * ragged, 0, 1)[:, None]
        under = GROUNDS["gravel" if trail.kind == "stream" else "earth" if trail.kind == "path" else "mud"]
        bare, bump = _soil(3.3, under, spot[flat], np.maximum(z, 1), None)
        albedo[flat] += (bare * (0.55 if trail.kind == "stream" else 1.0) - albedo[flat]) * worn
        normal[flat] += (bump - normal[flat]) * worn
        if trail.kind == "stream":
            _flood(worn[:, 0] > 0.8, flat, albedo, normal, material)


def _puddles(
    number: int, wet: float, spot: np.ndarray, flat: np.ndarray, albedo: np.ndarray, normal: np.ndarray,
    material: np.ndarray,
) -> None:  # fmt: skip
    if wet:
        x, z = spot[flat][:, 0] + number, spot[flat][:, 2]
        low = look_up(x / 14, z / 14, 4, 8)
        albedo[flat] *= (1 - 0.45 * np.clip(wet + 0.4 - low, 0, 1))[:, None]
        _flood(low < 0.45 * wet, flat, albedo, normal, material)


def _flood(where: np.ndarray, flat: np.ndarray, albedo: np.ndarray, normal: np.ndarray, material: np.ndarray) -> None:
    """Turn the pixels `where` among those that are `flat` into water."""
    pixel = np.flatnonzero(flat)[where]
    albedo.reshape(-1, 3)[pixel] *= 0.35
    normal.reshape(-1, 3)[pixel] *= 0.06
    normal.reshape(-1, 3)[pixel, 1] += 1
    material.reshape(-1)[pixel] = Layers.WATER


def shade_feet(layers: Layers, spot: np.ndarray, feet: np.ndarray) -> None:
    """Darken the ground where things of radius r stand at x, z: `feet` `(N, 3)` rows of x, z, r."""
    low = np.flatnonzero((layers.material == Layers.GROUND) & (spot[..., 2] < 16))
    ground = spot.reshape(-1, 3)[low][:, [0, 2]].astype(np.float32)
    order = np.argsort(ground[:, 1])
    low, x, z = low[order], *ground[order].T
    open_ = np.ones(len(low), np.float32)
    for foot_x, foot_z, radius in feet:
        wide = 1.5 * radius + 0.05
        near = slice(*np.searchsorted(z, np.float32([foot_z - 2.5 * wide, foot_z + 2.5 * wide])))
        away2 = ((x[near] - foot_x) ** 2 + (z[near] - foot_z) ** 2) / wide**2
        open_[near] = np.minimum(open_[near], 1 - 0.65 * np.exp(-away2))
    layers.albedo.reshape(-1, 3)[low] *= open_[:, None]


def shade_under(layers: Layers, spot: np.ndarray, plants: np.ndarray, cell: float = 0.12) -> None:
    """Darken the ground where many of `plants` `(N, 2)` stand, at x and z in metres."""
    corner, cells = np.array([-8.0, 0.0]), int(16 / cell)
    grid = np.zeros((cells, cells), np.float32)
    at = ((plants - corner) / cell).astype(int)
    at = at[((at >= 0) & (at < cells)).all(1)]
    np.add.at(grid, (at[:, 1], at[:, 0]), 1)
    for axis in (0, 1, 0, 1):
        grid = sum(np.roll(grid, shift, axis) for shift in (-1, 0, 1)) / 3
    low = np.flatnonzero((layers.material == Layers.GROUND) & (spot[..., 2] < 15.5) & (np.abs(spot[..., 0]) < 7.5))
    under = ((spot.reshape(-1, 3)[low][:, [0, 2]] - corner) / cell).astype(int)
    layers.albedo.reshape(-1, 3)[low] *= (0.45 + 0.55 * np.exp(-0.35 * grid[under[:, 1], under[:, 0]]))[:, None]
