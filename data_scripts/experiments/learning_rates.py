"""Which learning rate each method gets: three tries each, on validation photos, with a seed of their own."""

from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.lab import METHODS, RATES, budget, train_and_test
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "best_rate"]

_SIZES = (100, 800)


def _run(keys: Mapping[str, Any], seed: int) -> float:
    return train_and_test(keys["method"], keys["photos"], keys["rate"], seed, ("val",))["val"]


def _seconds(keys: Mapping[str, Any]) -> float:
    return 15 + (keys["photos"] * budget(keys["photos"]) / 110 if keys["method"] == "scratch" else 0)


PLAN = Plan(
    name="learning-rates",
    question="Which of three learning rates serves each method best on the validation photos?",
    claims=[],
    conditions=[
        {"method": method, "photos": photos, "rate": rate} for method in METHODS for photos in _SIZES for rate in RATES
    ],
    seeds=[100],
    run=_run,
    needs=lambda keys: bundled_backbone() if keys["method"] == "borrowed" else {},
    seconds=_seconds,
)


def best_rate(method: str, photos: int) -> float:
    """The rate with the best validation accuracy, as tried with 100 photos (for up to 200) or with 800."""
    from chapter9_lib.classroom import record

    size = _SIZES[0] if photos <= 200 else _SIZES[1]
    rows = record("learning-rates").table(method=method, photos=size)
    return float(max(rows, key=lambda row: row["mean"])["rate"])
