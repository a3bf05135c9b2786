"""What a teacher is worth to a small student, by the number of labels (claims D1 and D3)."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.training import evaluate
from data_scripts.experiments.distillation_rates import best_student_rate, student_needs
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.students import LABELS, SMALL_PHOTO, taught, teacher_of
from data_scripts.recording import Plan

__all__ = ["PLAN", "STUDENTS"]

STUDENTS: dict[str, dict[str, Any]] = {
    "labels": {"soft_weight": 0.0},
    "teacher": {"soft_weight": 1.0},
    "labels and teacher": {"soft_weight": 0.7},
    "labels and teacher, asked once": {"soft_weight": 0.7, "once": True},
    "labels, teacher, photos without labels": {"soft_weight": 0.7, "unlabelled": True},
}


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    labels = keys["labels"]
    models = {
        "the teacher": teacher_of(labels, seed),
        "the teacher, small photos": teacher_of(labels, seed, SMALL_PHOTO),
    }
    models |= {name: taught(labels, seed, best_student_rate(options["soft_weight"]), **options)
               for name, options in STUDENTS.items()}  # fmt: skip
    return {name: 100 * evaluate(model, photos_of("test")).accuracy for name, model in models.items()}


PLAN = Plan(
    name="distillation",
    question="What is a teacher worth to a small student, by the number of labels?",
    claims=["D1", "D3"],
    conditions=[{"labels": labels} for labels in LABELS],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="learned from",
    needs=lambda keys: student_needs(),
    seconds=lambda keys: 360 + keys["labels"] / 2,
)
