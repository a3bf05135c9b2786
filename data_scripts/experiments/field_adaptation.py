"""From photos to cartoons and to sketches of the same five things, with real weights (claims A1 to A5).

Needs CHAPTER9_FIELD (PACS). A MobileNetV2's head and last stages learn from photos; then each method gets the drawings
without their labels, and is scored on others. Strengths are the library's usual ones: none was chosen on drawings.
"""

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from torch import nn

from chapter9_lib.models import freeze_batchnorm, load_pretrained
from chapter9_lib.training import Phase, adapt, evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world
from data_scripts.experiments.field import field_weights, field_world
from data_scripts.recording import Plan

__all__ = ["PLAN", "cartoon_look", "sketch_look"]

_NETWORK, _UNTIL, _RATE, _DECAY = "mobilenetv2_100", "blocks.6", 1e-3, 0.3
_METHODS = ("source", "mixed batches", "source, then adabn", "look", "coral", "mmd", "dann", "pseudo", "oracle")
_EPOCHS = {"source": 16, "pseudo": 3}


def sketch_look(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """Dark lines on white where a photo has edges: what a pencil would follow."""
    soft = photo.convert("L").filter(ImageFilter.GaussianBlur(float(random.uniform(1, 3))))
    edges = ImageOps.autocontrast(soft.filter(ImageFilter.FIND_EDGES).crop((2, 2, soft.width - 2, soft.height - 2)))
    drawn = 255 * float(random.uniform(0.12, 0.3))
    return edges.point(lambda value: 255 if value < drawn else 0).resize(photo.size).convert("RGB")


def cartoon_look(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """Flat colours, few of them and bright, and dark outlines."""
    flat = ImageOps.autocontrast(photo.convert("RGB"), cutoff=1).filter(ImageFilter.MedianFilter(7))
    flat = flat.quantize(int(random.integers(6, 16)), dither=Image.Dither.NONE).convert("RGB")
    bright = ImageEnhance.Color(flat).enhance(float(random.uniform(1.5, 3)))
    return Image.composite(bright, Image.new("RGB", flat.size), sketch_look(photo, random).convert("L"))


_LOOKS = {"pacs/cartoon": cartoon_look, "pacs/sketch": sketch_look}


@cache
def _drawn(collection: str, *splits: str) -> Photos:
    world = open_world("field", collection=collection)
    sets = [world.photos(split) for split in splits]
    return sets[0] if len(sets) == 1 else sets[0] + sets[1]


@cache
def _by_photos(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = freeze_batchnorm(load_pretrained(_NETWORK, source="timm", num_classes=5))
    phases = [Phase("head", 8, 1e-2), Phase(_UNTIL, 8, _RATE, _DECAY)]
    fine_tune(model, _drawn("pacs/photo", "train"), phases=phases, batch_size=32, augment=False, seed=seed,
              progress=False)  # fmt: skip
    return model


def _adapted(method: str, target: str, seed: int) -> tuple[nn.Module, dict[str, float]]:
    model, drawings = copy.deepcopy(_by_photos(seed)), _drawn(target, "train")
    for way in method.split(", then "):
        mixed = way == "mixed batches"
        found = adapt(
            model, _drawn("pacs/photo", "train"), drawings, "dann" if mixed else way, until=_UNTIL, lr=_RATE,
            epochs=_EPOCHS.get(way, 8), layer_decay=_DECAY, strength=0.0 if mixed else None, look=_LOOKS[target],
            oracle_labels=drawings.labels if way == "oracle" else None, seed=seed, progress=False,
        )  # fmt: skip
    told = {"domains told apart": 100 * found.told_apart[1]}
    for number, sure in enumerate(found.rounds, start=1):
        told[f"round {number}: kept"] = 100 * sure.share
        told[f"round {number}: right"] = 100 * sure.right(drawings.labels) if len(sure.positions) else 0.0
    return model, told


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    method, target = keys["method"], keys["target"]
    model, told = (_by_photos(seed), {}) if method == "as it is" else _adapted(method, target, seed)
    scored = {"drawings": _drawn(target, "val", "test"), "photos": _drawn("pacs/photo", "val", "test")}
    return {split: 100 * evaluate(model, photos).accuracy for split, photos in scored.items()} | told


PLAN = Plan(
    name="field-adaptation",
    question="From real photos to cartoons and sketches, how much of the gap does each method close without a label?",
    claims=["A1", "A2", "A3", "A4", "A5"],
    conditions=[{"target": target, "method": method} for target in _LOOKS for method in ("as it is", *_METHODS)],
    seeds=[0, 1, 2],
    run=_run,
    needs=lambda keys: field_weights(f"timm/{_NETWORK}"),
    seconds=800,
    world=lambda: field_world("pacs/photo"),
)
