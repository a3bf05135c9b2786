"""Real spectrograms (spoken digits), real ImageNet weights, folds by speaker: does borrowing hurt (claims N1, N2)?

Needs CHAPTER9_FIELD. A "seed" of this record is a fold; two of six speakers are held out in each. Every strategy trains
the same network for as many epochs, at the best of three rates on a speaker held out of the first fold's training part.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze, load_pretrained, preprocessing, reinitialize
from chapter9_lib.training import evaluate, fine_tune
from chapter9_lib.worlds import Photos, split_by_group
from data_scripts.experiments.field import field_world, fold_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_RATES, _FOLDS, _SIZE, _EPOCHS = (3e-4, 1e-3, 3e-3), 3, (96, 96), 20
_STRATEGIES = ("scratch", "frozen", "fine-tuned", "afresh from blocks.5")
_COLLECTION = "spectrograms"


def _network(strategy: str, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = load_pretrained("mobilenetv2_100", source="timm", num_classes=10, pretrained=strategy != "scratch")
    model.preprocessing = replace(preprocessing(model), size=_SIZE, crop=False)
    if strategy.startswith("afresh"):
        reinitialize(model, "blocks.5")
    return freeze(model) if strategy == "frozen" else model


def _score(strategy: str, train: Photos, test: Photos, rate: float, seed: int) -> tuple[float, float]:
    """Percent right on other speakers, and in training."""
    model = _network(strategy, seed)
    history = fine_tune(model, train, epochs=_EPOCHS, lr=rate, batch_size=32, augment=False, seed=seed, progress=False)
    return 100 * evaluate(model, test).accuracy, 100 * history.accuracy[-1]


@cache
def _best(strategy: str) -> float:
    inner, held = split_by_group(fold_of(0, _COLLECTION, _FOLDS)[0], 0.25, seed=0)
    return max(_RATES, key=lambda rate: _score(strategy, inner, held, rate, 100)[0])


def _run(keys: Mapping[str, Any], fold: int) -> dict[str, float]:
    strategy = keys["strategy"]
    test, training = _score(strategy, *fold_of(fold, _COLLECTION, _FOLDS), _best(strategy), fold)
    return {"test": test, "training": training}


PLAN = Plan(
    name="field-spectrograms",
    question="Do ImageNet's weights help or hurt with real spectrograms?",
    claims=["N1", "N2"],
    conditions=[{"strategy": strategy} for strategy in _STRATEGIES],
    seeds=list(range(_FOLDS)),
    repeats="folds",
    run=_run,
    seconds=lambda keys: 40 if keys["strategy"] == "frozen" else 300,
    world=lambda: field_world(_COLLECTION),
)
