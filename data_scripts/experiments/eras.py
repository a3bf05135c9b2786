"""Four eras of transfer learning on the same photos and one tower: what each trains, and how far it gets (claim P2).

All of them begin with the photos' tower of `lab-clip`, which has seen no photo of the five species.
"""

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import add_lora, freeze, freeze_batchnorm, replace_head
from chapter9_lib.training import Phase, evaluate, fine_tune, prototypes
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.words import clip, in_words, labelled
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

_EPOCHS, _SPLITS = 15, ("test-seen", "test", "night")


def _tower() -> nn.Module:
    return replace_head(copy.deepcopy(clip().image), 5)


def _frozen(seed: int) -> nn.Module:
    model = freeze(_tower())
    fine_tune(model, photos_of("train"), epochs=_EPOCHS, lr=1e-2, batch_size=32, seed=seed, progress=False)
    return model


def _tuned(seed: int) -> nn.Module:
    model = freeze_batchnorm(_tower())
    phases = [Phase("head", 5, 1e-2), Phase("stem", _EPOCHS - 5, 1e-3)]
    fine_tune(model, photos_of("train"), phases=phases, batch_size=32, seed=seed, progress=False)
    return model


def _adapted(seed: int) -> nn.Module:
    model = add_lora(_tower(), rank=4)
    fine_tune(model, photos_of("train"), epochs=_EPOCHS, lr=1e-3, batch_size=32, seed=seed, progress=False)
    return model


_ERAS: dict[str, Callable[[int], nn.Module]] = {
    "features, a new head": _frozen,
    "everything, gently": _tuned,
    "a sentence each": lambda seed: in_words(1, 1, seed),
    "five photos each": lambda seed: prototypes(clip(), labelled(5, seed)),
    "adapters of rank 4": _adapted,
}


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    clip(), photos_of("train")  # loaded before anything is drawn or timed
    torch.manual_seed(seed)
    start = time.perf_counter()
    model = _ERAS[keys["era"]](seed)
    seconds = time.perf_counter() - start
    trained = 0 if keys["era"] in ("a sentence each", "five photos each") else _trained(model)
    scores = {split: 100 * evaluate(model, photos_of(split)).accuracy for split in _SPLITS}
    return {**scores, "trained parameters": float(trained), "seconds": seconds}


def _trained(model: nn.Module) -> int:
    return sum(weights.numel() for weights in model.parameters() if weights.requires_grad)


PLAN = Plan(
    name="eras",
    question="What does each era of transfer learning train, and how far does it get on the same photos?",
    claims=["P2"],
    conditions=[{"era": era} for era in _ERAS],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="measure",
    unit="",
    needs=lambda keys: bundled_backbone("lab-clip"),
    seconds=lambda keys: {"everything, gently": 110, "adapters of rank 4": 150, "features, a new head": 12}.get(
        keys["era"], 8
    ),
)
