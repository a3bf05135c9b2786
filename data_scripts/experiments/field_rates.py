"""How high may the rates be when a real network thaws, and how fast should they fall (claims T2 and T6)?

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. Everything but the rates of the second phase is as in
`field-decisions`, whose "gradual" and "full" are one way more: 1e-3 for the head, times 0.6 for each stage before it.
`fit` took times 0.3 before this was measured. MobileNetV2 has ten stages, so its stem learned at 2e-8.
"""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.field import field_weights
from data_scripts.experiments.field_tasks import NETWORK, PHOTOS, TASKS, tasks_world
from data_scripts.experiments.field_way import as_fit, score
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_RATES: dict[str, dict[str, float]] = {
    "1e-3, times 0.3 a stage": {"lr": 1e-3, "layer_decay": 0.3},
    "1e-4 everywhere": {"lr": 1e-4, "layer_decay": 1.0},
    "1e-3 everywhere": {"lr": 1e-3, "layer_decay": 1.0},
}


def _run(keys: Mapping[str, Any], fold: int) -> float:
    task = TASKS[keys["task"]]
    way = as_fit(keys["strategy"], **_RATES[keys["rates"]])
    return score(way, task, *task.photos(fold, keys["photos"]), fold)


PLAN = Plan(
    name="field-rates",
    question="When a real network thaws, how high may the rates be, and how fast should they fall?",
    claims=["T2", "T6"],
    conditions=[
        {"task": task, "photos": photos, "strategy": strategy, "rates": rates}
        for task in TASKS for photos in PHOTOS[1:] for strategy in ("gradual", "full") for rates in _RATES
        if strategy == "full" or rates != "1e-3 everywhere"
    ],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    needs=lambda keys: field_weights(f"timm/{NETWORK}"),
    seconds=lambda keys: 70 if keys["strategy"] == "full" else 15,
    world=tasks_world,
)  # fmt: skip
