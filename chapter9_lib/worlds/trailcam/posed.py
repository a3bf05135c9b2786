"""An animal placed in the camera's world: its outline, its colour in the light, its shadow."""

import numpy as np
import torch
from torch import Tensor

from .blocks import double
from .coats import coat_colour
from .light import Light
from .march import Body, march
from .noise import noise
from .scene import Scene
from .sites import site
from .skeleton import skeleton

__all__ = ["PosedAnimal"]


class PosedAnimal:
    """An animal placed in the camera's world: world point = turn · body point + spot."""

    def __init__(self, scene: Scene, device: torch.device | str = "cpu") -> None:
        self.scene, self.device = scene, torch.device(device)
        self.cones = skeleton(scene.animal, scene.pose)
        self.body = Body.stack([self.cones], device)
        yaw = np.radians(scene.yaw)
        self.turn = torch.tensor(
            [[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]], dtype=torch.float32,
            device=self.device,
        )  # fmt: skip
        camera = site(scene.camera).camera
        side = scene.offset * np.tan(np.radians(camera.fov) / 2) * scene.distance
        self.spot = self.turn.new_tensor([side, 0.0, scene.distance])
        self.eye = self.turn.new_tensor([0, camera.height, 0])

    def look(self, light: Light, width: int, height: int) -> tuple[Tensor, Tensor, Tensor, float]:
        """Colour `(H, W, 3)`, cover and depth along the view axis `(H, W)`, and the whole outline in pixels."""
        left, top, right, bottom = self._box(width, height)
        whole = self._outline(width, height, (left, top, right, bottom))
        colour, cover = self.turn.new_zeros(height, width, 3), self.turn.new_zeros(height, width)
        near = self.turn.new_full((height, width), torch.inf)
        x0, x1, y0, y1 = max(0, left), min(width, right), max(0, top), min(height, bottom)
        if x0 >= x1 or y0 >= y1:
            return colour, cover, near, whole
        camera = site(self.scene.camera).camera
        rays = camera.rays(width, height)[y0:y1, x0:x1].reshape(-1, 3).to(self.device)
        seen, paint, hidden = self._trace(light, rays, 1 / camera.focal(width))
        axis = rays.new_tensor(camera.rotation()[:, 2])
        shape = (y1 - y0, x1 - x0)
        cover[y0:y1, x0:x1] = hidden.view(shape)
        near[y0:y1, x0:x1] = torch.where(hidden > 0, seen * (rays @ axis), torch.inf).view(shape)
        colour[y0:y1, x0:x1] = paint.view(*shape, 3)
        return colour, cover, near, whole

    def _box(self, width: int, height: int) -> tuple[int, int, int, int]:
        ends = np.concatenate([self.cones.a, self.cones.b])
        radius = np.concatenate([self.cones.ra, self.cones.rb]) + 0.03
        world = ends @ self.turn.cpu().numpy().T.astype(float) + self.spot.cpu().numpy()
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
        rays = camera.directions(x.reshape(-1).float(), y.reshape(-1).float(), width, height).to(self.device)
        pixel = rays.new_tensor([[1 / camera.focal(width)]])
        hit = march(self.body, self._origin(), (rays @ self.turn)[None], pixel, 14)
        return float((hit.cover > 0.5).sum()) * step * step

    def _origin(self) -> Tensor:
        return ((self.eye - self.spot) @ self.turn)[None]

    def _trace(self, light: Light, rays: Tensor, pixel: float) -> tuple[Tensor, Tensor, Tensor]:
        """Depth along each ray, colour and cover of N rays."""
        local = (rays @ self.turn)[None]
        origin = self._origin()
        tufts = noise(rays[:, 0] * 16, rays[:, 1] * 16) - 0.5
        shaggy = (tufts * 1.4 * self.scene.animal.build.fur)[None]
        hit = march(self.body, origin, local, rays.new_tensor([[pixel]]), shaggy=shaggy)
        depth, cover = hit.depth[0], hit.cover[0]
        colour = rays.new_zeros(len(rays), 3)
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
        tone = 0.22 * level + 0.85 * grey * (level + 0.45)
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
        """On the ground: share of sun that passes the animal, and share of sky light at its feet, both `(2H, 2W)`.

        Shadows are soft: one look for every block of 2 × 2 is enough.
        """
        sun, sky = (world.new_ones([part // 2 for part in world.shape[:2]]) for _ in range(2))
        local = (world[::2, ::2] - self.spot) @ self.turn
        close = ground[::2, ::2] & (local[..., 0].abs() < 2.2) & (local[..., 2].abs() < 2.2)
        at, reach = local[close], self.scene.animal.build
        if len(at):
            flat = at[:, [0, 2]] / at.new_tensor([0.62 * reach.length + reach.chest, 1.5 * reach.chest])
            dark = 0.62 * min(1.0, 0.55 / (reach.shoulder + 0.2) + 0.2)
            sky[close] = 1 - dark * torch.exp(-2.2 * (flat**2).sum(-1))
            sun[close] = self._sun_past(light, at)
        return double(sun), double(sky)

    def _sun_past(self, light: Light, at: Tensor) -> Tensor:
        """Share of sun that passes the animal on its way to points `(N, 3)` on the ground."""
        if float(light.sun.max()) < 0.02:
            return at.new_ones(len(at))
        to_sun = light.to_sun @ self.turn
        gaps = [self.body.distance((at + to_sun * r)[None])[0] / (0.10 * r + 0.01)
                for r in (0.1, 0.25, 0.45, 0.7, 1.0, 1.4)]  # fmt: skip
        return (torch.stack(gaps).amin(0) * 0.5 + 0.5).clamp(0.05, 1)
