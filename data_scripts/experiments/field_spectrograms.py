"""Real spectrograms (spoken digits), real ImageNet weights, one speaker held out at a time (claims N1, N2).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold: another of six speakers is held out in each. Every strategy
trains the same network, at the best of three rates (a head alone, which wants higher ones, of five) on a speaker held
out of the first fold's training part; that speaker is another fold's test, for all strategies alike. One from scratch
gets three times as many epochs.
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
from data_scripts.experiments.field import field_weights, field_world, fold_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_RATES, _FOLDS, _SIZE, _EPOCHS, _NETWORK = (3e-4, 1e-3, 3e-3), 6, (96, 96), 12, "mobilenetv2_100"
_HEAD_RATES = (*_RATES, 1e-2, 3e-2)
_LONGER = "scratch three times as long"
_STRATEGIES = ("scratch", _LONGER, "frozen", "fine-tuned", "afresh from blocks.5")
_COLLECTION = "spectrograms"


def _network(strategy: str, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    pretrained = not strategy.startswith("scratch")
    model = load_pretrained(_NETWORK, source="timm", num_classes=10, pretrained=pretrained)
    model.preprocessing = replace(preprocessing(model), size=_SIZE, crop=False)
    if strategy.startswith("afresh"):
        reinitialize(model, "blocks.5")
    return freeze(model) if strategy == "frozen" else model


def _score(strategy: str, train: Photos, test: Photos, rate: float, seed: int) -> tuple[float, float]:
    """Percent right on other speakers, and in training."""
    model = _network(strategy, seed)
    epochs = 3 * _EPOCHS if strategy == _LONGER else _EPOCHS
    history = fine_tune(model, train, epochs=epochs, lr=rate, batch_size=32, augment=False, seed=seed, progress=False)
    return 100 * evaluate(model, test).accuracy, 100 * history.accuracy[-1]


@cache
def _best(strategy: str) -> float:
    inner, held = split_by_group(fold_of(0, _COLLECTION, _FOLDS)[0], 0.2, seed=0)
    rates = _HEAD_RATES if strategy == "frozen" else _RATES
    return max(rates, key=lambda rate: _score(strategy, inner, held, rate, 100)[0])


def _run(keys: Mapping[str, Any], fold: int) -> dict[str, float]:
    strategy = keys["strategy"]
    test, training = _score(
        strategy, *fold_of(fold, _COLLECTION, _FOLDS), _best("scratch" if strategy == _LONGER else strategy), fold
    )
    return {"test": test, "training": training}


PLAN = Plan(
    name="field-spectrograms",
    question="Do ImageNet's weights help or hurt with real spectrograms?",
    claims=["N1", "N2"],
    conditions=[{"strategy": strategy} for strategy in _STRATEGIES],
    seeds=list(range(_FOLDS)),
    repeats="folds",
    run=_run,
    needs=lambda keys: {} if keys["strategy"].startswith("scratch") else field_weights(f"timm/{_NETWORK}"),
    seconds=lambda keys: {"frozen": 40, _LONGER: 600}.get(keys["strategy"], 250),
    world=lambda: field_world(_COLLECTION),
)
