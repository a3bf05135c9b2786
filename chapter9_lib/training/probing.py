"""Trying a network on a few photos without leaving a trace."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from chapter9_lib.training.crossing import CacheRefused

__all__ = ["Entered", "alike", "no_dice"]


class Entered(Exception):
    """A thawed layer has been entered."""


def alike(whole: Tensor, cut: Tensor) -> bool:
    """Whether class scores are the same, but for rounding in proportion to the largest of them."""
    scale = float(whole.abs().nan_to_num(posinf=0).max())
    return torch.allclose(whole, cut, rtol=1e-3, atol=1e-4 * scale, equal_nan=True)


@contextmanager
def no_dice() -> Iterator[None]:
    """Refuse when random numbers are drawn inside; the generators are put back.

    Raises:
        CacheRefused: when the CPU's generator or a GPU's has moved.
    """
    with torch.random.fork_rng():
        before = _dice()
        try:
            yield
        except Entered:
            _require_still(before)
            raise
        _require_still(before)


def _require_still(before: list[Tensor]) -> None:
    if not all(torch.equal(one, other) for one, other in zip(before, _dice(), strict=True)):
        raise CacheRefused(
            "layers in front of the boundary draw random numbers in training mode (a dropout applied as a function)"
        )


def _dice() -> list[Tensor]:
    return [torch.get_rng_state(), *(torch.cuda.get_rng_state_all() if torch.cuda.is_available() else ())]
