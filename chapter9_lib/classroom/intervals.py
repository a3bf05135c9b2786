"""95 % t intervals over a handful of seeds, without scipy."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from chapter9_lib.student import t_quantile

__all__ = ["paired_difference", "rounded", "t_interval"]


def t_interval(values: Sequence[float], share: float = 0.95, overlap: float = 0.0) -> tuple[float, float] | None:
    """Mean ± t · s · √(1/n + overlap); None for a single value, which has no spread to go by.

    Args:
        values: independent ones; or scores on parts of one set that was cut several times, each time to train on the
            rest: these share photos, and s/√n is too small for them (Nadeau and Bengio 2003, "Inference for the
            Generalization Error", eq. 9, the corrected resampled t).
        share: of all intervals that should hold the mean.
        overlap: 0 for independent values, else photos tested on for each photo trained on, 1/4 for fifths.
    """
    if len(values) < 2:
        return None
    half = t_quantile(len(values) - 1, share) * stdev(values) * math.sqrt(1 / len(values) + overlap)
    return fmean(values) - half, fmean(values) + half


def paired_difference(
    a: Sequence[float], b: Sequence[float], overlap: float = 0.0
) -> tuple[float, tuple[float, float] | None]:
    """Mean of `a - b`, seed by seed, with its t interval (see `t_interval` for `overlap`).

    Raises:
        ValueError: when the two are not equally long.
    """
    if len(a) != len(b) or not a:
        raise ValueError(f"A paired difference needs the same seeds on both sides; got {len(a)} and {len(b)} values.")
    gaps = [x - y for x, y in zip(a, b, strict=True)]
    return fmean(gaps), t_interval(gaps, overlap=overlap)


def rounded(value: float, digits: int) -> str:
    """A number as it is printed: rounded, a true minus sign, and never "−0"."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
