"""How the learning rate moves during training: factors of the highest rate, by progress from 0 to 1."""

import math
from collections.abc import Callable

__all__ = ["constant", "cosine", "schedule_named"]


def cosine(progress: float) -> float:
    """Half a cosine wave from 1 down to 0 (Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def constant(progress: float) -> float:
    """Always 1."""
    return 1.0


def schedule_named(schedule: str | Callable[[float], float]) -> Callable[[float], float]:
    """The schedule of that name; a function from progress to factor is passed on.

    Raises:
        ValueError: naming the schedules that exist.
    """
    if callable(schedule):
        return schedule
    known = {function.__name__: function for function in (cosine, constant)}
    if schedule not in known:
        raise ValueError(f"schedule={schedule!r}: choose one of {', '.join(known)}, or pass a function of progress")
    return known[schedule]
