"""The pinhole camera of a site: where it hangs, how it is tilted, and which ray every pixel looks along."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

__all__ = ["Camera"]


@dataclass(frozen=True)
class Camera:
    """A camera at `(0, height, 0)` metres looking along +z, x to the right, y up.

    Angles are degrees: `tilt` downwards, `roll` clockwise, `fov` horizontal.
    """

    height: float = 0.8
    tilt: float = 6.0
    roll: float = 0.0
    fov: float = 50.0

    def rotation(self) -> np.ndarray:
        """`(3, 3)`: columns are the camera's right, up and forward axes in the world."""
        tilt, roll = np.radians([self.tilt, self.roll])
        forward = np.array([0, -np.sin(tilt), np.cos(tilt)])
        right0, up0 = np.array([1.0, 0, 0]), np.array([0, np.cos(tilt), np.sin(tilt)])
        right = np.cos(roll) * right0 + np.sin(roll) * up0
        up = np.cos(roll) * up0 - np.sin(roll) * right0
        return np.stack([right, up, forward], axis=1)

    def focal(self, width: int) -> float:
        """Focal length in pixels at an image `width`."""
        return 0.5 * width / float(np.tan(np.radians(self.fov) / 2))

    def rays(self, width: int, height: int) -> Tensor:
        """Unit directions `(height, width, 3)` through the pixel centres."""
        x, y = torch.meshgrid(torch.arange(width) + 0.5, torch.arange(height) + 0.5, indexing="xy")
        return self.directions(x, y, width, height)

    def directions(self, x: Tensor, y: Tensor, width: int, height: int) -> Tensor:
        """Unit directions `(..., 3)` through pixel positions `x`, `y`, which may lie outside the frame."""
        focal = self.focal(width)
        local = torch.stack([(x - width / 2) / focal, (height / 2 - y) / focal, torch.ones_like(x)], -1)
        local = local / local.norm(dim=-1, keepdim=True)
        return local @ torch.tensor(self.rotation().T, dtype=torch.float32)

    def project(self, points: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pixel x, pixel y and depth (metres along the view axis) of world `points` `(..., 3)`."""
        local = (points - np.array([0, self.height, 0])) @ self.rotation()
        depth = np.maximum(local[..., 2], 1e-3)
        focal = self.focal(width)
        return width / 2 + focal * local[..., 0] / depth, height / 2 - focal * local[..., 1] / depth, local[..., 2]
