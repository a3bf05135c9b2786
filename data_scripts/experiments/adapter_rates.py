"""Which of three rates the head, everything, and adapters of each make get, on validation photos."""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.adapters import RATES, TRAINED, adapted
from data_scripts.experiments.learning_rates import best_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "best_adapter_rate", "rate_needed"]


def _run(keys: Mapping[str, Any], seed: int) -> float:
    return adapted(keys["trained"], keys["rate"], seed, ("val",))["val"]


PLAN = Plan(
    name="adapter-rates",
    question="Which of three learning rates serves adapters of each make best on the validation photos?",
    claims=[],
    conditions=[{"trained": what, "rate": rate} for what in TRAINED for rate in RATES],
    seeds=[100],
    run=_run,
    needs=lambda keys: bundled_backbone("lab-vit"),
    seconds=lambda keys: 30 if keys["trained"] == "head" else 100,
)


def best_adapter_rate(what: str) -> float:
    """The rate with the best validation accuracy."""
    return best_of(PLAN, trained=what)


def rate_needed(what: str) -> dict[str, str]:
    """The backbone, and the rate that was best."""
    return bundled_backbone("lab-vit") | {f"rate of {what}": f"{best_adapter_rate(what):g}"}
