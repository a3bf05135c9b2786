"""What one answer costs: time for a single photo, parameters, bytes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models import preprocessing
from chapter9_lib.models.modes import evaluating
from chapter9_lib.training.devices import place

__all__ = ["Cost", "costs"]

_WARM_UP, _TURN = 5, 10


@dataclass(frozen=True)
class Cost:
    """Of one network on one photo, on this machine.

    Attributes:
        milliseconds: of each repeat, shape (R,): from the prepared photo to the scores.
        parameters: how many numbers it has learned.
        megabytes: what these and its buffers take as they are in memory.
    """

    milliseconds: np.ndarray
    parameters: int
    megabytes: float

    @property
    def median(self) -> float:
        """Half of the answers came within so many milliseconds."""
        return float(np.median(self.milliseconds))

    @property
    def p90(self) -> float:
        """Nine in ten did."""
        return float(np.quantile(self.milliseconds, 0.9))

    def __str__(self) -> str:
        return (
            f"{self.median:.1f} ms a photo (nine in ten within {self.p90:.1f}), {self.parameters / 1e6:.2f} M "
            f"parameters, {self.megabytes:.1f} MB"
        )


def costs(models: Mapping[str, nn.Module], *, repeats: int = 50, threads: int = 1) -> dict[str, Cost]:
    """Measure several networks, each at its own photo size, one photo at a time, on the CPU.

    They take turns, ten photos at a time, so that whatever else the machine does slows all of them alike: the ratios
    can be trusted further than the milliseconds. The first photo of each turn, for which a network has to be fetched
    into the processor's caches, doesn't count.

    Args:
        models: by name; each carries its preprocessing. They are left as they were, but on the CPU.
        repeats: answers of each.
        threads: how many torch may use.

    Raises:
        ValueError: when there is nothing to measure.
        TypeError: for networks without names.
    """
    if not isinstance(models, Mapping):
        raise TypeError(f'Networks by name are wanted, not {type(models).__name__}: costs({{"mine": model}})')
    if not models or repeats < 1 or threads < 1:
        raise ValueError(f"{len(models)} models, repeats={repeats}, threads={threads}: at least one of each is wanted")
    before = torch.get_num_threads()
    for model in models.values():
        place(model, torch.device("cpu"))  # all laid out alike in memory, or the trained ones would be the quicker ones
    photos = {name: torch.zeros(1, 3, *preprocessing(model).size) for name, model in models.items()}
    taken: dict[str, list[float]] = {name: [] for name in models}
    torch.set_num_threads(threads)
    try:
        for name, model in models.items():
            for _ in range(_WARM_UP):
                _timed(model, photos[name])
        for done in range(0, repeats, _TURN):
            for name, model in models.items():
                turn = [_timed(model, photos[name]) for _ in range(1 + min(_TURN, repeats - done))]
                taken[name] += turn[1:]
    finally:
        torch.set_num_threads(before)
    return {name: _cost(model, taken[name]) for name, model in models.items()}


def _timed(model: nn.Module, photo: Tensor) -> float:
    with evaluating(model), torch.inference_mode():
        start = time.perf_counter()
        model(photo)
        return 1000 * (time.perf_counter() - start)


def _cost(model: nn.Module, milliseconds: list[float]) -> Cost:
    tensors = [*model.parameters(), *model.buffers()]
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors) / 1e6
    return Cost(np.array(milliseconds), sum(p.numel() for p in model.parameters()), size)
