"""Which of three rates each way to train in `eras` gets, on validation photos, with a seed of its own."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from data_scripts.experiments.eras import LEARNING, learned
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone, lab_world_with

__all__ = ["PLAN"]


def _run(keys: Mapping[str, Any], seed: int) -> float:
    return 100 * evaluate(learned(keys["era"], keys["rate"], photos_of("train"), seed), photos_of("val")).accuracy


PLAN = Plan(
    name="era-rates",
    question="Which of three learning rates serves each era's way to train best on the validation photos?",
    claims=[],
    conditions=[{"era": era, "rate": rate} for era, rates in LEARNING.items() for rate in rates],
    seeds=[100],
    run=_run,
    needs=lambda keys: bundled_backbone("lab-clip"),
    seconds=lambda keys: 15 if keys["era"] == "features, a new head" else 170,
    world=lambda: lab_world_with("lab-clip"),
)
