"""How much too good a random split looks on real trail-camera photos, and for whom (claim S5).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. The same logistic regression on three descriptions of a photo:
what ImageNet's MobileNetV2 says of it, what the same network says with random weights, and its twelve by nine pixels.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch

from chapter9_lib.models import freeze, load_pretrained, preprocessing
from chapter9_lib.worlds import folds
from data_scripts.experiments.field import field_photos, field_weights, field_world
from data_scripts.experiments.heads import Activations, activations_of, probe_accuracy
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_STRENGTH, _TINY, _NETWORK = 0.01, (12, 9), "mobilenetv2_100"


@cache
def _described(method: str) -> Activations:
    photos = field_photos()
    if method == "twelve by nine pixels":
        tiny = (np.asarray(photo.convert("RGB").resize(_TINY), dtype=np.float32).ravel() for photo, _ in photos)
        return dict(zip(photos.paths, tiny, strict=True))
    torch.manual_seed(0)
    model = load_pretrained(_NETWORK, source="timm", num_classes=5, pretrained=method == "borrowed")
    model.preprocessing = preprocessing(load_pretrained(_NETWORK, source="timm"))
    return activations_of(freeze(model), photos)


def _run(keys: Mapping[str, Any], fold: int) -> float:
    return probe_accuracy(_described(keys["method"]), *folds(field_photos(), k=5, by=keys["split"])[fold], _STRENGTH)


PLAN = Plan(
    name="field-splits",
    question="On real photos, how much of a random split's score is neighbouring frames?",
    claims=["S5"],
    conditions=[
        {"split": split, "method": method}
        for method in ("borrowed", "random features", "twelve by nine pixels")
        for split in ("photo", "burst")
    ],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    needs=lambda keys: field_weights(f"timm/{_NETWORK}") if keys["method"] == "borrowed" else {},
    seconds=10,
    world=field_world,
)
