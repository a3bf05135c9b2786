"""What one answer costs: the lab's teacher on the whole photo and its student; and the chapter's pair (claim D3).

A "seed" of this record is a repetition of the whole measurement. Weights are random: they don't change the time.
Measure it with nothing else at work, and with --workers 1.
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from chapter9_lib.models import Preprocessing, lab_resnet, lab_student, lab_teacher, load_pretrained
from chapter9_lib.studies import costs
from data_scripts.experiments.students import FULL_PHOTO
from data_scripts.recording import Plan

__all__ = ["PLAN"]


def _ours() -> dict[str, nn.Module]:
    teacher = lab_teacher(5)
    own = teacher.preprocessing
    teacher.preprocessing = Preprocessing(FULL_PHOTO, own.mean, own.std, crop=False)
    return {"teacher": teacher, "teacher, small photos": lab_teacher(5), "backbone": lab_resnet(5),
            "student": lab_student(5)}  # fmt: skip


def _the_chapters() -> dict[str, nn.Module]:
    names = {"teacher": "vit_large_patch16_224", "student": "mobilenetv3_large_100"}
    return {who: load_pretrained(name, source="timm", num_classes=5, pretrained=False) for who, name in names.items()}


_PAIRS: dict[str, tuple[Callable[[], dict[str, nn.Module]], int]] = {
    "the lab's": (_ours, 100), "the chapter's": (_the_chapters, 10),
}  # fmt: skip


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    make, repeats = _PAIRS[keys["pair"]]
    found, told = costs(make(), repeats=repeats), {}
    for name, cost in found.items():
        told |= {f"{name}: median, ms": cost.median, f"{name}: nine in ten, ms": cost.p90,
                 f"{name}: million parameters": cost.parameters / 1e6, f"{name}: MB": cost.megabytes}  # fmt: skip
    ratios = {f"{name} over student": cost.median / found["student"].median for name, cost in found.items()}
    return told | {name: ratio for name, ratio in ratios.items() if not name.startswith("student")}


PLAN = Plan(
    name="latencies",
    question="What does one answer cost a teacher and a student?",
    claims=["D3"],
    conditions=[{"pair": pair} for pair in _PAIRS],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="measure",
    unit="",
    repeats="repetitions",
    seconds=lambda keys: {"the lab's": 20, "the chapter's": 40}[keys["pair"]],
)
