"""Which of three rates a student gets: from labels alone, and from a teacher at a low and a high temperature.

On validation photos, with a seed of their own.
"""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.learning_rates import best_of, chosen_in
from data_scripts.experiments.students import RATES, taught
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "best_student_rate", "student_needs"]

_LABELS = 200
_TAUGHT = {
    "labels": {"soft_weight": 0.0},
    "teacher at 1": {"temperature": 1.0},
    "teacher at 4": {"temperature": 4.0},
}


def _run(keys: Mapping[str, Any], seed: int) -> float:
    model = taught(_LABELS, seed, keys["rate"], **_TAUGHT[keys["from"]])
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


def best_student_rate(soft_weight: float, temperature: float = 4.0) -> float:
    """The rate with the best validation accuracy: of labels alone, or of the temperature that is nearer."""
    source = "labels" if soft_weight == 0 else "teacher at 1" if temperature <= 2 else "teacher at 4"
    return best_of(PLAN, **{"from": source})


def student_needs() -> dict[str, str]:
    """The teacher before he learned the species, and the rates that were best."""
    rates = {"labels": best_student_rate(0), "teacher at 1": best_student_rate(1, 1), "teacher at 4":
             best_student_rate(1)}  # fmt: skip
    needed = bundled_backbone("lab-teacher")
    for source, rate in rates.items():
        needed |= chosen_in(PLAN, rate, **{"from": source})
    return needed
