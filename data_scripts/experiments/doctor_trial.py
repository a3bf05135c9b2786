"""The doctor's own trial: every fault on architectures, seeds and photos that its thresholds were not set on.

Its thresholds were set on the lab's ResNet and a MobileNetV2, on the `train` and `val` photos. Here other networks get
other photos: the look-alikes. A value is 100 where the fault was found by its name (for healthy set-ups: where there
was neither an error nor a warning), else 0.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import nn

from chapter9_lib.classroom.faults import FAULTS, adapted, healthy, taught
from chapter9_lib.models import load_pretrained, preprocessing
from chapter9_lib.worlds import Photos, split_by_group
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan

__all__ = ["ARCHITECTURES", "PLAN", "applies"]

ARCHITECTURES: dict[str, tuple[int, int]] = {
    "efficientnet_b0": (96, 96),
    "convnext_atto": (96, 96),
    "vit_tiny_patch16_224": (224, 224),
    "regnetx_002": (96, 96),
    "densenet121": (96, 96),
    "lab-teacher": (72, 96),
}
"""Architecture: the size at which it is examined. All but the lab's own have random weights."""

_NORMS_OF_THE_BATCH = ("live-batchnorm", "drifted-statistics", "evaluates-in-training-mode", "dead-network",
                       "teacher-in-training-mode", "saved-without-norms")  # fmt: skip
_WITHOUT = ("convnext_atto", "vit_tiny_patch16_224")
_PHOTO = (72, 96)
"""Height and width of the look-alikes' photos."""
_HEALTHY = {"head alone": {}, "all thawed": {"until": "stem"}, "by loaders": {"loader": True}}
_BESIDE = {"with a teacher": taught, "with adapters": adapted}


def applies(fault: str, architecture: str) -> bool:
    """Whether a network can have this fault: one without batch norms has no statistics to drift, and photos that have
    the size it wants come out of any resizing as they were."""
    unresized = fault == "resized-otherwise" and ARCHITECTURES[architecture] == _PHOTO
    return not unresized and not (fault in _NORMS_OF_THE_BATCH and architecture in _WITHOUT)


@cache
def _sides(seed: int) -> tuple[Photos, Photos]:
    train, val = split_by_group(photos_of("look-alikes"), 0.25, seed=seed)
    return train.sample(60, seed=seed), val.sample(30, seed=seed)


def _network(name: str, seed: int) -> nn.Module:
    if name == "lab-teacher":
        return load_pretrained(name, source="bundled")
    torch.manual_seed(seed)
    model = load_pretrained(name, source="timm", pretrained=False)
    model.preprocessing = replace(preprocessing(model), size=ARCHITECTURES[name])
    return model


def _run(keys: Mapping[str, Any], seed: int) -> float:
    torch.manual_seed(1000 + seed)
    model = _network(keys["architecture"], seed)
    if keys["set-up"] in _BESIDE:
        return 100.0 * _BESIDE[keys["set-up"]](healthy(model, *_sides(seed))).examine().healthy
    if keys["set-up"] in _HEALTHY:
        return 100.0 * healthy(model, *_sides(seed), **_HEALTHY[keys["set-up"]]).examine().healthy
    return 100.0 * (keys["set-up"] in FAULTS[keys["set-up"]](healthy(model, *_sides(seed))).examine().codes)


PLAN = Plan(
    name="doctor-trial",
    question="Does the doctor find each fault by its name, and leave the healthy in peace?",
    claims=[],
    conditions=[
        {"set-up": set_up, "architecture": architecture}
        for set_up in (*_HEALTHY, *_BESIDE, *FAULTS)
        for architecture in ARCHITECTURES
        if applies(set_up, architecture)
    ],
    seeds=[0, 1, 2],
    run=_run,
    seconds=4,
)
