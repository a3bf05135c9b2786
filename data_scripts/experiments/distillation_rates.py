"""Which of three rates a student gets, from labels alone and from a teacher, on validation photos."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.learning_rates import best_of
from data_scripts.experiments.students import RATES, taught
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "best_student_rate"]

_LABELS = 200
_TAUGHT = {"labels": 0.0, "teacher": 0.7}


def _run(keys: Mapping[str, Any], seed: int) -> float:
    model = taught(_LABELS, seed, keys["rate"], soft_weight=_TAUGHT[keys["from"]])
    return 100 * evaluate(model, photos_of("val")).accuracy


PLAN = Plan(
    name="distillation-rates",
    question="Which of three learning rates serves a student best on the validation photos?",
    claims=[],
    conditions=[{"from": source, "rate": rate} for source in _TAUGHT for rate in RATES],
    seeds=[100],
    run=_run,
    needs=lambda keys: bundled_backbone("lab-teacher"),
    seconds=80,
)


def best_student_rate(soft_weight: float) -> float:
    """The rate with the best validation accuracy: for labels alone, or where a teacher has a say."""
    return best_of(PLAN, **{"from": "teacher" if soft_weight else "labels"})
