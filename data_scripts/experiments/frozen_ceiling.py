"""Where frozen features stop: a linear head, a two-layer head, and the whole network thawed (claims F3 and F5)."""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.lab import Task, thaw_and_test, train_and_test
from data_scripts.experiments.learning_rates import best_rate, needs_of
from data_scripts.experiments.thawing_rates import best_thawing_rate
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_PHOTOS = {Task.SPECIES: (100, 800), Task.LOOK_ALIKES: (100, 500)}
_HEADS = {"linear": "borrowed", "two-layer": "borrowed-two-layer"}
_METHODS = (*_HEADS, "thawed", "head-again")
"""head-again: the linear head with all that thawing got (epochs, augmentation, rates to choose from), still frozen."""


def _run(keys: Mapping[str, Any], seed: int) -> float:
    task, method, photos = Task(keys["task"]), keys["method"], keys["photos"]
    train, split = task.all_training().sample(photos, seed=seed), task.test_split
    if method in _HEADS:
        head = _HEADS[method]
        return train_and_test(head, train, best_rate(head, photos, task), seed, (split,))[split]
    rates = (best_rate("borrowed", photos, task), best_thawing_rate(photos, task, method))
    return thaw_and_test(train, rates, seed, (split,), thaw=method == "thawed")[split]


PLAN = Plan(
    name="frozen-ceiling",
    question="Where do frozen features stop, does a deeper head help, and does thawing go on?",
    claims=["F3", "F5"],
    conditions=[
        {"task": task.value, "method": method, "photos": photos}
        for task in Task
        for photos in _PHOTOS[task]
        for method in _METHODS
    ],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: needs_of({"method": "borrowed"}),
    seconds=lambda keys: 15 + (15 * keys["photos"] / 110 if keys["method"] not in _HEADS else 0),
)
