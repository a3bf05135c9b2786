"""Whether mini-batches pull the backbone the same way, before and after the head is trained (claim T4)."""

from collections.abc import Mapping
from typing import Any

import torch

from chapter9_lib.models import freeze
from chapter9_lib.studies import gradient_coherence
from chapter9_lib.training import Phase, fine_tune
from chapter9_lib.worlds import open_world
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.learning_rates import best_rate, needs_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_EPOCHS, _BATCH, _BATCHES = 10, 32, 16


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    model = freeze(open_world("lab").model(5))
    if keys["head"] == "trained":
        phases = [Phase("head", _EPOCHS, best_rate("borrowed", 800))]
        fine_tune(model, photos_of("train"), phases=phases, batch_size=_BATCH, seed=seed, progress=False)
    return gradient_coherence(model, photos_of("train"), batches=_BATCHES, batch_size=_BATCH, seed=seed)


PLAN = Plan(
    name="coherence",
    question="Does a random head send noise backwards, and a trained one a direction?",
    claims=["T4"],
    conditions=[{"head": head} for head in ("random", "trained")],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="stage",
    unit="cosine",
    needs=lambda keys: needs_of({"method": "borrowed"}),
    seconds=25,
)
