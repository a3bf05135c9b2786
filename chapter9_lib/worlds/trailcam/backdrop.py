"""What stands behind the animal: the site under the scene's light, snow and fog, with the animal's shadow."""

import torch
from torch import Tensor

from .layers import Layers
from .light import Light
from .noise import noise
from .occlusion import openness
from .posed import PosedAnimal
from .scene import Scene
from .sites import site

__all__ = ["backdrop"]


def backdrop(
    scene: Scene, light: Light, layers: Layers, rays: Tensor, depth: Tensor, spot: Tensor, animal: PosedAnimal
) -> Tensor:
    """The site under the scene's light, fog and snow, with the animal's shadow: `(2H, 2W, 3)`."""
    albedo, normal, material = (
        torch.from_numpy(part).to(depth.device) for part in (layers.albedo, layers.normal, layers.material)
    )
    eye = spot.new_tensor([0, site(scene.camera).camera.height, 0])
    world = spot + eye
    albedo, normal = _snowed(scene, albedo, normal, material, world)
    if scene.rain:
        albedo = albedo * (1 - 0.35 * scene.rain * (material == Layers.GROUND).float()[..., None])
    if scene.light == "infrared":
        green = (material == Layers.GRASS) | (material == Layers.LEAF)
        albedo = albedo.mean(-1, keepdim=True).expand_as(albedo) * torch.where(green, 1.8, 1.0)[..., None]
    lit = light.dapples(world, scene.camera)
    shadow = animal.shadow(light, world, (material == Layers.GROUND) | (material == Layers.WATER))
    shaded = light.shade(albedo, normal, lit * shadow[0], depth, spot) * (shadow[1] * openness(depth))[..., None]
    if (material == Layers.WATER).any():
        shaded = _mirrored(shaded, material == Layers.WATER, normal, rays, light)
    veiled = light.veil(shaded, depth)
    return torch.where((material == Layers.SKY)[..., None], _sky(scene, light, rays), veiled)


def _snowed(scene: Scene, albedo: Tensor, normal: Tensor, material: Tensor, world: Tensor) -> tuple[Tensor, Tensor]:
    if not scene.snow_cover:
        return albedo, normal
    patch = noise(world[..., 0] / 5, world[..., 2] / 5)
    bark = material == Layers.BARK
    holds = torch.where(material == Layers.GROUND, 1.0, torch.where(bark, 1.7, 0.7))
    need = torch.where(bark, 1.05, 0.35)
    lies = ((normal[..., 1] * holds + 0.9 * scene.snow_cover - 0.75 * patch - need) * 4).clamp(0, 1)
    buried = ((0.13 * scene.snow_cover - world[..., 1]) * 25 + 0.5).clamp(0, 1)
    lies = torch.maximum(lies, buried) * ((material != Layers.SKY) & (material != Layers.WATER)).float()
    white = (
        albedo.new_tensor([0.80, 0.83, 0.88]) * (0.9 + 0.2 * noise(world[..., 0] / 0.7, world[..., 2] / 0.7))[..., None]
    )
    return albedo + (white - albedo) * lies[..., None], torch.nn.functional.normalize(
        normal + lies[..., None] * normal.new_tensor([0, 0.8, 0]), dim=-1
    )


def _mirrored(shaded: Tensor, water: Tensor, normal: Tensor, rays: Tensor, light: Light) -> Tensor:
    """Water `(2H, 2W)` reflects the sky between trunks, more at grazing angles (Schlick's approximation of Fresnel)."""
    facing = (-rays * normal).sum(-1, keepdim=True).clamp(0, 1)
    share = 0.03 + 0.97 * (1 - facing) ** 5
    gaps = noise(rays[..., 0] * 1.3, rays[..., 1] * 0.35)[..., None]
    return torch.where(water[..., None], shaded * (1 - share) + light.horizon * (0.06 + 0.5 * gaps**2) * share, shaded)


def _sky(scene: Scene, light: Light, rays: Tensor) -> Tensor:
    rise = rays[..., 1].clamp(0, 1)
    cloud = noise(rays[..., 0] / (rise + 0.25) * 0.15, rays[..., 2] / (rise + 0.25) * 0.15 + scene.day * 0.01)
    blend = (rise * 3).clamp(0, 1)[..., None]
    clear = light.horizon * (1 - blend) + light.sky * 1.5 * blend
    cloudy = light.horizon * (0.8 + 0.35 * cloud)[..., None]
    veil = min(1.0, scene.fog * 1.6)
    sky = clear * (1 - scene.cloud) + cloudy * scene.cloud
    return sky * (1 - veil) + light.fog_colour * veil
