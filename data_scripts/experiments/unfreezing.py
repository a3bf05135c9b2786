"""Which layers to thaw, when, and how far: six recipes of equal length, and a control (claims T2, T3 and R1)."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world
from data_scripts.experiments.fine_tuning_rates import old_kinds
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "RATES", "RECIPES", "rate_needed", "tuned"]

EPOCHS = 15
"""Of every recipe, however it shares them out; the chapter's three phases take 13."""
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
"""The head's highest rate; every recipe chooses among four."""
_BATCH, _TENTH = 32, 0.1

RECIPES: dict[str, Callable[[float], list[Phase]]] = {
    "head only": lambda rate: [Phase("head", EPOCHS, rate)],
    "flat": lambda rate: [Phase("stem", EPOCHS, rate)],
    "discriminative": lambda rate: [Phase("stem", EPOCHS, rate, _TENTH)],
    "gradual": lambda rate: [Phase(until, EPOCHS // 3, rate) for until in ("head", "layer4", "layer3")],
    "gradual + discriminative": lambda rate: [
        Phase(until, EPOCHS // 3, rate, _TENTH) for until in ("head", "layer4", "layer3")
    ],
    "LP-FT": lambda rate: [Phase("head", EPOCHS // 3, 1e-2), Phase("stem", EPOCHS - EPOCHS // 3, rate)],
}

CONTROL = "flat, ten epochs"
"""Flat at the same rate, for as many epochs as LP-FT thaws: the two differ in who goes first, and in nothing else."""


def tuned(recipe: str, rate: float, train: Photos, seed: int) -> nn.Module:
    """A model trained by one recipe; its norms keep the statistics that they came with."""
    torch.manual_seed(seed)
    model = freeze_batchnorm(open_world("lab").model(5))
    phases = RECIPES[recipe](rate) if recipe != CONTROL else [Phase("stem", EPOCHS - EPOCHS // 3, rate)]
    fine_tune(model, train, phases=phases, batch_size=_BATCH, seed=seed, progress=False)
    return model


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    recipe, train = keys["recipe"], photos_of("train").sample(keys["photos"], seed=seed)
    model = tuned(recipe, _rate(recipe), train, seed)
    scores = {split: 100 * evaluate(model, photos_of(split)).accuracy for split in ("test", "test-seen", "night")}
    return scores | {"source kinds": old_kinds(model)}


def rate_needed(recipe: str) -> dict[str, str]:
    """The backbone, and the rate that was best for a recipe: a value holds for no other."""
    return bundled_backbone() | {f"rate of {'flat' if recipe == CONTROL else recipe}": f"{_rate(recipe):g}"}


def _rate(recipe: str) -> float:
    from data_scripts.experiments.unfreezing_rates import best_rate_of

    return best_rate_of("flat" if recipe == CONTROL else recipe)


PLAN = Plan(
    name="unfreezing",
    question="Thawing all at once or stage by stage, at one rate or at several: does it matter, and where?",
    claims=["T2", "T3", "R1"],
    conditions=[{"recipe": recipe, "photos": 800} for recipe in (*RECIPES, CONTROL)],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: rate_needed(keys["recipe"]),
    seconds=lambda keys: 10 if keys["recipe"] == "head only" else 140,
)
