"""How alike two networks of different tasks see the same photos, layer by layer (claim Y1)."""

from collections.abc import Mapping
from typing import Any

import torch

from chapter9_lib.models import eight_layers, stages
from chapter9_lib.studies import cka
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.transfer_nets import net, rendered_world
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_PHOTOS = 800


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    first = net("random", seed, "A")
    torch.manual_seed(1000 + seed)
    second = net("random", seed, "B") if keys["pair"] == "A and B" else eight_layers(100)
    alike = cka(first, second, photos_of("source").sample(_PHOTOS, seed=seed))
    return {stage.name: float(alike[at, at]) for at, stage in enumerate(stages(first))}


PLAN = Plan(
    name="similarity",
    question="How alike do networks of two tasks see the same photos, and how alike a trained and a random one?",
    claims=["Y1"],
    conditions=[{"pair": pair} for pair in ("A and B", "A and a random network")],
    seeds=[0, 1, 2],
    run=_run,
    split="layer",
    unit="CKA",
    seconds=25,
    world=rendered_world,
)
