"""Student's t, without scipy."""

import math

__all__ = ["t_quantile"]


def t_quantile(freedom: int, share: float = 0.95) -> float:
    """The half-width of the central `share` of Student's t with `freedom` degrees, in standard errors.

    From the closed form for whole degrees of freedom (Abramowitz & Stegun 26.7.3-4), inverted by bisection.

    Raises:
        ValueError: for fewer than one degree of freedom.
    """
    if freedom < 1:
        raise ValueError(f"Student's t needs at least 1 degree of freedom (2 values), not {freedom}.")
    low, high = 0.0, 700.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _central(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _central(t: float, freedom: int) -> float:
    """P(|T| < t)."""
    angle = math.atan2(t, math.sqrt(freedom))
    odd, cosine = freedom % 2, math.cos(angle)
    term = total = cosine if odd else 1.0
    for k in range(2 if odd else 1, freedom - 2, 2):
        term *= cosine * cosine * k / (k + 1)
        total += term
    if not odd:
        return math.sin(angle) * total
    return 2 / math.pi * (angle + (math.sin(angle) * total if freedom > 1 else 0.0))
