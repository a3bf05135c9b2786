"""Adapters on a real ViT-Tiny and real trail-camera photos, beside its head alone and everything (claim L1).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. The head is trained first in all; each chooses among three
rates, once, on bursts held out of the first fold's training part, adapters of every rank the one that was best for
rank 4. The other folds' test photos took part in that choice, for all alike.
"""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import add_lora, freeze, load_pretrained, unfreeze
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.worlds import Photos, split_by_group
from data_scripts.experiments.field import field_weights, field_world, fold_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_NETWORK, _EPOCHS = "vit_tiny_patch16_224", 5
_RANKS = {f"attention at rank {rank}": rank for rank in (1, 4, 16, 64)}
_ASKED = "attention at rank 4"
_TRIED = {"head": (3e-3, 1e-2, 3e-2), "everything": (3e-5, 1e-4, 3e-4), _ASKED: (1e-3, 3e-3, 1e-2)}


def _tuned(what: str, rate: float, train: Photos, seed: int) -> tuple[nn.Module, int]:
    """The network, and how many of its parameters were trained."""
    torch.manual_seed(seed)
    model = freeze(load_pretrained(_NETWORK, source="timm", num_classes=5))
    fine_tune(model, train, phases=[Phase("head", 2 * _EPOCHS, 1e-2)], batch_size=32, seed=seed, progress=False)
    if what == "everything":
        unfreeze(model)
    elif what in _RANKS:
        add_lora(model, _RANKS[what], targets=r"attn\.(qkv|proj)")
    trained = sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
    fine_tune(model, train, epochs=_EPOCHS, lr=rate, batch_size=32, augment=False, seed=seed, progress=False)
    return model, trained


@cache
def _best_rate(what: str) -> float:
    inner, held = split_by_group(fold_of(0)[0], 0.25, seed=0)
    return max(_TRIED[what], key=lambda rate: evaluate(_tuned(what, rate, inner, 100)[0], held).accuracy)


def _run(keys: Mapping[str, Any], fold: int) -> dict[str, float]:
    (train, test), rate = fold_of(fold), _best_rate(_ASKED if keys["trained"] in _RANKS else keys["trained"])
    start = time.process_time()
    model, trained = _tuned(keys["trained"], rate, train, fold)
    seconds = time.process_time() - start
    scores = {"accuracy": 100 * evaluate(model, test).accuracy, "trained parameters": float(trained)}
    return {**scores, "seconds": seconds, "rate": rate}


PLAN = Plan(
    name="field-adapters",
    question="On a real ViT-Tiny and real photos, what do adapters reach beside the head alone and everything?",
    claims=["L1"],
    conditions=[{"trained": what} for what in ("head", "everything", *_RANKS)],
    seeds=[0, 1, 2],
    repeats="folds",
    run=_run,
    split="measure",
    unit="",
    needs=lambda keys: field_weights(f"timm/{_NETWORK}"),
    seconds=lambda keys: 60 if keys["trained"] == "head" else 400,
    world=field_world,
)
