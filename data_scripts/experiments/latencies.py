"""What one answer costs: the teacher on the whole photo, the backbone of the series, the student (claim D3).

A "seed" of this record is a repetition of the whole measurement.
"""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.models import Preprocessing, lab_resnet, lab_student, lab_teacher
from chapter9_lib.studies import costs
from data_scripts.experiments.students import FULL_PHOTO
from data_scripts.recording import Plan

__all__ = ["PLAN"]


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    models = {"teacher": lab_teacher(5), "backbone": lab_resnet(5), "student": lab_student(5)}
    own = models["teacher"].preprocessing
    models["teacher"].preprocessing = Preprocessing(FULL_PHOTO, own.mean, own.std, crop=False)
    found = costs(models, repeats=100)
    told = {}
    for name, cost in found.items():
        told |= {f"{name}: median, ms": cost.median, f"{name}: nine in ten, ms": cost.p90,
                 f"{name}: million parameters": cost.parameters / 1e6, f"{name}: MB": cost.megabytes}  # fmt: skip
    return told | {"teacher over student": found["teacher"].median / found["student"].median}


PLAN = Plan(
    name="latencies",
    question="What does one answer cost the teacher and the student?",
    claims=["D3"],
    conditions=[{"threads": 1}],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="measure",
    unit="",
    repeats="repetitions",
    seconds=20,
)
