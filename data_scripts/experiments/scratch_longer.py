"""Scratch with five times the epochs: does it only need more time (claim K2)?"""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.lab import budget, photos_of, train_and_test
from data_scripts.experiments.learning_rates import best_rate, needs_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_STRETCH = {"scratch-5x": 5, "borrowed": 1}


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    method, photos = keys["method"].removesuffix("-5x"), keys["photos"]
    train, rate = photos_of("train").sample(photos, seed=seed), best_rate(method, photos)
    return train_and_test(method, train, rate, seed, ("test", "test-seen", "night"), _STRETCH[keys["method"]])


def _seconds(keys: Mapping[str, Any]) -> float:
    views = keys["photos"] * budget(keys["photos"]) * _STRETCH[keys["method"]]
    return 15 + (views / 110 if keys["method"] != "borrowed" else 0)


PLAN = Plan(
    name="scratch-longer",
    question="Does training from scratch catch up when it may train five times as long?",
    claims=["K2"],
    conditions=[{"method": method, "photos": photos} for photos in (200, 800) for method in _STRETCH],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: needs_of({"method": keys["method"].removesuffix("-5x")}),
    seconds=_seconds,
)
