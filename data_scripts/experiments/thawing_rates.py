"""How far the dials of the whole network may be turned once its head is trained: three rates, on validation photos."""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.lab import THAWING_RATES, Task, thaw_and_test
from data_scripts.experiments.learning_rates import TRIED, best_of, best_rate, needs_of
from data_scripts.recording import Plan

__all__ = ["PLAN", "best_thawing_rate"]


def _run(keys: Mapping[str, Any], seed: int) -> float:
    task = Task(keys["task"])
    train = task.training_part().sample(keys["photos"], seed=seed)
    rates = (best_rate("borrowed", keys["photos"], task), keys["rate"])
    split = task.validation_split
    return thaw_and_test(train, rates, seed, (split,), thaw=keys["method"] == "thawed")[split]


PLAN = Plan(
    name="thawing-rates",
    question="Which of three learning rates serves a trained head best when all is thawed, or when it alone trains on?",
    claims=[],
    conditions=[
        {"task": task.value, "method": method, "photos": photos, "rate": rate}
        for method in ("thawed", "head-again")
        for task in Task
        for photos in TRIED[task]
        for rate in THAWING_RATES
    ],
    seeds=[100],
    run=_run,
    needs=needs_of,
    seconds=lambda keys: 20 + 15 * keys["photos"] / 110,
)


def best_thawing_rate(photos: int, task: Task, method: str = "thawed") -> float:
    """The rate that did best in the second part, as tried with few photos (for up to 200) or with many."""
    return best_of(PLAN, task=task.value, method=method, photos=TRIED[task][photos > 200])
