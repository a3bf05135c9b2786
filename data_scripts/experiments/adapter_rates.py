"""Which of three rates the head, everything, and adapters of each make get, on validation photos."""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.adapters import TRAINED, adapted, rates_for
from data_scripts.experiments.learning_rates import best_of, chosen_in
from data_scripts.recording import Plan, bundled_backbone, lab_world_with

__all__ = ["PLAN", "best_adapter_rate", "rate_needed"]


def _run(keys: Mapping[str, Any], seed: int) -> float:
    return adapted(keys["trained"], keys["rate"], seed, ("val",))["val"]


PLAN = Plan(
    name="adapter-rates",
    question="Which of three learning rates serves adapters of each make best on the validation photos?",
    claims=[],
    conditions=[{"trained": what, "rate": rate} for what in TRAINED for rate in rates_for(what)],
    seeds=[100],
    run=_run,
    needs=lambda keys: bundled_backbone("lab-vit"),
    seconds=lambda keys: 30 if keys["trained"] == "head" else 100,
    world=lambda: lab_world_with("lab-vit"),
)


def best_adapter_rate(what: str) -> float:
    """The rate with the best validation accuracy."""
    return best_of(PLAN, trained=what)


def rate_needed(what: str) -> dict[str, str]:
    """The backbone, and the rate that was best."""
    return bundled_backbone("lab-vit") | chosen_in(PLAN, best_adapter_rate(what), trained=what)
