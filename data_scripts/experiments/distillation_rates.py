"""Which of three rates a teacher and a student get: from labels alone, or taught, at three temperatures.

On validation photos, with a seed of their own.
"""

from collections.abc import Mapping
from typing import Any

from torch import nn

from chapter9_lib.training import evaluate
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.learning_rates import best_of, chosen_in
from data_scripts.experiments.students import FULL_PHOTO, LABELS, RATES, SMALL_PHOTO, alone, taught, teacher_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "best_student_rate", "best_teacher_rate", "rates_needed"]

_SIZES = {"teacher on whole photos": FULL_PHOTO, "teacher on small photos": SMALL_PHOTO}
_TAUGHT = {"teacher at 1": 1.0, "teacher at 4": 4.0, "teacher at 20": 20.0}
_TRIED = {**dict.fromkeys((*_SIZES, "labels", "teacher at 4"), LABELS),
          **dict.fromkeys(("teacher at 1", "teacher at 20"), (200,))}  # fmt: skip
_TEACHER_RATES = (3e-4, 1e-3, 3e-3)


def _learned(who: str, labels: int, rate: float, seed: int) -> nn.Module:
    if who in _SIZES:
        return teacher_of(labels, seed, rate, _SIZES[who])
    if who == "labels":
        return alone(labels, seed, rate)
    return taught(labels, seed, rate, best_teacher_rate(labels), temperature=_TAUGHT[who])


def _run(keys: Mapping[str, Any], seed: int) -> float:
    return 100 * evaluate(_learned(keys["who"], keys["labels"], keys["rate"], seed), photos_of("val")).accuracy


PLAN = Plan(
    name="distillation-rates",
    question="Which of three learning rates serves a teacher, and a student, best on the validation photos?",
    claims=[],
    conditions=[
        {"who": who, "labels": labels, "rate": rate}
        for who, tried in _TRIED.items()
        for labels in tried
        for rate in (_TEACHER_RATES if who in _SIZES else RATES)
    ],
    seeds=[100],
    run=_run,
    needs=lambda keys: bundled_backbone("lab-teacher"),
    seconds=90,
)


def best_teacher_rate(labels: int, who: str = "teacher on whole photos") -> float:
    """The rate with the best validation accuracy for a teacher's last stage."""
    return best_of(PLAN, who=who, labels=labels)


def best_student_rate(who: str, labels: int, temperature: float = 4.0) -> float:
    """The same for a student of "labels", or of the "teacher" at the temperature that is nearest."""
    return best_of(PLAN, who=_tried_as(who, labels, temperature), labels=labels)


def _tried_as(who: str, labels: int, temperature: float) -> str:
    if who != "teacher":
        return who
    nearest = 1 if temperature <= 2 else 4 if temperature <= 8 else 20
    return f"teacher at {nearest if labels == 200 else 4}"


def rates_needed(labels: int) -> dict[str, str]:
    """The teacher before he learned the species, and the rates that were best with so many labels."""
    needed = bundled_backbone("lab-teacher")
    for who, tried in _TRIED.items():
        if labels in tried:
            needed |= chosen_in(PLAN, best_of(PLAN, who=who, labels=labels), who=who, labels=labels)
    return needed
