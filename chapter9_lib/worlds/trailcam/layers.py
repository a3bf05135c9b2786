"""What a pixel of an empty site shows before light falls on it."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Layers"]


@dataclass
class Layers:
    """Arrays over `(H, W)`.

    `albedo`, `normal`: `(H, W, 3)`; `depth`: metres along the view axis, infinite for sky; `material`: SKY … WATER.
    """

    albedo: np.ndarray
    normal: np.ndarray
    depth: np.ndarray
    material: np.ndarray

    SKY, GROUND, GRASS, LEAF, BARK, ROCK, WATER = range(7)

    def put(
        self, pixel: np.ndarray, albedo: np.ndarray, normal: np.ndarray, depth: np.ndarray, material: np.ndarray | int
    ) -> None:
        """Write N surface points `(N, …)` at flat indices `pixel` `(N,)`, whatever stood there."""
        self.albedo.reshape(-1, 3)[pixel] = np.clip(albedo, 0, 1)
        self.normal.reshape(-1, 3)[pixel] = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        self.depth.reshape(-1)[pixel] = depth
        self.material.reshape(-1)[pixel] = material
