"""What can be read off each stage of a real MobileNetV2, on real trail-camera photos (claim Y4).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold: probes are fitted on the photos of the others.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch

from chapter9_lib.models import load_pretrained
from chapter9_lib.studies import probe_stages
from data_scripts.experiments.field import field_photos, field_world, fold_of
from data_scripts.experiments.stage_probes import edge_direction
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_ATTRIBUTES = ("edge direction", "light", "species")


@cache
def _labels() -> dict[str, np.ndarray]:
    photos = field_photos()
    light = np.unique(photos.light, return_inverse=True)[1]
    edges = np.array([edge_direction(photo) for photo, _ in photos])
    return dict(zip(_ATTRIBUTES, (edges, light, photos.labels), strict=True))


def _run(keys: Mapping[str, Any], fold: int) -> dict[str, float]:
    torch.manual_seed(fold)
    model = load_pretrained("mobilenetv2_100", source="timm", pretrained=keys["network"] == "pretrained")
    parts = fold_of(fold)
    where = {path: at for at, path in enumerate(field_photos().paths)}
    places = [np.array([where[path] for path in part.paths]) for part in parts]
    labels = {name: tuple(values[at] for at in places) for name, values in _labels().items()}
    scores = {
        f"{name} at {stage}": 100 * share
        for name, row in probe_stages(model, *parts, labels).items()
        for stage, share in row.items()
    }
    for name, (known, asked) in labels.items():
        scores[f"{name} at nothing"] = 100 * float((asked == np.bincount(known).argmax()).mean())
    return scores


PLAN = Plan(
    name="field-probes",
    question="What can a linear probe read off each stage of a real MobileNetV2, on real photos?",
    claims=["Y4"],
    conditions=[{"network": network} for network in ("pretrained", "random")],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    split="probe",
    seconds=90,
    world=field_world,
)
