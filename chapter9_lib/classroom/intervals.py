"""95 % t intervals over a handful of seeds, without scipy."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from chapter9_lib.student import t_quantile

__all__ = ["paired_difference", "rounded", "t_interval"]


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


def rounded(value: float, digits: int) -> str:
    """A number as it is printed: rounded, a true minus sign, and never "−0"."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
