"""Real trail-camera photos, a real MobileNetV2: the head alone, or two more stages thawed (claims T2, T3, R1).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. Each recipe chooses among three rates, once, on bursts held
out of the first fold's training part; the other folds' test photos took part in that choice, for all recipes alike.
No augmentation, so that the frozen part is run once.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm, load_pretrained
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.worlds import Photos, split_by_group
from data_scripts.experiments.field import field_world, fold_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_RATES = (3e-4, 1e-3, 3e-3)
_STEPS = (("head", 3), ("conv_head", 5), ("blocks.6", 5))
"""The last two stages of a MobileNetV2; the epochs are those of the chapter's pipeline."""
_DECAYS = {"gradual": 1.0, "gradual + discriminative": 0.1}


def _phases(recipe: str, rate: float) -> list[Phase]:
    if recipe == "head only":
        return [Phase("head", sum(epochs for _, epochs in _STEPS), rate)]
    return [Phase(until, epochs, rate, _DECAYS[recipe]) for until, epochs in _STEPS]


def _tuned(recipe: str, rate: float, train: Photos, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = freeze_batchnorm(load_pretrained("mobilenetv2_100", source="timm", num_classes=5))
    phases = _phases(recipe, rate)
    fine_tune(model, train, phases=phases, batch_size=32, augment=False, seed=seed, progress=False)
    return model


@cache
def _best_rate(recipe: str) -> float:
    inner, held = split_by_group(fold_of(0)[0], 0.25, seed=0)
    return max(_RATES, key=lambda rate: evaluate(_tuned(recipe, rate, inner, 100), held).accuracy)


def _run(keys: Mapping[str, Any], fold: int) -> float:
    train, test = fold_of(fold)
    return 100 * evaluate(_tuned(keys["recipe"], _best_rate(keys["recipe"]), train, fold), test).accuracy


PLAN = Plan(
    name="field-unfreezing",
    question="On real trail-camera photos and a real MobileNetV2, what does thawing its last stages bring?",
    claims=["T2", "T3", "R1"],
    conditions=[{"recipe": recipe} for recipe in ("head only", *_DECAYS)],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    seconds=60,
    world=field_world,
)
