"""Exercises of notebook 01: the reference answers, and wrong ones that people plausibly give, with what they hear."""

import math
from typing import Any

__all__ = ["REFERENCE", "WRONG"]

SetUp = dict[str, Any]


def _reach(photos: list[float], accuracy: list[float], target: float) -> float | None:
    if accuracy[0] >= target:
        return photos[0]
    for i in range(1, len(photos)):
        if accuracy[i] >= target:
            share = (target - accuracy[i - 1]) / (accuracy[i] - accuracy[i - 1])
            return math.exp(math.log(photos[i - 1]) + share * (math.log(photos[i]) - math.log(photos[i - 1])))
    return None


def _is_fair(a: SetUp, b: SetUp) -> bool:
    same_budget = all(a[key] == b[key] for key in ("photos", "learning_rates_tried", "augmentation"))
    return same_budget and bool(set(a["epochs"]) & set(b["epochs"]))


def _first_above(photos: list[float], accuracy: list[float], target: float) -> float | None:
    return next((p for p, a in zip(photos, accuracy, strict=True) if a >= target), None)


def _linear(photos: list[float], accuracy: list[float], target: float) -> float | None:
    for i in range(1, len(photos)):
        if accuracy[i] >= target:
            share = (target - accuracy[i - 1]) / (accuracy[i] - accuracy[i - 1])
            return photos[i - 1] + share * (photos[i] - photos[i - 1])
    return None


def _runs_off(photos: list[float], accuracy: list[float], target: float) -> float | None:
    i = 0
    while accuracy[i] < target:
        i += 1
    return _reach(photos, accuracy, target)


def _last_instead_of_none(photos: list[float], accuracy: list[float], target: float) -> float:
    return _reach(photos, accuracy, target) or photos[-1]


def _log_left(photos: list[float], accuracy: list[float], target: float) -> float | None:
    found = _reach(photos, accuracy, target)
    return None if found is None else math.log10(found)


REFERENCE: dict[str, Any] = {
    "n01.head_parameters": 1285,
    "n01.fair_comparison": _is_fair,
    "n01.photos_needed": _reach,
}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n01.head_parameters": {
        "forgot the biases": (1280, "a bias of its own"),
        "one bias for all": (1281, "One bias for all"),
        "a bias a feature": (1536, "belongs to the output"),
        "six outputs": (1542, "6 outputs"),
        "added": (261, "they multiply"),
        "the whole network": (2_800_000, "whole network"),
        "not a number": ("1285", "A count is a number"),
    },
    "n01.fair_comparison": {
        "always fair": (lambda a, b: True, "four times the photos"),
        "everything must be equal": (lambda a, b: a == b, "its own learning rate"),
        "counts photos, not draws": (
            lambda a, b: _is_fair({**a, "photos": a["photos"][:3]}, {**b, "photos": b["photos"][:3]}),
            "the same ones",
        ),
        "forgot the tries": (
            lambda a, b: _is_fair({**a, "learning_rates_tried": 1}, {**b, "learning_rates_tried": 1}),
            "more tries",
        ),
        "forgot the augmentation": (
            lambda a, b: _is_fair({**a, "augmentation": 1}, {**b, "augmentation": 1}),
            "augmented",
        ),
        "forgot the epochs": (
            lambda a, b: _is_fair({**a, "epochs": [1]}, {**b, "epochs": [1]}),
            "20 epochs against 100",
        ),
        "epochs must be equal": (lambda a, b: _is_fair(a, b) and a["epochs"] == b["epochs"], "both are shown"),
        "returns nothing": (lambda a, b: True if _is_fair(a, b) else None, "returned None"),
    },
    "n01.photos_needed": {
        "linear in photos": (_linear, "halfway in log(photos)"),
        "first point above": (_first_above, "first measured point above"),
        "runs off the end": (_runs_off, "IndexError"),
        "last point instead of None": (_last_instead_of_none, "never reaches"),
        "left in logarithms": (_log_left, "logarithm of the answer"),
    },
}
