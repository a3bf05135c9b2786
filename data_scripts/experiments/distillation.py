"""What a teacher is worth to a small student, by the number of labels (claims D1 and D3)."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from data_scripts.experiments.distillation_rates import best_student_rate
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.students import LABELS, taught, teacher_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "STUDENTS", "student_needs"]

STUDENTS: dict[str, dict[str, Any]] = {
    "labels": {"soft_weight": 0.0},
    "teacher": {"soft_weight": 1.0},
    "labels and teacher": {"soft_weight": 0.7},
    "labels and teacher, asked once": {"soft_weight": 0.7, "views": 0},
    "labels, teacher, photos without labels": {"soft_weight": 0.7, "unlabelled": True},
}


def student_needs() -> dict[str, str]:
    """The teacher before he learned the species, and the rates that were best."""
    rates = {f"rate of {name}": f"{best_student_rate(weight):g}" for name, weight in (("labels", 0), ("teacher", 1))}
    return bundled_backbone("lab-teacher") | rates


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    labels = keys["labels"]
    found = {"the teacher": 100 * evaluate(teacher_of(labels, seed), photos_of("test")).accuracy}
    for name, options in STUDENTS.items():
        model = taught(labels, seed, best_student_rate(options["soft_weight"]), **options)
        found[name] = 100 * evaluate(model, photos_of("test")).accuracy
    return found


PLAN = Plan(
    name="distillation",
    question="What is a teacher worth to a small student, by the number of labels?",
    claims=["D1", "D3"],
    conditions=[{"labels": labels} for labels in LABELS],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="learned from",
    needs=lambda keys: student_needs(),
    seconds=lambda keys: 330 + keys["labels"] / 2,
)
