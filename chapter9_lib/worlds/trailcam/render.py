"""Rendering: the site's layers and the animal meet in one depth buffer, then light, weather and the sensor."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .backdrop import backdrop
from .light import light_of
from .posed import PosedAnimal
from .scene import Scene
from .sensor import blur, develop
from .sites import layers_of, site

__all__ = ["Rendering", "render", "render_parts"]


@dataclass
class Rendering:
    """A photo and its ground truth.

    Attributes:
        scene: what was rendered.
        light: linear light before the sensor, `(3, H, W)`.
        image: the photo, RGB, developed when first asked for.
        mask: share of each pixel that shows the animal, `(H, W)` in [0, 1].
        visible: share of the animal's outline that is inside the frame and not hidden, 0 to 1.
        contrast: how far the animal stands out from what it hides, as a share of the picture's brightness.
    """

    scene: Scene
    light: Tensor
    mask: np.ndarray
    visible: float
    contrast: float

    @cached_property
    def image(self) -> Image.Image:
        return develop(_weather(self.light, self.scene), self.scene)


@torch.no_grad()
def render(scene: Scene, size: tuple[int, int] = (192, 144)) -> Image.Image:
    """The photo of `scene` at `size` (width, height) in pixels; the same pixels for the same arguments."""
    return render_parts(scene, size).image


@torch.no_grad()
def render_parts(scene: Scene, size: tuple[int, int] = (192, 144)) -> Rendering:
    """Like `render`, with the animal's mask and visible share."""
    width, height = size
    place = site(scene.camera)
    light = light_of(scene)
    layers = layers_of(scene.camera, scene.season, 2 * width, 2 * height)
    rays = place.camera.rays(2 * width, 2 * height)
    axis = torch.tensor(place.camera.rotation()[:, 2], dtype=torch.float32)
    depth = torch.from_numpy(layers.depth).float()
    spot = rays * (depth.clamp_max(500) / (rays @ axis))[..., None]
    animal = PosedAnimal(scene)
    behind = backdrop(scene, light, layers, rays, depth, spot, animal)
    colour, cover, near, whole = animal.look(light, width, height)
    mixed, mask = _composite(behind, depth, colour, cover, near, scene, width)
    visible = float(mask.sum() / max(whole, 1e-6))
    bare = _fold(behind).permute(2, 0, 1)
    change = (mixed - bare).abs().mean(0).sum() / mask.sum().clamp_min(1e-3)
    contrast = float(change / mixed.flatten().quantile(0.9))
    return Rendering(scene, mixed, mask.numpy(), min(1.0, visible), contrast)


def _fold(image: Tensor) -> Tensor:
    """Mean over 2 × 2 blocks of `(2H, 2W, …)`."""
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return image.reshape(h, 2, w, 2, *image.shape[2:]).mean((1, 3))


def _composite(
    backdrop: Tensor, depth: Tensor, colour: Tensor, cover: Tensor, near: Tensor, scene: Scene, width: int
) -> tuple[Tensor, Tensor]:
    """Backdrop `(2H, 2W, 3)` and animal `(H, W, …)` joined by depth: light `(3, H, W)` and the mask `(H, W)`."""
    if scene.speed:
        smear = (
            scene.speed / scene.distance * site(scene.camera).camera.focal(width) * abs(np.cos(np.radians(scene.yaw)))
        )
        packed = torch.cat([colour * cover[..., None], cover[..., None]], -1).permute(2, 0, 1)
        packed = _smear(packed, float(smear)).permute(1, 2, 0)
        cover = packed[..., 3]
        colour = packed[..., :3] / cover.clamp_min(1e-4)[..., None]
    big = near.repeat_interleave(2, 0).repeat_interleave(2, 1)
    behind = (depth > big).float() * cover.repeat_interleave(2, 0).repeat_interleave(2, 1)
    paint = colour.repeat_interleave(2, 0).repeat_interleave(2, 1)
    mixed = backdrop * (1 - behind[..., None]) + paint * behind[..., None]
    return _fold(mixed).permute(2, 0, 1), _fold(behind)


def _smear(image: Tensor, pixels: float) -> Tensor:
    reach = int(round(pixels / 2))
    if reach < 1:
        return image
    padded = torch.nn.functional.pad(image[None], (reach, reach, 0, 0), mode="replicate")
    return torch.nn.functional.avg_pool2d(padded, (1, 2 * reach + 1), stride=1)[0]


def _weather(light: Tensor, scene: Scene) -> Tensor:
    """Falling rain or snow between the lens and the scene, out of focus: `(3, H, W)`."""
    fall = max(scene.rain, scene.snowfall)
    if fall < 0.05:
        return light
    rng = np.random.default_rng([17, scene.seed])
    _, height, width = light.shape
    n = int(fall * (260 if scene.snowfall else 150))
    x, y, near = rng.integers(0, width, n), rng.integers(0, height, n), rng.gamma(1.5, 0.6, n)
    drops = np.zeros((height, width), np.float32)
    length = np.clip(near * (1.6 if scene.snowfall else 6.0) * width / 192, 1, 16).astype(int)
    for column, row, reach, weight in zip(x, y, length, near, strict=True):
        wide = max(1, reach // 2) if scene.snowfall else 1
        drops[row : row + reach, column : column + wide] += min(0.55, 0.16 + 0.15 * weight) * (
            1 if scene.snowfall else 0.35
        )
    mask = blur(torch.from_numpy(np.minimum(drops, 0.9))[None], 0.55)
    level = light.flatten(1).quantile(0.93 if scene.snowfall else 0.8, dim=1)[:, None, None] * 1.05
    return light * (1 - mask) + level * mask
