"""Scratch against borrowed, from 10 to 800 photos, on cameras never seen in training (claims K2 and F6)."""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.lab import METHODS, SIZES, budget, train_and_test
from data_scripts.experiments.learning_rates import best_rate
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    method, photos = keys["method"], keys["photos"]
    return train_and_test(method, photos, best_rate(method, photos), seed, ("test", "test-seen", "night"))


def _seconds(keys: Mapping[str, Any]) -> float:
    return 15 + (keys["photos"] * budget(keys["photos"]) / 110 if keys["method"] == "scratch" else 0)


PLAN = Plan(
    name="learning-curve",
    question="How many labelled photos does a classifier need, built from scratch and on a borrowed backbone?",
    claims=["K2", "F6"],
    conditions=[{"method": method, "photos": photos} for photos in SIZES for method in METHODS],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: bundled_backbone() if keys["method"] == "borrowed" else {},
    seconds=_seconds,
)
