"""Rendering: the site's layers and the animal meet in one depth buffer, then light, weather and the sensor."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .coats import coat_colour
from .light import Light, light_of
from .march import Body, march
from .noise import noise
from .scene import Scene
from .sensor import blur, develop
from .sites import layers_of, site
from .skeleton import skeleton
from .strokes import Layers

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
    animal = _Posed(scene)
    backdrop = _backdrop(scene, light, layers, rays, depth, spot, animal)
    colour, cover, near, whole = animal.look(light, width, height)
    mixed, mask = _composite(backdrop, depth, colour, cover, near, scene, width)
    visible = float(mask.sum() / max(whole, 1e-6))
    bare = _fold(backdrop).permute(2, 0, 1)
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


def _backdrop(
    scene: Scene, light: Light, layers: Layers, rays: Tensor, depth: Tensor, spot: Tensor, animal: "_Posed"
) -> Tensor:
    """The site under the scene's light, fog and snow, with the animal's shadow: `(2H, 2W, 3)`."""
    albedo, normal = torch.from_numpy(layers.albedo).float(), torch.from_numpy(layers.normal).float()
    material = torch.from_numpy(layers.material)
    eye = spot.new_tensor([0, site(scene.camera).camera.height, 0])
    world = spot + eye
    albedo, normal = _snowed(scene, albedo, normal, material, world)
    if scene.rain:
        albedo = albedo * (1 - 0.35 * scene.rain * (material == Layers.GROUND).float()[..., None])
    if scene.light == "infrared":
        green = (material == Layers.GRASS) | (material == Layers.LEAF)
        albedo = albedo.mean(-1, keepdim=True).expand_as(albedo) * torch.where(green, 2.2, 1.0)[..., None]
    lit = light.dapples(world, scene.camera)
    shadow = animal.shadow(light, world, material == Layers.GROUND)
    shaded = light.shade(albedo, normal, lit * shadow[0], depth, spot) * shadow[1][..., None]
    veiled = light.veil(shaded, depth)
    return torch.where((material == Layers.SKY)[..., None], _sky(scene, light, rays), veiled)


def _snowed(scene: Scene, albedo: Tensor, normal: Tensor, material: Tensor, world: Tensor) -> tuple[Tensor, Tensor]:
    if not scene.snow_cover:
        return albedo, normal
    patch = noise(world[..., 0] / 5, world[..., 2] / 5)
    holds = torch.where(material == Layers.GROUND, 1.0, 0.62)
    lies = ((normal[..., 1] * holds + 0.9 * scene.snow_cover - 0.75 * patch - 0.35) * 4).clamp(0, 1)
    lies = lies * (material != Layers.SKY).float() * torch.where(material == Layers.BARK, 0.35, 1.0)
    white = (
        albedo.new_tensor([0.80, 0.83, 0.88]) * (0.9 + 0.2 * noise(world[..., 0] / 0.7, world[..., 2] / 0.7))[..., None]
    )
    return albedo + (white - albedo) * lies[..., None], torch.nn.functional.normalize(
        normal + lies[..., None] * normal.new_tensor([0, 0.8, 0]), dim=-1
    )


def _sky(scene: Scene, light: Light, rays: Tensor) -> Tensor:
    rise = rays[..., 1].clamp(0, 1)
    cloud = noise(rays[..., 0] / (rise + 0.25) * 0.15, rays[..., 2] / (rise + 0.25) * 0.15 + scene.day * 0.01)
    blend = (rise * 3).clamp(0, 1)[..., None]
    clear = light.horizon * (1 - blend) + light.sky * 1.5 * blend
    cloudy = light.horizon * (0.8 + 0.35 * cloud)[..., None]
    veil = min(1.0, scene.fog * 1.6)
    sky = clear * (1 - scene.cloud) + cloudy * scene.cloud
    return sky * (1 - veil) + light.fog_colour * veil


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


class _Posed:
    """An animal placed in the camera's world: world point = turn · body point + spot."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.cones = skeleton(scene.animal, scene.pose)
        self.body = Body.stack([self.cones])
        yaw = np.radians(scene.yaw)
        self.turn = torch.tensor(
            [[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]], dtype=torch.float32
        )
        camera = site(scene.camera).camera
        side = scene.offset * np.tan(np.radians(camera.fov) / 2) * scene.distance
        self.spot = torch.tensor([side, 0.0, scene.distance], dtype=torch.float32)
        self.eye = torch.tensor([0, camera.height, 0], dtype=torch.float32)

    def look(self, light: Light, width: int, height: int) -> tuple[Tensor, Tensor, Tensor, float]:
        """Colour `(H, W, 3)`, cover and depth along the view axis `(H, W)`, and the whole outline in pixels."""
        left, top, right, bottom = self._box(width, height)
        whole = self._outline(width, height, (left, top, right, bottom))
        colour, cover = torch.zeros(height, width, 3), torch.zeros(height, width)
        near = torch.full((height, width), torch.inf)
        x0, x1, y0, y1 = max(0, left), min(width, right), max(0, top), min(height, bottom)
        if x0 >= x1 or y0 >= y1:
            return colour, cover, near, whole
        camera = site(self.scene.camera).camera
        rays = camera.rays(width, height)[y0:y1, x0:x1].reshape(-1, 3)
        seen, paint, hidden = self._trace(light, rays, 1 / camera.focal(width))
        axis = torch.tensor(camera.rotation()[:, 2], dtype=torch.float32)
        shape = (y1 - y0, x1 - x0)
        cover[y0:y1, x0:x1] = hidden.view(shape)
        near[y0:y1, x0:x1] = torch.where(hidden > 0, seen * (rays @ axis), torch.inf).view(shape)
        colour[y0:y1, x0:x1] = paint.view(*shape, 3)
        return colour, cover, near, whole

    def _box(self, width: int, height: int) -> tuple[int, int, int, int]:
        ends = np.concatenate([self.cones.a, self.cones.b])
        radius = np.concatenate([self.cones.ra, self.cones.rb]) + 0.03
        world = ends @ self.turn.numpy().T.astype(float) + self.spot.numpy()
        camera = site(self.scene.camera).camera
        x, y, z = camera.project(world, width, height)
        reach = radius * camera.focal(width) / np.maximum(z - radius, 0.25)
        return (int(np.floor((x - reach).min())), int(np.floor((y - reach).min())),
                int(np.ceil((x + reach).max())) + 1, int(np.ceil((y + reach).max())) + 1)  # fmt: skip

    def _outline(self, width: int, height: int, box: tuple[int, int, int, int]) -> float:
        """Pixels the animal would cover if nothing hid it, parts outside the frame included (a coarse grid)."""
        step = max(2, int(np.sqrt((box[2] - box[0]) * (box[3] - box[1]) / 700)))
        x, y = torch.meshgrid(
            torch.arange(box[0], box[2], step) + 0.5, torch.arange(box[1], box[3], step) + 0.5, indexing="xy"
        )
        camera = site(self.scene.camera).camera
        rays = camera.directions(x.reshape(-1).float(), y.reshape(-1).float(), width, height)
        hit = march(self.body, self._origin(), (rays @ self.turn)[None], torch.tensor([[1 / camera.focal(width)]]), 14)
        return float((hit.cover > 0.5).sum()) * step * step

    def _origin(self) -> Tensor:
        return ((self.eye - self.spot) @ self.turn)[None]

    def _trace(self, light: Light, rays: Tensor, pixel: float) -> tuple[Tensor, Tensor, Tensor]:
        """Depth along each ray, colour and cover of N rays."""
        local = (rays @ self.turn)[None]
        origin = self._origin()
        tufts = noise(rays[:, 0] * 16, rays[:, 1] * 16) - 0.5
        shaggy = (tufts * 1.4 * self.scene.animal.build.fur)[None]
        hit = march(self.body, origin, local, torch.tensor([[pixel]]), shaggy=shaggy)
        depth, cover = hit.depth[0], hit.cover[0]
        colour = torch.zeros(len(rays), 3)
        some = (cover > 0).nonzero()[:, 0]
        if len(some):
            points = origin[:, None] + depth[some][None, :, None] * local[:, some]
            colour[some] = self._colour(light, points, depth[some], rays[some])
        return depth, colour, cover

    def _colour(self, light: Light, points: Tensor, depth: Tensor, rays: Tensor) -> Tensor:
        normal = self.body.normal(points)[0]
        share, rest = (value[0] for value in self.body.blends(points))
        tuft = torch.stack(
            [noise(rest[:, 0] * 2.3 + i, rest[:, 1] * 3.4 + rest[:, 2] + 0.3 * i) - 0.5 for i in range(3)], -1
        )
        normal = torch.nn.functional.normalize(normal + tuft * min(0.6, 30 * self.scene.animal.build.fur), dim=-1)
        albedo = coat_colour(self.scene.animal, share, rest, normal[:, 1])
        world_normal = normal @ self.turn.T
        spot = points[0] @ self.turn.T + self.spot
        if self.scene.light == "infrared":
            return light.veil(self._infrared(light, albedo, share, world_normal, depth, rays), depth)
        lit = light.dapples(spot, self.scene.camera) * self._own_shadow(light, points, normal)
        floor = 0.45 + 0.55 * (points[0, :, 1] / (0.7 * self.scene.animal.build.shoulder)).clamp(0, 1)
        shaded = light.shade(albedo, world_normal, lit, depth, spot) * floor[:, None]
        rim = (1 + (world_normal * rays).sum(-1)).clamp(0, 1) ** 3
        return light.veil(shaded + (rim * 0.25)[:, None] * light.sky * albedo.sqrt(), depth)

    def _infrared(
        self, light: Light, albedo: Tensor, share: Tensor, normal: Tensor, depth: Tensor, rays: Tensor
    ) -> Tensor:
        grey = albedo.mean(-1, keepdim=True).expand_as(albedo)
        level = self.scene.animal.coat.infrared
        tone = level * 0.35 + 0.65 * grey * (level + 0.45)
        lit = light.shade(tone, normal, torch.ones_like(depth), depth, rays)
        shine = ((share[:, 9:10] - 0.35) * 2.5).clamp(0, 1) * (normal * -rays).sum(-1, keepdim=True).clamp_min(0) ** 2
        return lit + shine * light.flash * 0.5 / (0.6 + depth[:, None])

    def _own_shadow(self, light: Light, points: Tensor, normal: Tensor) -> Tensor:
        """Share of sun that the body itself leaves, by one look towards the sun."""
        if float(light.sun.max()) < 0.02:
            return points.new_ones(points.shape[1])
        to_sun = light.to_sun @ self.turn
        total = points.new_ones(points.shape[1])
        for reach in (0.06, 0.16):
            gap = self.body.distance(points + normal[None] * 0.012 + to_sun * reach)[0]
            total = torch.minimum(total, (gap / (0.45 * reach)).clamp(0, 1))
        return 0.15 + 0.85 * total

    def shadow(self, light: Light, world: Tensor, ground: Tensor) -> tuple[Tensor, Tensor]:
        """On the ground: share of sun that passes the animal, and share of sky light at its feet, both `(2H, 2W)`."""
        sun, sky = torch.ones(world.shape[:2]), torch.ones(world.shape[:2])
        local = (world - self.spot) @ self.turn
        close = ground & (local[..., 0].abs() < 2.2) & (local[..., 2].abs() < 2.2)
        at = local[close]
        if not len(at):
            return sun, sky
        reach = self.scene.animal.build
        flat = at[:, [0, 2]] / at.new_tensor([0.62 * reach.length + reach.chest, 1.5 * reach.chest])
        sky[close] = 1 - 0.62 * torch.exp(-2.2 * (flat**2).sum(-1)) * min(1.0, 0.55 / (reach.shoulder + 0.2) + 0.2)
        if float(light.sun.max()) > 0.02:
            to_sun = light.to_sun @ self.turn
            gaps = [
                self.body.distance((at + to_sun * r)[None])[0] / (0.10 * r + 0.01)
                for r in (0.1, 0.25, 0.45, 0.7, 1.0, 1.4)
            ]
            sun[close] = (torch.stack(gaps).amin(0) * 0.5 + 0.5).clamp(0.05, 1)
        return sun, sky
