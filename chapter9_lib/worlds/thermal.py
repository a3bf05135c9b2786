"""The lab's scenes through another kind of camera: one that sees warmth, and no light."""

from collections.abc import Mapping

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

__all__ = ["thermal_photo"]

_COOL, _WARM = 0.28, 0.78
"""How bright the ground is, and the middle of a warm body."""


def thermal_photo(row: Mapping[str, str], size: tuple[int, int] = (96, 72)) -> Image.Image:
    """What a thermal camera would have taken in the place of a photo of the lab: the same animal, place and moment.

    A body is warmest in its middle and cools towards its outline, whatever the coat; the ground keeps a little of what
    light has warmed; detectors are coarse and noisy. Coat, pattern and face are not to be seen.

    Args:
        row: of a photo in its set's manifest: `photos.manifest[3]`.
        size: width and height.
    """
    from chapter9_lib.worlds.trailcam.render import render_parts
    from chapter9_lib.worlds.trailcam.sets import scene_of

    seen = render_parts(scene_of(row), size)
    body = torch.from_numpy(seen.mask)
    ground = _blurred(seen.light.mean(0), size[0] // 8)
    ground = ground / ground.amax().clamp_min(1e-6)
    core = _blurred(body, size[0] // 12) * body
    warmth = _COOL + 0.12 * ground + (_WARM - _COOL) * core / core.amax().clamp_min(1e-3)
    noise = np.random.default_rng([21, seen.scene.seed]).normal(0, 0.02, body.shape)
    pixels = (255 * (_blurred(warmth, 2).numpy() + noise)).clip(0, 255)
    return Image.fromarray(pixels.astype(np.uint8)).convert("RGB")


def _blurred(values: torch.Tensor, reach: int) -> torch.Tensor:
    """A mean over (2 reach - 1)² pixels, `(H, W)`."""
    padded = F.pad(values[None, None], (reach - 1,) * 4, mode="replicate")
    return F.avg_pool2d(padded, 2 * reach - 1, stride=1)[0, 0]
