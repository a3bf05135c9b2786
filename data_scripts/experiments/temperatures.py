"""A student's accuracy over temperature and weight of the teacher's answers (claim D1)."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from data_scripts.experiments.distillation_rates import best_student_rate, best_teacher_rate, rates_needed
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.students import taught
from data_scripts.recording import Plan

__all__ = ["PLAN", "TEMPERATURES", "WEIGHTS"]

TEMPERATURES = (1, 2, 4, 8, 20)
WEIGHTS = (0.3, 0.7, 1.0)
_LABELS = 200


def _run(keys: Mapping[str, Any], seed: int) -> float:
    temperature, weight = keys["temperature"], keys["soft weight"]
    rate, teacher_rate = best_student_rate("teacher", _LABELS, temperature), best_teacher_rate(_LABELS)
    model = taught(_LABELS, seed, rate, teacher_rate, temperature=temperature, soft_weight=weight)
    return 100 * evaluate(model, photos_of("test")).accuracy


PLAN = Plan(
    name="temperatures",
    question="How do temperature and the weight of the teacher's answers change what a student learns?",
    claims=["D1"],
    conditions=[
        {"temperature": temperature, "soft weight": weight} for temperature in TEMPERATURES for weight in WEIGHTS
    ],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: rates_needed(_LABELS),
    seconds=45,
)
