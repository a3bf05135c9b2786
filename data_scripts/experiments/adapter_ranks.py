"""Adapters of several ranks and places on the lab's transformer, beside the head alone and everything (claim L1)."""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.adapter_rates import best_adapter_rate, rate_needed
from data_scripts.experiments.adapters import TRAINED, adapted
from data_scripts.recording import Plan, lab_world_with

__all__ = ["PLAN"]


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    what = keys["trained"]
    return adapted(what, best_adapter_rate(what), seed, ("test-seen", "test", "night"))


PLAN = Plan(
    name="adapter-ranks",
    question="What do adapters of each rank learn, beside the head alone and everything?",
    claims=["L1"],
    conditions=[{"trained": what} for what in TRAINED],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="measure",
    unit="",
    needs=lambda keys: rate_needed(keys["trained"]),
    seconds=lambda keys: 30 if keys["trained"] == "head" else 100,
    world=lambda: lab_world_with("lab-vit"),
)
