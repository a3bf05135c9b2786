"""95 % t intervals over a handful of seeds, without scipy."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

__all__ = ["paired_difference", "rounded", "t_interval", "t_quantile"]


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


def t_interval(values: Sequence[float], share: float = 0.95) -> tuple[float, float] | None:
    """Mean ± t · s/√n over independent values; None for a single one, which has no spread to go by."""
    if len(values) < 2:
        return None
    half = t_quantile(len(values) - 1, share) * stdev(values) / math.sqrt(len(values))
    return fmean(values) - half, fmean(values) + half


def paired_difference(a: Sequence[float], b: Sequence[float]) -> tuple[float, tuple[float, float] | None]:
    """Mean of `a - b`, seed by seed, with its t interval.

    Raises:
        ValueError: when the two are not equally long.
    """
    if len(a) != len(b) or not a:
        raise ValueError(f"A paired difference needs the same seeds on both sides; got {len(a)} and {len(b)} values.")
    gaps = [x - y for x, y in zip(a, b, strict=True)]
    return fmean(gaps), t_interval(gaps)


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


def rounded(value: float, digits: int) -> str:
    """A number as it is printed: rounded, a true minus sign, and never "−0"."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
