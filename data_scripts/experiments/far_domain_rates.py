"""Which of four rates each strategy of `far-domain` gets, on validation data, with a seed of its own."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from data_scripts.experiments.far_domain import STRATEGIES, TARGETS, calls_made, rates_of, seconds_of, tried_with, tuned
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

_SEED = 109
_BY_NIGHT = ("scratch", "frozen", "fine-tuned", "as 04 taught", "afresh from layer4", "afresh from layer3")


def _run(keys: Mapping[str, Any], seed: int) -> float:
    model, _ = tuned(keys["target"], keys["strategy"], keys["labels"], keys["rate"], seed)
    return 100 * evaluate(model, TARGETS[keys["target"]].val()).accuracy


PLAN = Plan(
    name="far-domain-rates",
    question="Which of four learning rates serves each strategy best on validation data?",
    claims=[],
    conditions=[
        {"target": target, "strategy": strategy, "labels": labels, "rate": rate}
        for target, strategies in (("calls", tuple(STRATEGIES)), ("night", _BY_NIGHT))
        for strategy in strategies
        for labels in sorted({tried_with(target, strategy, 200), tried_with(target, strategy, 800)})
        if STRATEGIES[strategy].stretch == 1
        for rate in rates_of(strategy)
    ],
    seeds=[_SEED],
    run=_run,
    needs=lambda keys: bundled_backbone() | {"calls": calls_made()},
    seconds=seconds_of,
)
