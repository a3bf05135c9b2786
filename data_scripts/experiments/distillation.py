"""What a teacher is worth to a small student, by the number of labels (claims D1 and D3)."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from chapter9_lib.training import evaluate
from data_scripts.experiments.distillation_rates import best_student_rate, best_teacher_rate, rates_needed
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.students import LABELS, SMALL_PHOTO, alone, taught, teacher_of
from data_scripts.recording import Plan

__all__ = ["PLAN", "STUDENTS"]

STUDENTS: dict[str, dict[str, Any]] = {
    "labels, four views": {"soft_weight": 0.0},
    "teacher": {"soft_weight": 1.0},
    "labels and teacher": {},
    "labels and teacher, asked once": {"once": True},
    "labels, teacher, photos without labels": {"unlabelled": True},
    "labels, verdicts, photos without labels": {"unlabelled": True, "verdicts": True, "temperature": 1.0},
}
"""Those who are taught, in four views of each photo. "verdicts" are the teacher's without his doubts."""
_DEARER = 200
"""With so many labels two more are tried: five times as long on labels alone, and a teacher asked at every step."""


def _learned(labels: int, seed: int) -> dict[str, nn.Module]:
    on_whole, on_small = best_teacher_rate(labels), best_teacher_rate(labels, "teacher on small photos")
    rates = {who: best_student_rate(who, labels) for who in ("labels", "teacher")}
    models = {
        "the teacher": teacher_of(labels, seed, on_whole),
        "the teacher, small photos": teacher_of(labels, seed, on_small, SMALL_PHOTO),
        "labels": alone(labels, seed, rates["labels"]),
    }
    for name, options in STUDENTS.items():
        rate = rates["labels" if options.get("soft_weight") == 0 else "teacher"]
        models[name] = taught(labels, seed, rate, on_whole, **options)
    if labels == _DEARER:
        models["labels, five times as long"] = alone(labels, seed, rates["labels"], stretch=5)
        models["labels and teacher, asked at every step"] = taught(
            labels, seed, rates["teacher"], on_whole, every_step=True
        )
    return models


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    learned = _learned(keys["labels"], seed)
    return {name: 100 * evaluate(model, photos_of("test")).accuracy for name, model in learned.items()}


PLAN = Plan(
    name="distillation",
    question="What is a teacher worth to a small student, by the number of labels?",
    claims=["D1", "D3"],
    conditions=[{"labels": labels} for labels in LABELS],
    seeds=[0, 1, 2],
    run=_run,
    split="learned from",
    needs=lambda keys: rates_needed(keys["labels"]),
    seconds=lambda keys: 500 + keys["labels"] / 2 + (500 if keys["labels"] == _DEARER else 0),
)
