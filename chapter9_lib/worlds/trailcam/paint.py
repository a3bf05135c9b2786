"""Mixing colours on tensors."""

from torch import Tensor

__all__ = ["mix", "soft"]


def soft(value: Tensor, width: float) -> Tensor:
    """0 to 1 as `value` crosses zero, over `width`."""
    return (value / width + 0.5).clamp(0, 1)


def mix(one: Tensor, other: Tensor, weight: Tensor) -> Tensor:
    """Colours `(N, 3)` from `one` (weight 0) to `other` (weight 1), by `weight` `(N,)`."""
    return one + (other - one) * weight[:, None]
