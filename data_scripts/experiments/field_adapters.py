"""Adapters on a real ViT-Tiny and real trail-camera photos, beside its head alone and everything (claim L1).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. Rates: 1e-3 for adapters, 1e-4 for everything, as their papers
have them; the head is trained first in all three.
"""

import time
from collections.abc import Mapping
from typing import Any

import torch

from chapter9_lib.models import add_lora, freeze, load_pretrained, unfreeze
from chapter9_lib.training import Phase, evaluate, fine_tune
from data_scripts.experiments.field import field_world, fold_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_RATES = {"head": 1e-3, "adapters of rank 4": 1e-3, "everything": 1e-4}


def _run(keys: Mapping[str, Any], fold: int) -> dict[str, float]:
    train, test = fold_of(fold)
    torch.manual_seed(fold)
    model = freeze(load_pretrained("vit_tiny_patch16_224", source="timm", num_classes=5))
    start = time.perf_counter()
    fine_tune(model, train, phases=[Phase("head", 5, 1e-3)], batch_size=32, seed=fold, progress=False)
    if keys["trained"] == "everything":
        unfreeze(model)
    elif keys["trained"] != "head":
        add_lora(model, 4, targets=r"attn\.(qkv|proj)")
    trained = sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
    fine_tune(
        model, train, epochs=5, lr=_RATES[keys["trained"]], batch_size=32, augment=False, seed=fold, progress=False
    )
    seconds = time.perf_counter() - start
    return {"accuracy": 100 * evaluate(model, test).accuracy, "trained parameters": float(trained), "seconds": seconds}


PLAN = Plan(
    name="field-adapters",
    question="On a real ViT-Tiny and real photos, what do adapters reach beside the head alone and everything?",
    claims=["L1"],
    conditions=[{"trained": what} for what in _RATES],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    split="measure",
    unit="",
    seconds=lambda keys: 60 if keys["trained"] == "head" else 400,
    world=field_world,
)
