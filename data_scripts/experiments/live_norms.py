"""Frozen weights under norms that are alive or held: where it costs, and where it does not (claim S1).

The head alone is trained, as tutorials do it; the only difference is whether the batch norms' statistics move. Photos
are shown as they are, in bad light, or without colour and contrast, in training and test alike.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from PIL import Image, ImageEnhance

from chapter9_lib.models import find_head, freeze
from chapter9_lib.training import evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.learning_rates import best_rate
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "SHIFTS", "Relit"]

_EPOCHS, _BATCHES = 10, (2, 8, 32, 64)


def _dark(photo: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(photo).enhance(0.3)


def _flat(photo: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(photo.convert("L").convert("RGB")).enhance(0.4)


SHIFTS: dict[str, Callable[[Image.Image], Image.Image]] = {"none": lambda photo: photo, "dark": _dark, "flat": _flat}
"""What happened to the light: nothing, seven tenths of it gone, or colour gone and contrast with it."""


class Relit(Photos):
    """Photos in another light."""

    def __init__(self, photos: Photos, change: Callable[[Image.Image], Image.Image]) -> None:
        super().__init__(photos.paths, photos.labels, photos.classes, manifest=photos.manifest)
        self.change = change

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        photo, label = super().__getitem__(index)
        return self.change(photo), label


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    model = open_world("lab").model(5)
    if keys["norms"] == "held":
        freeze(model)
    else:
        model.requires_grad_(False)
        find_head(model).module.requires_grad_(True)
    train, test = (Relit(photos_of(split), SHIFTS[keys["shift"]]) for split in ("train", "test"))
    history = fine_tune(
        model, train, epochs=_EPOCHS, lr=best_rate("borrowed", 800), batch_size=keys["batch"], augment=False, seed=seed,
        progress=False,
    )  # fmt: skip
    return {"test": 100 * evaluate(model, test).accuracy, "training": 100 * history.accuracy[-1]}


PLAN = Plan(
    name="live-norms",
    question="What do norm statistics that move under frozen weights cost, by the size of the batch and by the light?",
    claims=["S1"],
    conditions=[
        {"norms": norms, "batch": batch, "shift": shift}
        for shift in SHIFTS
        for batch in _BATCHES
        for norms in ("held", "live")
    ],
    seeds=[0, 1, 2],
    run=_run,
    needs=lambda keys: bundled_backbone(),
    seconds=lambda keys: 15 if keys["norms"] == "held" else 60,
)
