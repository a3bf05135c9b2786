"""The decision table on real data, as far as it goes: four tasks, up to 600 photos (claims G1, G2 and T6).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. Every strategy makes as many steps: thirty epochs, but at least
120 and at most 200; one that starts from scratch makes three times as many. Rates, layer decay and stages are those
that `chapter9 fit` takes unasked. They were chosen on rendered photos, none of them here, but for the layer decay: that
was chosen in `field-rates`, on these very folds. Other strategies get the best of three rates, task by task; `fit`
itself takes 1e-3 for what it begins afresh. Self-supervision is not tried: there are too few photos without labels. "as
the chapter says" takes the chapter's strategy with the chapter's rates.
"""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import Phase
from data_scripts.experiments.field import field_weights
from data_scripts.experiments.field_decision_rates import TRIED, best_field_rate, field_rate_needed
from data_scripts.experiments.field_tasks import NETWORK, PHOTOS, TASKS, FieldTask, tasks_world
from data_scripts.experiments.field_way import VIEWS, Maker, Way, as_fit, score
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_CHAPTER_RATE = 1e-3


def _as_the_chapter_says(task: FieldTask, epochs: int) -> Way:
    """All tasks have fewer than 1,000 photos: the head alone, for far ones with augmentation."""
    options = {"augment": True, "views": VIEWS} if task.far and task.pictures else {}
    return Way(task.borrowed(), (Phase("head", epochs, _CHAPTER_RATE),), options)


_STRATEGIES: dict[str, Maker] = {
    "frozen": as_fit("head"), "gradual": as_fit("gradual"), "full": as_fit("full"),
    "as the chapter says": _as_the_chapter_says,
}  # fmt: skip
_REMEDIES = ("full with norms alive", "deep stages afresh")
"""For tasks that the chapter would call far, tried with these alone."""


def _run(keys: Mapping[str, Any], fold: int) -> float:
    name, strategy = keys["task"], keys["strategy"]
    make = _STRATEGIES.get(strategy) or TRIED[strategy][0](best_field_rate(name, strategy))
    return score(make, TASKS[name], *TASKS[name].photos(fold, keys["photos"]), fold)


def _needs(keys: Mapping[str, Any]) -> dict[str, str]:
    """The weights that are borrowed, and what another record chose."""
    strategy = keys["strategy"]
    borrowed = {} if strategy == "scratch" else field_weights(f"timm/{NETWORK}")
    return borrowed | (field_rate_needed(keys["task"], strategy) if strategy in TRIED else {})


PLAN = Plan(
    name="field-decisions",
    question="With so many real photos of a task so near or far, which strategy wins?",
    claims=["G1", "G2", "T6"],
    conditions=[
        {"task": task, "photos": photos, "strategy": strategy}
        for task in TASKS for photos in PHOTOS for strategy in (*_STRATEGIES, *TRIED)
        if strategy not in _REMEDIES or TASKS[task].far
    ],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    needs=_needs,
    seconds=lambda keys: {"frozen": 4, "as the chapter says": 6, "gradual": 10, "scratch": 180}.get(
        keys["strategy"], 60
    ),
    world=tasks_world,
)  # fmt: skip
