"""A real checkpoint fed with photos prepared otherwise than it was trained on (claim S2).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. Frozen features of a real MobileNetV2 and logistic regression;
the wrong preparation either in training and test alike, or in the test alone, as when another program serves the model.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from PIL import Image

from chapter9_lib.classroom.preparations import SWAPPED, preparations, swap
from chapter9_lib.models import Preprocessing, freeze, load_pretrained, preprocessing
from chapter9_lib.worlds import Photos
from data_scripts.experiments.field import field_photos, field_world, fold_of
from data_scripts.experiments.heads import Activations, activations_of, probe_accuracy
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_STRENGTH = 1.0


class _Swapped(Photos):
    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        photo, label = super().__getitem__(index)
        return swap(photo), label


@cache
def _features(preparation: str) -> Activations:
    model = freeze(load_pretrained("mobilenetv2_100", source="timm", num_classes=5))
    model.preprocessing = preparations(preprocessing(model))[preparation]
    photos = field_photos()
    if preparation == SWAPPED:
        photos = _Swapped(photos.paths, photos.labels, photos.classes, manifest=photos.manifest)
    return activations_of(model, photos)


def _run(keys: Mapping[str, Any], fold: int) -> float:
    train, test = fold_of(fold)
    wrong = _features(keys["preparation"])
    learned = wrong if keys["where"] == "training and test" else _features("right")
    shown = {path: learned[path] for path in train.paths} | {path: wrong[path] for path in test.paths}
    return probe_accuracy(shown, train, test, _STRENGTH)


PLAN = Plan(
    name="field-preparations",
    question="What does a real checkpoint lose when photos are not prepared as it was trained?",
    claims=["S2"],
    conditions=[
        {"preparation": preparation, "where": where}
        for where in ("training and test", "test alone")
        for preparation in preparations(Preprocessing((224, 224), (0.5,) * 3, (0.5,) * 3))
        if (preparation, where) != ("right", "test alone")
    ],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    seconds=12,
    world=field_world,
)
