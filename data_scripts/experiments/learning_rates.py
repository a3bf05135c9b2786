"""Which learning rate each method gets: three tries each, on validation photos, with a seed of their own."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.classroom import record
from data_scripts.experiments.lab import METHODS, RATES, Task, budget, train_and_test
from data_scripts.recording import Plan, bundled_backbone, results

__all__ = ["PLAN", "TRIED", "best_of", "best_rate", "chosen_in", "needs_of", "seconds_of"]

TRIED = {Task.SPECIES: (100, 800), Task.LOOK_ALIKES: (100, 350)}
"""The numbers of photos that rates are tried with. (Of the 500 look-alikes a quarter is held out for it.)"""


def _run(keys: Mapping[str, Any], seed: int) -> float:
    task = Task(keys["task"])
    train = task.training_part().sample(keys["photos"], seed=seed)
    return train_and_test(keys["method"], train, keys["rate"], seed, (task.validation_split,))[task.validation_split]


def seconds_of(keys: Mapping[str, Any]) -> float:
    """What a run of these keys is expected to take."""
    return 15 + (keys["photos"] * budget(keys["photos"]) / 110 if keys["method"] == "scratch" else 0)


def needs_of(keys: Mapping[str, Any]) -> dict[str, str]:
    """The backbone, where a method borrows it."""
    return {} if keys["method"] in ("scratch", "random-features") else bundled_backbone()


PLAN = Plan(
    name="learning-rates",
    question="Which of three learning rates serves each method best on the validation photos?",
    claims=[],
    conditions=[
        {"task": task.value, "method": method, "photos": photos, "rate": rate}
        for task in Task
        for method in (METHODS if task is Task.SPECIES else METHODS[2:])
        for photos in TRIED[task]
        for rate in RATES
    ],
    seeds=[100],
    run=_run,
    needs=needs_of,
    seconds=seconds_of,
)


def best_rate(method: str, photos: int, task: Task = Task.SPECIES) -> float:
    """The rate with the best validation accuracy, as tried with few photos (for up to 200) or with many."""
    return best_of(PLAN, task=task.value, method=method, photos=TRIED[task][photos > 200])


def best_of(plan: Plan, **keys: Any) -> float:  # noqa: ANN401
    """The rate that did best under these keys, in the runs at hand or, where there are none, in the bundled record.

    Of two that did equally well, the lower one.

    Raises:
        RuntimeError: when the bundled record is of another world.
    """
    runs = [run for run in results(plan).values() if keys.items() <= run["keys"].items()]
    if len(runs) == sum(keys.items() <= tried.items() for tried in plan.conditions):
        return float(max(runs, key=lambda run: (run["values"], -run["keys"]["rate"]))["keys"]["rate"])
    bundled = record(plan.name)
    if bundled.world["hash"] != plan.world()["hash"]:
        raise RuntimeError(f"The record {plan.name} is of another world: measure it first.")
    return float(max(bundled.table(**keys), key=lambda row: (row["mean"], -row["rate"]))["rate"])


def chosen_in(plan: Plan, chosen: float, **keys: Any) -> dict[str, str]:  # noqa: ANN401
    """For `Plan.needs`: what was best under these keys in another record, which a value holds for alone."""
    return {f"{plan.name}: {', '.join(f'{key}={value}' for key, value in keys.items())}": f"{chosen:g}"}
