"""Sun, sky and flash: what falls on a surface at a given hour, day and weather."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from .noise import noise
from .scene import Scene
from .sites import site

__all__ = ["Light", "light_of"]


@dataclass
class Light:
    """Light of one scene: unit vector to the sun `(3,)`, colours `(3,)` linear RGB of sun, sky and fog.

    `fog` is extinction per metre, `dapple` the share of sun that the canopy blocks, `flash` the strength at 1 m.
    """

    to_sun: Tensor
    sun: Tensor
    sky: Tensor
    horizon: Tensor
    fog_colour: Tensor
    fog: float
    dapple: float
    flash: float

    def to(self, device: torch.device | str) -> "Light":
        """The same light with its vectors on `device`."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return Light(**{n: v.to(device) if isinstance(v, Tensor) else v for n, v in values.items()})

    def shade(self, albedo: Tensor, normal: Tensor, lit: Tensor, depth: Tensor, spot: Tensor) -> Tensor:
        """Light leaving surfaces before fog: `(…, 3)`, from `lit` (share of the sun) and `depth` (metres), `(…,)`."""
        if self.flash:
            facing = (-normal * torch.nn.functional.normalize(spot, dim=-1)).sum(-1).clamp_min(0) * 0.75 + 0.25
            return albedo * (self.flash * facing / (0.6 + depth**2) + 0.004)[..., None]
        direct = (normal @ self.to_sun).clamp_min(0) * lit
        dome = 0.62 + 0.38 * normal[..., 1]
        bounce = (0.5 - 0.5 * normal[..., 1]).clamp(0, 1)[..., None] * self.sun.new_tensor([0.10, 0.085, 0.06])
        return albedo * (direct[..., None] * self.sun + dome[..., None] * self.sky + bounce * self.sun)

    def veil(self, colour: Tensor, depth: Tensor) -> Tensor:
        """`colour` `(…, 3)` behind `depth` `(…,)` metres of fog and haze."""
        clear = torch.exp(-self.fog * depth.clamp_max(80.0))[..., None]
        if self.flash:
            return colour * clear**2 + self.fog_colour * (1 - clear)
        return colour * clear + self.fog_colour * (1 - clear)

    def dapples(self, spot: Tensor, seed: int) -> Tensor:
        """Share of the sun that reaches `spot` `(…, 3)` past the trees, in [0, 1].

        Gaps between leaves make spots, trunks outside the picture long shadows that point away from a low sun; both
        blur and stretch as the sun sinks.
        """
        if self.flash or self.dapple <= 0:
            return torch.ones(spot.shape[:-1], device=spot.device)
        height = self.to_sun[1].clamp_min(0.2)
        ground = spot[..., [0, 2]] - spot[..., 1:2] / height * self.to_sun[[0, 2]]
        away = torch.nn.functional.normalize(self.to_sun[[0, 2]], dim=0)
        along, aside = ground @ away, ground[..., 0] * away[1] - ground[..., 1] * away[0]
        leaves = noise(aside / 9.0 + 0.173 * seed, along * height / 9.0 + 0.071 * seed)
        trunks = noise(aside / 14.0 + 0.317 * seed, along * height / 110.0 + 0.129 * seed)
        through = ((leaves - self.dapple) * 5 + 0.5).clamp(0, 1) * ((trunks - 0.40) * 6 + 0.5).clamp(0.1, 1)
        return through.clamp_min(0.04)


def light_of(scene: Scene) -> Light:
    """The light of `scene`, from its hour, day, weather and site."""
    place = site(scene.camera)
    rng = np.random.default_rng([14, scene.camera, *scene.burst.encode()])
    to_sun, elevation = _sun(scene, place.heading)
    if scene.light == "infrared":
        return _flash(scene, to_sun, rng)
    high = float(np.clip(elevation / 40, 0, 1))
    above = float(np.clip((elevation + 3) / 9, 0, 1))
    clear = 1 - scene.cloud
    warm = np.array([1.0, 0.62 + 0.32 * high, 0.34 + 0.52 * high])
    sun = warm * 3.0 * above * clear**1.3 * (0.4 + 0.6 * high) * (1 - 0.8 * scene.fog)
    blue = np.array([0.52, 0.62, 0.80]) * clear + np.array([0.66, 0.69, 0.73]) * scene.cloud
    twilight = np.array([0.50, 0.50, 0.62]) * (1 - high) + blue * high
    sky = twilight * (0.14 + 0.30 * high + (0.10 + 0.40 * high) * scene.cloud)
    horizon = np.clip(sky * 1.55 + 0.25 * sun * np.array([1, 0.9, 0.8]) * (1 - high), 0, 3)
    fog = 0.006 + 0.26 * scene.fog**1.6 + 0.02 * scene.rain + 0.05 * scene.snowfall
    mist = sky * 1.05 + sun * 0.18
    dapple = place.canopy * (0.75 if scene.season == "winter" and not place.conifer else 1.0)
    return Light(
        _vector(to_sun), _vector(sun), _vector(sky), _vector(horizon), _vector(mist), fog, 0.22 + 0.40 * dapple, 0.0
    )


def _flash(scene: Scene, to_sun: np.ndarray, rng: np.random.Generator) -> Light:
    dark = np.full(3, 0.0015)
    fog = 0.01 + 0.22 * scene.fog**1.5 + 0.05 * scene.rain + 0.05 * scene.snowfall
    power = float(rng.uniform(6.5, 11))
    glow = np.full(3, 0.04 * power * fog)
    return Light(_vector(to_sun), _vector(dark), _vector(dark), _vector(dark), _vector(glow), fog, 0.0, power)


def _sun(scene: Scene, heading: float) -> tuple[np.ndarray, float]:
    """Unit vector to the sun in the camera's world, and its elevation in degrees (latitude 50° north)."""
    declination = np.radians(23.44) * np.sin(2 * np.pi * (scene.day - 81) / 365)
    latitude, turn = np.radians(50), np.radians(15 * (scene.hour - 12))
    up = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(turn)
    east = -np.cos(declination) * np.sin(turn)
    north = np.cos(latitude) * np.sin(declination) - np.sin(latitude) * np.cos(declination) * np.cos(turn)
    angle = np.radians(heading)
    x, z = east * np.cos(angle) - north * np.sin(angle), east * np.sin(angle) + north * np.cos(angle)
    vector = np.array([x, max(up, 0.06), z])
    return vector / np.linalg.norm(vector), float(np.degrees(np.arcsin(up)))


def _vector(values: np.ndarray) -> Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)
