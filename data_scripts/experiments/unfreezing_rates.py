"""Which of four rates each recipe of `unfreezing` gets, on validation photos, with a seed of its own."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.learning_rates import best_of
from data_scripts.experiments.unfreezing import RATES, RECIPES, tuned
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "best_rate_of"]


def _run(keys: Mapping[str, Any], seed: int) -> float:
    model = tuned(keys["recipe"], keys["rate"], photos_of("train"), seed)
    return 100 * evaluate(model, photos_of("val")).accuracy


PLAN = Plan(
    name="unfreezing-rates",
    question="Which of four learning rates serves each recipe of thawing best on the validation photos?",
    claims=[],
    conditions=[{"recipe": recipe, "rate": rate} for recipe in RECIPES for rate in RATES],
    seeds=[100],
    run=_run,
    needs=lambda keys: bundled_backbone(),
    seconds=lambda keys: 10 if keys["recipe"] == "head only" else 160,
)


def best_rate_of(recipe: str) -> float:
    """The rate with the best validation accuracy."""
    return best_of(PLAN, recipe=recipe)
