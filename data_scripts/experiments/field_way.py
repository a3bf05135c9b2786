"""How a strategy trains on real photos, and what comes of it: shared by the table and by what chooses its rates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import add_lora, freeze_batchnorm, reinitialize
from chapter9_lib.pipeline import Settings
from chapter9_lib.pipeline.fitting import phases_of
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.worlds import Photos
from data_scripts.experiments.field_tasks import FieldTask
from data_scripts.experiments.lab import budget

__all__ = ["VIEWS", "Maker", "Way", "as_fit", "deep_afresh", "from_scratch", "norms_alive", "score", "with_adapters"]

VIEWS = 4
_STEPS, _RANK, _LONGER, _AFRESH = 200, 4, 3, "blocks.5"


@dataclass
class Way:
    """A network, what is trained of it in which order, how photos are shown, and adapters that come last, if any."""

    model: nn.Module
    phases: tuple[Phase, ...]
    options: dict[str, Any] = field(default_factory=dict)
    adapters: Phase | None = None


Maker = Callable[[FieldTask, int], Way]
"""From a task and a number of epochs."""


def as_fit(strategy: str, layer_decay: float = 0.6, lr: float = 1e-3) -> Maker:
    """What `fit` does when it is told to, in a third of the epochs for the head and the rest for more."""

    def way(task: FieldTask, epochs: int) -> Way:
        model, alone = freeze_batchnorm(task.borrowed()), epochs if strategy == "head" else epochs // 3
        more = max(1, epochs - alone)
        asked = Settings(strategy=strategy, head_epochs=alone, epochs=more, lr=lr, layer_decay=layer_decay)
        phases = phases_of(model, asked)
        return Way(model, phases, {"views": VIEWS} if task.pictures and strategy != "head" else {})

    return way


def with_adapters(lr: float) -> Maker:
    """The head as `fit` trains it; then adapters of rank 4 beside every layer, the head with them."""

    def way(task: FieldTask, epochs: int) -> Way:
        full = as_fit("full")(task, epochs)
        head, rest = full.phases
        return Way(full.model, (head,), full.options, Phase(None, rest.epochs, lr))

    return way


def norms_alive(lr: float) -> Maker:
    """The head as `fit` trains it; then everything at one rate, with norms that learn the new statistics."""

    def way(task: FieldTask, epochs: int) -> Way:
        full = as_fit("full")(task, epochs)
        head, rest = full.phases
        return Way(task.borrowed(), (head, Phase("stem", rest.epochs, lr)), full.options)

    return way


def deep_afresh(lr: float) -> Maker:
    """The last two stages of blocks are drawn anew; then everything at one rate, the norms alive."""

    def way(task: FieldTask, epochs: int) -> Way:
        model = task.borrowed()
        reinitialize(model, _AFRESH)
        return Way(model, (Phase("stem", epochs, lr),))

    return way


def from_scratch(lr: float) -> Maker:
    """Random weights, norms that learn, and three times the epochs: nothing is known at first."""
    return lambda task, epochs: Way(task.borrowed(pretrained=False), (Phase("stem", _LONGER * epochs, lr),))


def score(make: Maker, task: FieldTask, train: Photos, test: Photos, seed: int) -> float:
    """What a network that was trained in this way names right on test photos, in percent."""
    torch.manual_seed(seed)
    way = make(task, budget(len(train), _STEPS))
    options = {"augment": None if task.pictures else False, "batch_size": 32, "seed": seed, "progress": False}
    fine_tune(way.model, train, phases=way.phases, **options | way.options)
    if way.adapters:
        fine_tune(add_lora(way.model, rank=_RANK), train, phases=[way.adapters], **options)
    return 100 * evaluate(way.model, test).accuracy
