"""How much too good a random split looks: the same photos cut by photo, by burst and by camera (claim S5)."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from chapter9_lib.worlds import folds
from data_scripts.experiments.lab import budget, photos_of, trained
from data_scripts.experiments.learning_rates import best_rate, needs_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_PHOTOS = 800


def _run(keys: Mapping[str, Any], fold: int) -> float:
    train, test = folds(photos_of("train"), k=5, by=keys["split"])[fold]
    return 100 * evaluate(trained(keys["method"], train, best_rate(keys["method"], _PHOTOS), fold), test).accuracy


PLAN = Plan(
    name="splits",
    question="How much of the score of a random split is neighbouring frames and familiar places?",
    claims=["S5"],
    conditions=[
        {"split": split, "method": method}
        for method in ("borrowed", "scratch")
        for split in ("photo", "burst", "camera")
    ],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    needs=needs_of,
    seconds=lambda keys: 15 + (0.8 * _PHOTOS * budget(640) / 110 if keys["method"] == "scratch" else 0),
)
