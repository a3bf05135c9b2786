"""How thin a matrix is: what its strongest directions hold of it."""

import torch
from torch import Tensor

__all__ = ["spectrum"]


def spectrum(matrix: Tensor) -> list[float]:
    """Percent of a matrix that its strongest direction holds, its two strongest, and so on, up to 100.

    Of the sum of its squares, that is: the running sum of its squared singular values.

    Args:
        matrix: a layer's weight, or a change of it, [outputs, inputs]; a convolution's [outputs, inputs, height, width]
            counts as one row for each output. It may take gradients and lie on any device.

    Raises:
        ValueError: when it has fewer than two axes, or nothing but zeros.
    """
    if matrix.ndim < 2:
        raise ValueError(f"A matrix is wanted; this has the shape {tuple(matrix.shape)}")
    squared = torch.linalg.svdvals(matrix.detach().cpu().double().flatten(1)).square()
    if not squared.sum() > 0:
        raise ValueError("There is nothing in it but zeros, so no direction holds any of it")
    return (100 * squared.cumsum(0) / squared.sum()).tolist()
