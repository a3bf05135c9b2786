"""From scratch and on a borrowed backbone, 10 to 800 photos: new cameras, known ones, night (claims K1, K2, F2, F6)."""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.lab import METHODS, SIZES, photos_of, train_and_test
from data_scripts.experiments.learning_rates import best_rate, needs_of, seconds_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    method, photos = keys["method"], keys["photos"]
    train = photos_of("train").sample(photos, seed=seed)
    return train_and_test(method, train, best_rate(method, photos), seed, ("test", "test-seen", "night"))


PLAN = Plan(
    name="learning-curve",
    question="How many labelled photos does a classifier need, built from scratch and on a borrowed backbone?",
    claims=["K1", "K2", "F2", "F6"],
    conditions=[{"method": method, "photos": photos} for photos in SIZES for method in METHODS],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=needs_of,
    seconds=seconds_of,
)
