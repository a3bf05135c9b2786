"""How much sky each pixel of a site can see: crevices, the ground under bushes and the feet of trees lie darker."""

import torch
from torch import Tensor

__all__ = ["openness"]

_REACHES = (0.010, 0.030, 0.075)
"""How far the look around goes, as shares of the picture's width."""


def openness(depth: Tensor) -> Tensor:
    """Share of the sky's light that reaches every pixel, in (0, 1], from `depth` `(H, W)` in metres.

    A pixel is closed in where its neighbourhood stands nearer to the camera than itself (Luft et al., "Image
    enhancement by unsharp masking the depth buffer", SIGGRAPH 2006), measured relative to its own depth.
    """
    inverse = 1 / depth.clamp(0.3, 60.0)
    closed = torch.zeros_like(depth)
    for reach in _REACHES:
        around = _mean(inverse, max(1, round(reach * depth.shape[1])))
        closed = closed + ((around / inverse - 1.02) * 1.6).clamp(0, 1)
    return 1 - 0.62 * (closed / len(_REACHES))


def _mean(image: Tensor, reach: int) -> Tensor:
    """Mean over squares of `2 · reach + 1` pixels, rows first, then columns."""
    padded = torch.nn.functional.pad(image[None, None], (reach,) * 4, mode="replicate")
    rows = torch.nn.functional.avg_pool2d(padded, (1, 2 * reach + 1), stride=1)
    return torch.nn.functional.avg_pool2d(rows, (2 * reach + 1, 1), stride=1)[0, 0]
