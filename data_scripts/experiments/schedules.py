"""How the rate moves while everything is thawed: cosine, slanted triangle, or not at all (claim T5)."""

from collections.abc import Mapping
from typing import Any

import torch

from chapter9_lib.models import freeze_batchnorm
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.worlds import open_world
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.unfreezing import rate_needed
from data_scripts.experiments.unfreezing_rates import best_rate_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_HEAD, _ALL, _BATCH = 5, 10, 32


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    model = freeze_batchnorm(open_world("lab").model(5))
    phases = [Phase("head", _HEAD, 1e-2), Phase("stem", _ALL, best_rate_of("LP-FT"), 1.0, keys["schedule"])]
    fine_tune(model, photos_of("train"), phases=phases, batch_size=_BATCH, seed=seed, progress=False)
    return {split: 100 * evaluate(model, photos_of(split)).accuracy for split in ("test", "test-seen")}


PLAN = Plan(
    name="schedules",
    question="Does it matter how the learning rate falls?",
    claims=["T5"],
    conditions=[{"schedule": schedule} for schedule in ("cosine", "slanted_triangular", "constant")],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: rate_needed("LP-FT"),
    seconds=110,
)
