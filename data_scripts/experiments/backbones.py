"""The bundled kitchens side by side: a linear head on the frozen features of each."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from chapter9_lib.models import freeze, load_pretrained
from chapter9_lib.worlds import Photos
from data_scripts.experiments.heads import Activations, activations_of, head_accuracy
from data_scripts.experiments.lab import budget, photos_of
from data_scripts.experiments.learning_rates import best_rate
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

_BACKBONES = ("lab-resnet", "lab-teacher")
_SPLITS = ("test", "test-seen", "night")


@cache
def _features(backbone: str, split: str) -> Activations:
    return activations_of(freeze(load_pretrained(backbone, source="bundled", num_classes=5)), photos_of(split))


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    backbone, photos = keys["backbone"], keys["photos"]
    train: Photos = photos_of("train").sample(photos, seed=seed)
    shown = {path: row for split in ("train", *_SPLITS) for path, row in _features(backbone, split).items()}
    model = freeze(load_pretrained(backbone, source="bundled", num_classes=5))
    return head_accuracy(
        model, shown, train, {split: photos_of(split) for split in _SPLITS},
        rate=best_rate("borrowed", photos), epochs=budget(photos), seed=seed,
    )  # fmt: skip


PLAN = Plan(
    name="backbones",
    question="How good are the frozen features of each bundled network?",
    claims=[],
    conditions=[{"backbone": backbone, "photos": photos} for photos in (100, 800) for backbone in _BACKBONES],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: bundled_backbone(keys["backbone"]),
    seconds=15,
)
