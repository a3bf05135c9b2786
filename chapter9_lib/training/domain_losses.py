"""How far apart two domains lie in feature space, as losses; and a gradient that goes the other way."""

from typing import Any

import torch
from torch import Tensor

__all__ = ["coral_loss", "gradient_reversal", "mmd_loss"]


def gradient_reversal(features: Tensor, strength: float = 1.0) -> Tensor:
    """The same numbers going forward; going backward, minus `strength` times the gradient.

    Between features and a domain classifier (Ganin and Lempitsky 2015, arXiv 1409.7495): the classifier learns to tell
    domains apart, the features to make it fail.
    """
    return _Reversed.apply(features, float(strength))


def coral_loss(source: Tensor, target: Tensor) -> Tensor:
    """Squared distance of the two covariances, over 4 d² (Sun and Saenko 2016, arXiv 1607.01719, eq. 1).

    Means don't count. (tllib's is four times as large and adds the distance of the means.)

    Args:
        source, target: features [N, d] and [M, d]; at least two rows each.

    Raises:
        ValueError: for other shapes.
    """
    _check(source, target)
    apart = _covariance(source) - _covariance(target)
    return apart.square().sum() / (4 * source.shape[1] ** 2)


def mmd_loss(
    source: Tensor, target: Tensor, *, bandwidth: float | Tensor | None = None, scales: tuple[float, ...] = (1.0,),
    kernel: str = "gaussian",
) -> Tensor:  # fmt: skip
    """Maximum mean discrepancy, squared, without bias (Gretton et al. 2012, eq. 3): about 0 for one distribution.

    With several scales, the mean of their kernels (Long et al. 2015, arXiv 1502.02791).

    Args:
        source, target: features [N, d] and [M, d]; at least two rows each, not necessarily as many.
        bandwidth: what squared distances are divided by; None: their median between any two rows of the source, a
            constant of which no gradient is taken.
        scales: multiples of the bandwidth.
        kernel: "gaussian", exp(-distance² / bandwidth), or "laplacian", exp(-distance / bandwidth), with distances
            that are not squared, which some libraries call Gaussian.

    Raises:
        ValueError: for other shapes or kernels.
    """
    _check(source, target)
    if kernel not in ("gaussian", "laplacian"):
        raise ValueError(f"kernel={kernel!r}: choose gaussian or laplacian")
    within, across, beyond = (_distances(a, b, kernel) for a, b in
                              ((source, source), (source, target), (target, target)))  # fmt: skip
    width = _median(within.detach()) if bandwidth is None else torch.as_tensor(bandwidth).to(within)
    width = width.clamp_min(1e-12)
    found = source.new_zeros(())
    for scale in scales:
        near, between, far = (torch.exp(-d / (scale * width)) for d in (within, across, beyond))
        found = found + _off_diagonal_mean(near) + _off_diagonal_mean(far) - 2 * between.mean()
    return found / len(scales)


class _Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, strength: float) -> Tensor:  # noqa: ANN401
        ctx.strength = strength
        return features.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        return -ctx.strength * gradient, None


def _check(source: Tensor, target: Tensor) -> None:
    fits = source.ndim == target.ndim == 2 and source.shape[1] == target.shape[1]
    if not fits or min(len(source), len(target)) < 2:
        shapes = f"{list(source.shape)} and {list(target.shape)}"
        raise ValueError(f"Features [N, d] and [M, d] with two rows or more are wanted, not {shapes}")


def _covariance(features: Tensor) -> Tensor:
    centred = features - features.mean(0)
    return centred.T @ centred / (len(features) - 1)


def _distances(a: Tensor, b: Tensor, kernel: str) -> Tensor:
    squared = (a[:, None] - b[None]).square().sum(2)
    return squared if kernel == "gaussian" else squared.clamp_min(1e-24).sqrt()


def _median(distances: Tensor) -> Tensor:
    """Of the distances between different rows; each row's to itself, 0, is left out."""
    return distances[~torch.eye(len(distances), dtype=torch.bool, device=distances.device)].median()


def _off_diagonal_mean(values: Tensor) -> Tensor:
    count = len(values)
    return (values.sum() - values.diagonal().sum()) / (count * (count - 1))
