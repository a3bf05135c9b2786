"""Checkpoints of several hubs on the same real photos, prepared as each wants them or as tutorials do (H1, H2).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. Frozen features and logistic regression. The two MobileNetV2
have the same tensors, under the names and in the layers of two libraries, which pad the edges of a photo differently.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from chapter9_lib.models import Preprocessing, freeze, load_pretrained
from data_scripts.experiments.field import field_photos, field_weights, field_world, fold_of
from data_scripts.experiments.heads import Activations, activations_of, probe_accuracy
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_STRENGTH = 0.01
_USUAL = Preprocessing((224, 224), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "bilinear", crop_pct=0.875)


@cache
def _features(network: str, prepared: str) -> Activations:
    source, _, name = network.partition("/")
    model = freeze(load_pretrained(name, source=source, num_classes=5))
    if prepared == "as in most tutorials":
        model.preprocessing = _USUAL
    return activations_of(model, field_photos())


def _run(keys: Mapping[str, Any], fold: int) -> float:
    return probe_accuracy(_features(keys["network"], keys["prepared"]), *fold_of(fold), _STRENGTH)


PLAN = Plan(
    name="field-hubs",
    question="Do checkpoints of several hubs do the same for the same photos, and what does their preparation matter?",
    claims=["H1", "H2"],
    conditions=[
        {"network": network, "prepared": prepared}
        for network in ("timm/mobilenetv2_100", "torchvision/mobilenet_v2", "timm/vit_tiny_patch16_224")
        for prepared in ("as it wants", "as in most tutorials")
    ],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    needs=lambda keys: field_weights(keys["network"]),
    seconds=15,
    world=field_world,
)
