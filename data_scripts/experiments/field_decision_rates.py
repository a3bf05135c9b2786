"""Which of three rates adapters and training from scratch get in the real decision table (no claims; a choice).

Needs CHAPTER9_FIELD. Tried on photos of other bursts and speakers of the first fold's training part; they are test
photos of other folds, for both alike.
"""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.field import field_weights
from data_scripts.experiments.field_tasks import NETWORK, TASKS, tasks_world
from data_scripts.experiments.field_way import Maker, from_scratch, score, with_adapters
from data_scripts.experiments.learning_rates import best_of, chosen_in
from data_scripts.recording import Plan

__all__ = ["PLAN", "best_field_rate", "field_rate_needed"]

_PHOTOS, _SEED = 200, 100
_TRIED: dict[str, tuple[Any, tuple[float, ...]]] = {
    "adapters": (with_adapters, (1e-3, 3e-3, 1e-2)), "scratch": (from_scratch, (3e-4, 1e-3, 3e-3)),
}  # fmt: skip


def _run(keys: Mapping[str, Any], seed: int) -> float:
    task, make = TASKS[keys["task"]], _TRIED[keys["strategy"]][0]
    way: Maker = make(keys["rate"])
    return score(way, task, *task.to_choose_by(_PHOTOS), seed)


PLAN = Plan(
    name="field-decision-rates",
    question="Which of three learning rates serves adapters best on each real task, and which a start from scratch?",
    claims=[],
    conditions=[
        {"task": task, "strategy": strategy, "rate": rate}
        for task in TASKS for strategy, (_, rates) in _TRIED.items() for rate in rates
    ],
    seeds=[_SEED],
    run=_run,
    needs=lambda keys: field_weights(f"timm/{NETWORK}") if keys["strategy"] == "adapters" else {},
    seconds=lambda keys: 60 if keys["strategy"] == "adapters" else 180,
    world=tasks_world,
)  # fmt: skip


def best_field_rate(task: str, strategy: str) -> float:
    """The rate that a strategy, "adapters" or "scratch", gets for a task."""
    return best_of(PLAN, task=task, strategy=strategy)


def field_rate_needed(task: str, strategy: str) -> dict[str, str]:
    """For `Plan.needs`."""
    return chosen_in(PLAN, best_field_rate(task, strategy), task=task, strategy=strategy)
