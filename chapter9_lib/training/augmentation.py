"""Random views of a batch of photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Crop", "Dice", "Part", "augment_batch", "uniform"]

Crop = Literal["both", "width"]
"""Which edges a crop may shorten."""


@dataclass(frozen=True)
class Part:
    """The dice of one process's part of a batch: thrown for the whole batch, and then its own taken out.

    Attributes:
        generator: the same in every process.
        positions: of the part in the batch, int64 [n].
        whole: photos in the batch.
    """

    generator: torch.Generator
    positions: Tensor
    whole: int


Dice = torch.Generator | Part


def uniform(rows: int, count: int, dice: Dice) -> Tensor:
    """Random numbers from 0 to 1, [rows, count]."""
    if isinstance(dice, Part):
        return torch.rand(rows, dice.whole, generator=dice.generator)[:, dice.positions]
    return torch.rand(rows, count, generator=dice)


def augment_batch(
    images: Tensor, generator: Dice, *, zoom: float = 0.15, light: float = 0.2, flip: float = 0.5, crop: Crop = "both"
) -> Tensor:
    """Mirror, crop, shift, and change brightness, contrast and colour, each photo by itself.

    Args:
        images: [N, 3, height, width], values in 0..1.
        generator: a CPU generator; the same seed gives the same views.
        zoom: a crop keeps at least 1 - zoom of each edge, anywhere in the frame.
        light: brightness, contrast and colour are scaled by 1 - light to 1 + light.
        flip: share of photos that are mirrored.
        crop: "width" keeps the height whole: for pictures in which it tells what they are, as pitch in spectrograms.

    Returns:
        Another tensor of the same shape, values in 0..1.
    """
    draws = uniform(7, len(images), generator).to(images)
    wide = 1 - zoom * draws[0]
    high = wide if crop == "both" else torch.ones_like(wide)
    images = _view(images, wide, high, draws[1], draws[2], draws[3] < flip)
    return _relight(images, 1 - light + 2 * light * draws[4:])


def _view(images: Tensor, wide: Tensor, high: Tensor, right: Tensor, down: Tensor, mirror: Tensor) -> Tensor:
    theta = torch.zeros(len(images), 2, 3, dtype=images.dtype, device=images.device)
    theta[:, 0, 0] = torch.where(mirror, -wide, wide)
    theta[:, 1, 1] = high
    theta[:, 0, 2] = (2 * right - 1) * (1 - wide)
    theta[:, 1, 2] = (2 * down - 1) * (1 - high)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    if images.device.type == "mps":  # knows no border; the centres of the outermost pixels are one
        return F.grid_sample(images, to_the_border(grid, images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def to_the_border(grid: Tensor, shape: Sequence[int]) -> Tensor:
    """A sampling grid [N, height, width, 2] that stops at the centres of the outermost pixels of [N, C, height, width]:
    what "border" padding sees beyond them."""
    edge = torch.tensor([1 - 1 / shape[-1], 1 - 1 / shape[-2]], dtype=grid.dtype, device=grid.device)
    return torch.minimum(torch.maximum(grid, -edge), edge)


def _relight(images: Tensor, factors: Tensor) -> Tensor:
    brightness, contrast, colour = factors[:, :, None, None, None]
    images = images * brightness
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * colour
    middle = grey.mean((2, 3), keepdim=True)
    return (middle + (images - middle) * contrast).clamp(0, 1)
