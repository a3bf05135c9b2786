"""Sphere tracing of smoothly joined round cones (signed distances), batched over scenes."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .cones import HEAD_PARTS, PARTS, Cones

__all__ = ["Body", "Hit", "march"]

_HEAD = [PARTS.index(name) for name in HEAD_PARTS]


@dataclass
class Body:
    """Cones of B animals, padded to C each, as tensors `(B, C, …)`; `blend` is `(B, 1, 1)`, `unturn`
    `(B, 3, 3)`."""

    a: Tensor
    axis: Tensor
    ra: Tensor
    slope: Tensor
    flat: Tensor
    thin: Tensor
    part: Tensor
    rest_a: Tensor
    rest_axis: Tensor
    blend: Tensor
    unturn: Tensor

    @staticmethod
    def stack(bodies: list[Cones], device: torch.device | str = "cpu") -> "Body":
        """One batch of several skeletons; shorter ones get far-away cones."""
        most = max(len(c.ra) for c in bodies)

        def batch(name: str, fill: float, minus: str | None = None) -> Tensor:
            rows = []
            for cones in bodies:
                value = torch.as_tensor(getattr(cones, name), dtype=torch.float32)
                if minus:
                    value = value - torch.as_tensor(getattr(cones, minus), dtype=torch.float32)
                pad = value.new_full((most - len(value), *value.shape[1:]), fill)
                rows.append(torch.cat([value, pad]))
            return torch.stack(rows).to(device)

        part = torch.nn.functional.one_hot(batch("part", 0).long(), len(PARTS)).float()
        return Body(
            batch("a", 90.0), batch("b", 0.01, "a"), batch("ra", 0.01), batch("rb", 0.0, "ra"), batch("flat", 0.577),
            batch("thin", 1.0), part, batch("rest_a", 0.0), batch("rest_b", 0.0, "rest_a"),
            torch.tensor([c.blend for c in bodies], device=device).view(-1, 1, 1),
            torch.tensor(np.stack([c.unturn for c in bodies]), dtype=torch.float32, device=device),
        )  # fmt: skip

    def each(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Distances to every cone and positions along them, both `(B, N, C)`, from `points` `(B, N, 3)`."""
        length2 = (self.axis**2).sum(-1)[:, None]
        dot = points @ self.axis.mT - (self.a * self.axis).sum(-1)[:, None]
        t = (dot / length2).clamp(0, 1)
        away2 = (points**2).sum(-1, keepdim=True) - 2 * points @ self.a.mT + (self.a**2).sum(-1)[:, None]
        away2 = away2 - 2 * t * dot + t * t * length2
        side = points @ self.flat.mT - (self.a * self.flat).sum(-1)[:, None]
        thin = self.thin[:, None]
        away2 = away2 + (thin * thin - 1) * side * side
        radius = self.ra[:, None] + t * self.slope[:, None]
        return (away2.clamp_min(1e-10).sqrt() - radius) / thin, t

    def distance(self, points: Tensor) -> Tensor:
        """Signed distance `(B, N)`: a log-sum-exp smooth minimum over the cones."""
        each, _ = self.each(points)
        return -self.blend[..., 0] * torch.logsumexp(-each / self.blend, -1)

    def blends(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Part shares `(B, N, P)` and rest-pose positions `(B, N, 3)` at surface points."""
        each, t = self.each(points)
        share = torch.softmax(-each / self.blend, -1)
        posed = self.a[:, None] + t[..., None] * self.axis[:, None]
        rest = self.rest_a[:, None] + t[..., None] * self.rest_axis[:, None]
        away = share[..., None] * (points[:, :, None] - posed)
        head = self.part[:, None, :, _HEAD].sum(-1, keepdim=True)
        turned = (away * head).sum(2) @ self.unturn.mT
        return share @ self.part, (share[..., None] * rest + away * (1 - head)).sum(2) + turned

    def span(self, origin: Tensor, rays: Tensor, pixel: Tensor) -> tuple[Tensor, Tensor]:
        """Where each ray enters and leaves the balls around the cones, in metres `(B, N)`; it enters after it leaves
        where it passes them all by more than a pixel."""
        middle = self.a + self.axis / 2 - origin[:, None]
        ahead = rays @ middle.mT
        radius = self.axis.norm(dim=-1) / 2 + torch.maximum(self.ra, self.ra + self.slope) + 0.02
        radius = radius + 1.2 * pixel * middle.norm(dim=-1)
        half2 = radius[:, None] ** 2 - (middle**2).sum(-1)[:, None] + ahead**2
        half = half2.clamp_min(0).sqrt()
        touched = half2 > 0
        near = torch.where(touched, ahead - half, 1e3).amin(-1).clamp_min(0.15)
        return near, torch.where(touched, ahead + half, -1e3).amax(-1)

    def normal(self, points: Tensor, step: float = 0.004) -> Tensor:
        """Outward unit normals `(B, N, 3)` by tetrahedral differences."""
        corners = points.new_tensor([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]])
        total = sum(self.distance(points + step * c)[..., None] * c for c in corners)
        return torch.nn.functional.normalize(total, dim=-1)


@dataclass
class Hit:
    """Where rays end: `depth` along the ray (metres) and `cover` in [0, 1] (soft at the outline), both `(B, N)`."""

    depth: Tensor
    cover: Tensor


def march(
    body: Body, origin: Tensor, rays: Tensor, pixel: Tensor, steps: int = 26, shaggy: Tensor | float = 0.0
) -> Hit:
    """Trace `rays` `(B, N, 3)` from `origin` `(B, 3)`, both in the animals' frames.

    `pixel` `(B, 1)` is the angle of one pixel in radians: a ray that passes within a pixel of the animal is partly
    covered. `shaggy` `(B, N)` metres let the outline stand out or in like tufts of fur.
    """
    t, last = body.span(origin, rays, pixel)
    best = torch.full_like(t, 1e3)
    best_t = t.clone()
    alive = t < last
    shag = torch.as_tensor(shaggy, device=t.device).expand_as(t)
    for _ in range(steps):
        keep = alive[0].nonzero()[:, 0] if len(t) == 1 else slice(None)
        if len(t) == 1 and len(keep) == 0:
            break
        near = t[:, keep]
        gap = body.distance(origin[:, None] + near[..., None] * rays[:, keep]) - shag[:, keep]
        wide = torch.where(gap > 0.0015, gap / (near * pixel), torch.zeros_like(gap))
        closer = wide < best[:, keep]
        best[:, keep] = torch.where(closer, wide, best[:, keep])
        best_t[:, keep] = torch.where(closer, near, best_t[:, keep])
        going = (gap > 0.0015) & (near < last[:, keep])
        t[:, keep] = torch.where(going, near + 0.92 * gap, near)
        alive[:, keep] = going
    cover = (1.0 - best).clamp(0, 1)
    return Hit(best_t, torch.where(best < 0.35, torch.ones_like(cover), cover))
