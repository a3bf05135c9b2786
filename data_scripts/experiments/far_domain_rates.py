"""Which of three rates each strategy of `far-domain` gets, on validation calls, with a seed of its own."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from chapter9_lib.worlds.calls import open_calls
from data_scripts.experiments.far_domain import RATES, STRATEGIES, tuned_for_calls
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

_LABELS, _SCORED, _SEED = 200, 300, 109


def _run(keys: Mapping[str, Any], seed: int) -> float:
    model, _ = tuned_for_calls(keys["strategy"], _LABELS, keys["rate"], seed)
    return 100 * evaluate(model, open_calls("val", _SCORED)).accuracy


PLAN = Plan(
    name="far-domain-rates",
    question="Which of three learning rates serves each strategy best on validation calls?",
    claims=[],
    conditions=[{"strategy": strategy, "rate": rate} for strategy in STRATEGIES for rate in RATES],
    seeds=[_SEED],
    run=_run,
    needs=lambda keys: bundled_backbone(),
    seconds=60,
)
