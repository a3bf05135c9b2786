"""The decision table on real data, as far as it goes: four tasks, up to 600 photos (claims G1, G2 and T6).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. Every strategy makes as many steps: thirty epochs, but at
least 120 and at most 200. Rates, layer decay and stages are those that `chapter9 fit` takes unasked. They were chosen
on rendered photos, none of them here, but for the layer decay: that was chosen in `field-rates`, on these very folds.
"as the chapter says" takes the chapter's strategy with the chapter's rates.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm
from chapter9_lib.pipeline import Settings
from chapter9_lib.pipeline.fitting import phases_of
from chapter9_lib.training import Phase, evaluate, fine_tune
from data_scripts.experiments.field import field_weights
from data_scripts.experiments.field_tasks import NETWORK, PHOTOS, TASKS, FieldTask, tasks_world
from data_scripts.experiments.lab import budget
from data_scripts.recording import Plan

__all__ = ["PLAN", "as_fit", "trained"]

_STEPS, _VIEWS, _CHAPTER_RATE = 200, 4, 1e-3
_Way = tuple[nn.Module, tuple[Phase, ...], dict[str, Any]]


def as_fit(strategy: str, layer_decay: float = 0.6, lr: float = 1e-3) -> Callable[[FieldTask, int], _Way]:
    """What `fit` does when it is told to, in a third of the epochs for the head and the rest for more."""

    def way(task: FieldTask, epochs: int) -> _Way:
        model, alone = freeze_batchnorm(task.borrowed()), epochs if strategy == "head" else epochs // 3
        more = max(1, epochs - alone)
        asked = Settings(strategy=strategy, head_epochs=alone, epochs=more, lr=lr, layer_decay=layer_decay)
        phases = phases_of(model, asked)
        return model, phases, {"views": _VIEWS} if task.pictures and strategy != "head" else {}

    return way


def _alive(task: FieldTask, epochs: int) -> _Way:
    _, phases, options = as_fit("full")(task, epochs)
    return task.borrowed(), phases, options


def _as_the_chapter_says(task: FieldTask, epochs: int) -> _Way:
    """All tasks have fewer than 1,000 photos: the head alone, for far ones with augmentation."""
    options = {"augment": True, "views": _VIEWS} if task.far and task.pictures else {}
    return task.borrowed(), (Phase("head", epochs, _CHAPTER_RATE),), options


_STRATEGIES: dict[str, Callable[[FieldTask, int], _Way]] = {
    "frozen": as_fit("head"), "gradual": as_fit("gradual"), "full": as_fit("full"), "full with norms alive": _alive,
    "as the chapter says": _as_the_chapter_says,
}  # fmt: skip


def trained(way: Callable[[FieldTask, int], _Way], keys: Mapping[str, Any], fold: int) -> float:
    """What a network that was trained in this way names right on the fold's test photos, in percent."""
    task = TASKS[keys["task"]]
    train, test = task.photos(fold, keys["photos"])
    torch.manual_seed(fold)
    model, phases, options = way(task, budget(keys["photos"], _STEPS))
    options = {"augment": None if task.pictures else False} | options
    fine_tune(model, train, phases=phases, batch_size=32, seed=fold, progress=False, **options)
    return 100 * evaluate(model, test).accuracy


def _run(keys: Mapping[str, Any], fold: int) -> float:
    return trained(_STRATEGIES[keys["strategy"]], keys, fold)


PLAN = Plan(
    name="field-decisions",
    question="With so many real photos of a task so near or far, which strategy wins?",
    claims=["G1", "G2", "T6"],
    conditions=[
        {"task": task, "photos": photos, "strategy": strategy}
        for task in TASKS for photos in PHOTOS for strategy in _STRATEGIES
        if strategy != "full with norms alive" or TASKS[task].far
    ],
    seeds=[0, 1, 2],
    repeats="folds",
    run=_run,
    needs=lambda keys: field_weights(f"timm/{NETWORK}"),
    seconds=lambda keys: (30 if keys["strategy"] in ("frozen", "as the chapter says") else 70
                          if keys["strategy"] == "gradual" else 200),
    world=tasks_world,
)  # fmt: skip
