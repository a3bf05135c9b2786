"""Four tasks of real data, from near to far, and how much of each ImageNet's MobileNetV2 knows (claims G1 and G2).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold: what is learned from is drawn from its training part, what is
scored on is all of the rest, of other bursts and speakers. Pictures are shown at 160 pixels, speech at 96: two cores
would take too long over 224. The shift alone is measured as `fit` and `advise` show photos, whole and at 224.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from torch import nn

from chapter9_lib.models import load_pretrained, preprocessing
from chapter9_lib.pipeline import Settings
from chapter9_lib.pipeline.borrowing import borrow
from chapter9_lib.studies import domain_similarity, statistics_shift
from chapter9_lib.worlds import Photos, split_by_group
from data_scripts.experiments.field import field_weights, field_world, fold_of, spread_orders
from data_scripts.recording import Plan

__all__ = ["NETWORK", "PHOTOS", "PLAN", "TASKS", "FieldTask", "tasks_world"]

NETWORK, PHOTOS = "mobilenetv2_100", (50, 200, 600)


@dataclass(frozen=True)
class FieldTask:
    """A collection, and how it is shown.

    Attributes:
        collection: of the field's photos.
        folds: it is cut into so many.
        size: (height, width) in pixels that the network is given.
        pictures: whether flips, crops and light may be varied, and whether the usual crop of the middle is taken.
        far: whether the chapter would call it far.
    """

    collection: str
    folds: int = 5
    size: tuple[int, int] = (160, 160)
    pictures: bool = True
    far: bool = False

    def photos(self, fold: int, count: int | None = None) -> tuple[Photos, Photos]:
        """So many to learn from, the fewer of them first, as many of each class as there are; and the fold's test
        photos."""
        train, test = fold_of(fold, self.collection, self.folds)
        return self._first(train, count, fold), test

    def to_choose_by(self, count: int) -> tuple[Photos, Photos]:
        """So many to learn from, and those to score on; both of the first fold's training part, of other groups."""
        inner, held = split_by_group(fold_of(0, self.collection, self.folds)[0], 0.25, seed=0)
        return self._first(inner, count, 0), held

    def borrowed(self, pretrained: bool = True) -> nn.Module:
        """The network with a new head; not pretrained: with random weights."""
        classes = len(fold_of(0, self.collection, self.folds)[0].classes)
        model = load_pretrained(NETWORK, source="timm", num_classes=classes, pretrained=pretrained)
        model.preprocessing = replace(preprocessing(model), size=self.size, crop=self.pictures)
        return model

    @staticmethod
    def _first(photos: Photos, count: int | None, seed: int) -> Photos:
        turns = zip_longest(*spread_orders(photos, seed))
        return photos.subset([at for turn in turns for at in turn if at is not None][:count])


TASKS: dict[str, FieldTask] = {
    "animals and houses": FieldTask("pacs/photo"),
    "trail camera": FieldTask("trailcam"),
    "sketches of them": FieldTask("pacs/sketch", far=True),
    "spoken digits": FieldTask("spectrograms", 6, (96, 96), pictures=False, far=True),
}


def tasks_world() -> dict[str, str]:
    """The field's collections together.

    Raises:
        FileNotFoundError: where they are missing.
    """
    worlds = [field_world(task.collection) for task in TASKS.values()]
    return {
        "name": "field", "version": ", ".join(f"{world['name']} {world['version']}" for world in worlds),
        "hash": "".join(world["hash"][:4] for world in worlds),
    }  # fmt: skip


def _shift(photos: Photos) -> float | None:
    """How unlike its own photos these look to the network, shown as large and whole as `chapter9 fit` shows them."""
    shown, _ = borrow(Settings(network=f"timm/{NETWORK}"), len(photos.classes), lambda line: None)
    return statistics_shift(shown, photos)


def _run(keys: Mapping[str, Any], fold: int) -> dict[str, float]:
    task = TASKS[keys["task"]]
    photos = task.photos(fold, keys["photos"])[0]
    found = domain_similarity(task.borrowed(), photos, seed=fold)
    return {
        "known": 100 * found.known, "borrowed": 100 * found.borrowed, "untrained": 100 * found.untrained,
        "shift": _shift(photos),
    }  # fmt: skip


PLAN = Plan(
    name="field-tasks",
    question="How much of four real tasks do ImageNet's features know before anything is trained?",
    claims=["G1", "G2"],
    conditions=[{"task": task, "photos": photos} for task in TASKS for photos in PHOTOS],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    split="measure",
    unit="",
    needs=lambda keys: field_weights(f"timm/{NETWORK}"),
    seconds=lambda keys: 10 + keys["photos"] / 20,
    world=tasks_world,
)
