"""Rendering: the site's layers and the animal meet in one depth buffer, then light, weather and the sensor."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .backdrop import backdrop
from .blocks import double, fold
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
def render(scene: Scene, size: tuple[int, int] = (192, 144), device: torch.device | str = "cpu") -> Image.Image:
    """The photo of `scene` at `size` (width, height) in pixels.

    The same arguments give the same pixels on the CPU, and the same to within rounding on a GPU.
    """
    return render_parts(scene, size, device).image


@torch.no_grad()
def render_parts(scene: Scene, size: tuple[int, int] = (192, 144), device: torch.device | str = "cpu") -> Rendering:
    """Like `render`, with the animal's mask and visible share."""
    width, height = size
    camera, light = site(scene.camera).camera, light_of(scene).to(device)
    layers = layers_of(scene.camera, scene.season, 2 * width, 2 * height)
    rays = camera.rays(2 * width, 2 * height).to(device)
    axis = torch.tensor(camera.rotation()[:, 2], dtype=torch.float32, device=device)
    depth = torch.from_numpy(layers.depth).to(device)
    spot = rays * (depth.clamp_max(500) / (rays @ axis))[..., None]
    animal = PosedAnimal(scene, device)
    behind = backdrop(scene, light, layers, rays, depth, spot, animal)
    colour, cover, near, whole = animal.look(light, width, height)
    mixed, mask = _composite(behind, depth, colour, cover, near, _smear(scene, width))
    bare = fold(behind).permute(2, 0, 1)
    change = (mixed - bare).abs().mean(0).sum() / mask.sum().clamp_min(1e-3)
    return Rendering(
        scene, mixed.cpu(), mask.cpu().numpy(), min(1.0, float(mask.sum() / max(whole, 1e-6))),
        contrast=float(change / mixed.flatten().quantile(0.9)),
    )  # fmt: skip


def _composite(
    backdrop: Tensor, depth: Tensor, colour: Tensor, cover: Tensor, near: Tensor, smear: int
) -> tuple[Tensor, Tensor]:
    """Backdrop `(2H, 2W, 3)` and animal `(H, W, …)` joined by depth: light `(3, H, W)` and the mask `(H, W)`.

    `smear` is how many pixels the animal moves during the exposure.
    """
    if smear > 1:
        packed = torch.cat([colour * cover[..., None], cover[..., None]], -1).permute(2, 0, 1)
        packed = _along(packed, smear, torch.nn.functional.avg_pool2d).permute(1, 2, 0)
        cover = packed[..., 3]
        colour = packed[..., :3] / cover.clamp_min(1e-4)[..., None]
        near = -_along(-near[None].clamp_max(1e4), smear, torch.nn.functional.max_pool2d)[0]
    hidden = (depth > double(near)).float() * double(cover)
    mixed = backdrop * (1 - hidden[..., None]) + double(colour) * hidden[..., None]
    return fold(mixed).permute(2, 0, 1), fold(hidden)


def _smear(scene: Scene, width: int) -> int:
    """Pixels that the animal moves sideways during the exposure, an odd number."""
    focal = site(scene.camera).camera.focal(width)
    return 2 * int(round(scene.speed / scene.distance * focal * abs(np.cos(np.radians(scene.yaw))) / 2)) + 1


def _along(image: Tensor, pixels: int, pool: Callable[..., Tensor]) -> Tensor:
    """`image` `(C, H, W)` pooled over a row of `pixels`."""
    padded = torch.nn.functional.pad(image[None], (pixels // 2, pixels // 2, 0, 0), mode="replicate")
    return pool(padded, (1, pixels), stride=1)[0]


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
