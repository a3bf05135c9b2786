"""Which of three rates each strategy gets in the real decision table that `fit` has no measured rate for (no claims).

Needs CHAPTER9_FIELD. Tried on photos of other bursts and speakers of the first fold's training part; they are test
photos of other folds, for all alike.
"""

from collections.abc import Callable, Mapping
from typing import Any

from data_scripts.experiments.field import field_weights
from data_scripts.experiments.field_tasks import NETWORK, TASKS, tasks_world
from data_scripts.experiments.field_way import Maker, deep_afresh, from_scratch, norms_alive, score, with_adapters
from data_scripts.experiments.learning_rates import best_of, chosen_in
from data_scripts.recording import Plan

__all__ = ["PLAN", "TRIED", "best_field_rate", "field_rate_needed"]

_PHOTOS, _SEED = 200, 100
_RATES = (3e-4, 1e-3, 3e-3)
TRIED: dict[str, tuple[Callable[[float], Maker], tuple[float, ...]]] = {
    "adapters": (with_adapters, (1e-3, 3e-3, 1e-2)), "full with norms alive": (norms_alive, _RATES),
    "deep stages afresh": (deep_afresh, _RATES), "scratch": (from_scratch, _RATES),
}  # fmt: skip
"""{strategy: how it is done at a rate, and the rates}."""


def _run(keys: Mapping[str, Any], seed: int) -> float:
    task, make = TASKS[keys["task"]], TRIED[keys["strategy"]][0]
    return score(make(keys["rate"]), task, *task.to_choose_by(_PHOTOS), seed)


PLAN = Plan(
    name="field-decision-rates",
    question="Which of three learning rates serves each strategy best on each real task?",
    claims=[],
    conditions=[
        {"task": task, "strategy": strategy, "rate": rate}
        for task in TASKS for strategy, (_, rates) in TRIED.items() for rate in rates
        if strategy in ("adapters", "scratch") or TASKS[task].far
    ],
    seeds=[_SEED],
    run=_run,
    needs=lambda keys: {} if keys["strategy"] == "scratch" else field_weights(f"timm/{NETWORK}"),
    seconds=lambda keys: 180 if keys["strategy"] == "scratch" else 60,
    world=tasks_world,
)  # fmt: skip


def best_field_rate(task: str, strategy: str) -> float:
    """The rate that one of `TRIED` gets for a task."""
    return best_of(PLAN, task=task, strategy=strategy)


def field_rate_needed(task: str, strategy: str) -> dict[str, str]:
    """For `Plan.needs`."""
    return chosen_in(PLAN, best_field_rate(task, strategy), task=task, strategy=strategy)
