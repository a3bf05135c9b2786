"""How far into a network what it learned for one task serves another: Yosinski's experiment, on any architecture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze, stages, unfreeze
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.training.progress import progress_bar

__all__ = ["ARMS", "Arm", "transfer_cell", "transfer_grid", "transplant"]


@dataclass(frozen=True)
class Arm:
    """A way of building a network for task B on layers of a donor.

    Attributes:
        donor: "A", trained on the other task, or "B", trained on this very one.
        frozen: whether the layers taken over stay as they are; else everything is trained.
    """

    donor: str
    frozen: bool

    def name(self, layers: int | str = "n") -> str:
        """As in the paper: AnB, BnB, AnB+, BnB+."""
        return f"{self.donor}{layers}B{'' if self.frozen else '+'}"


ARMS = (Arm("B", True), Arm("A", True), Arm("B", False), Arm("A", False))
"""The four arms of Yosinski et al. (2014, arXiv 1411.1792, section 2)."""


def transplant(donor: nn.Module, receiver: nn.Module, layers: int) -> nn.Module:
    """Copy the first stages of one network into another of the same build, in place.

    Args:
        donor: where weights and norm statistics come from.
        receiver: a network with the same stages; from stage `layers` on it stays as it is.
        layers: how many stages, counted from the stem; 0 copies none.

    Returns:
        The receiver.

    Raises:
        ValueError: when there are fewer stages before the head, or the two are not of the same build there.
    """
    given, own = stages(donor), stages(receiver)
    if not 0 <= layers < len(own):
        raise ValueError(f"layers={layers}: a {type(receiver).__name__} has {len(own) - 1} stages before its head")
    source, target = donor.state_dict(), receiver.state_dict()
    names = {name for stage in own[:layers] for name in stage.tensors if name in target}
    there = {name for stage in given[:layers] for name in stage.tensors if name in source}
    other = sorted(names ^ there) or [name for name in sorted(names) if source[name].shape != target[name].shape]
    if other:
        raise ValueError(f"the two networks are not of the same build: {other[0]} differs")
    with torch.no_grad():
        for name in names:
            target[name].copy_(source[name])
    return receiver


def transfer_cell(
    arm: Arm, layers: int, donor: nn.Module, make: Callable[[], nn.Module], train: Sequence[Any], *,
    epochs: int, lr: float, seed: int = 0, **options: Any,  # noqa: ANN401 - of fine_tune
) -> nn.Module:  # fmt: skip
    """One network of the grid: the donor's first layers, then fresh ones, trained on task B.

    Args:
        arm: whether the donor's layers stay frozen.
        layers: how many stages the donor gives.
        donor: a trained network.
        make: builds a fresh network for task B; random weights are drawn under `seed`.
        train: the photos of task B.
        epochs: passes over them.
        lr: the highest learning rate, the same for all layers.
        seed: of the fresh weights and of the training.
        options: further arguments of `fine_tune`, such as `views` or `batch_size`. All cells see random views.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = transplant(donor, make(), layers)
    if arm.frozen and layers:
        freeze(model, stages(model)[layers].name)
    else:
        unfreeze(model)
    fine_tune(model, train, phases=[Phase(None, epochs, lr)], seed=seed, **{"augment": True, **options})
    return model


def transfer_grid(
    donors: Mapping[str, nn.Module], make: Callable[[], nn.Module], train: Sequence[Any], test: Sequence[Any], *,
    layers: Sequence[int] | None = None, arms: Sequence[Arm] = ARMS, epochs: int = 12, lr: float = 3e-3,
    seed: int = 0, progress: bool = True, **options: Any,  # noqa: ANN401 - of fine_tune
) -> list[dict[str, Any]]:  # fmt: skip
    """Yosinski et al. (2014, arXiv 1411.1792): what each arm scores on task B with so many layers taken over.

    Where AnB falls below the network trained on B from scratch, there are two reasons, and BnB tells them apart: layers
    that had grown used to each other and were torn apart hurt BnB too; layers too special for task A hurt AnB alone.

    Args:
        donors: {"A": trained on the other task, "B": trained on this one}.
        make: builds a fresh network for task B.
        train: the photos of task B to learn from.
        test: others, to score on.
        layers: how many stages to take over; None: one, two, ..., all before the head.
        arms: which of the four.
        epochs: of each cell.
        lr: highest learning rate of each cell.
        seed: of the fresh layers and the training.
        progress: show a bar over the cells.
        options: further arguments of `fine_tune`.

    Returns:
        A row a cell: `arm` (such as "AnB+"), `layers`, and the `evaluation` on `test`.

    Raises:
        ValueError: when a donor is missing, or of another build.
    """
    missing = sorted({arm.donor for arm in arms} - donors.keys())
    if missing:
        raise ValueError(f"donors has no {', '.join(missing)}: pass a network trained on each task")
    whole = range(1, len(stages(next(iter(donors.values())))))
    cells = [(arm, count) for arm in arms for count in (whole if layers is None else layers)]
    rows = []
    for arm, count in progress_bar(cells, "cells", progress):
        model = transfer_cell(
            arm, count, donors[arm.donor], make, train, epochs=epochs, lr=lr, seed=seed, progress=False, **options
        )
        rows.append({"arm": arm.name(), "layers": count, "evaluation": evaluate(model, test)})
    return rows
