"""Blocks of 2 × 2 pixels: scenery is drawn twice as fine as the photo, animals and shadows as fine as it."""

from torch import Tensor

__all__ = ["double", "fold"]


def double(image: Tensor) -> Tensor:
    """`(H, W, …)` with every pixel twice as wide and high: `(2H, 2W, …)`."""
    return image.repeat_interleave(2, 0).repeat_interleave(2, 1)


def fold(image: Tensor) -> Tensor:
    """Mean over the blocks of `(2H, 2W, …)`: `(H, W, …)`."""
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return image.reshape(h, 2, w, 2, *image.shape[2:]).mean((1, 3))
