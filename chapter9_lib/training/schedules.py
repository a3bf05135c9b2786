"""How the learning rate moves during training: factors of the highest rate, by progress from 0 to 1."""

import math
from collections.abc import Callable

__all__ = ["Schedule", "constant", "cosine", "schedule_named", "slanted_triangular"]

Schedule = Callable[[float], float]


def cosine(progress: float) -> float:
    """Half a cosine wave from 1 down to 0 (Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def constant(progress: float) -> float:
    """Always 1."""
    return 1.0


def slanted_triangular(progress: float, cut: float = 0.1, ratio: float = 32) -> float:
    """Quickly up, slowly down (Howard and Ruder 2018, arXiv 1801.06146, eq. 3).

    Args:
        progress: share of the steps that are done.
        cut: share of the steps in which the rate rises (`cut_frac` in the paper).
        ratio: how many times smaller than the highest the lowest rate is.

    Raises:
        ValueError: for a cut outside [0, 1), after which the rate could not fall, or a ratio below 1.
    """
    if not 0 <= cut < 1:
        raise ValueError(f"cut={cut}: a share in [0, 1) is wanted, so that steps are left in which the rate falls")
    if not ratio >= 1:
        raise ValueError(f"ratio={ratio}: at least 1 is wanted")
    share = progress / cut if progress < cut else 1 - (progress - cut) / (1 - cut)
    return (1 + share * (ratio - 1)) / ratio


def schedule_named(schedule: str | Schedule) -> Schedule:
    """The schedule of that name; a function from progress to factor is passed on.

    Raises:
        ValueError: naming the schedules that exist.
    """
    if callable(schedule):
        return schedule
    known = {function.__name__: function for function in (cosine, constant, slanted_triangular)}
    if schedule not in known:
        raise ValueError(f"schedule={schedule!r}: choose one of {', '.join(known)}, or pass a function of progress")
    return known[schedule]
