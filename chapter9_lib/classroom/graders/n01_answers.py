"""Exercises of notebook 01: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import nn

    from chapter9_lib.worlds import Photos

__all__ = ["ALSO_RIGHT", "REFERENCE", "WRONG"]

SetUp = dict[str, Any]


def _is_fair(a: SetUp, b: SetUp) -> bool:
    same_budget = all(a[key] == b[key] for key in ("photos", "learning_rates_tried", "augmentation"))
    return same_budget and bool(set(a["epochs"]) & set(b["epochs"]))


def _range(a: SetUp) -> list[int]:
    return list(range(min(a["epochs"]), max(a["epochs"]) + 1))


def _borrow(model: "nn.Module", photos: "Photos") -> "nn.Module":
    from chapter9_lib import fine_tune, freeze

    freeze(model)
    fine_tune(model, photos, epochs=20, lr=1e-2, batch_size=32, progress=False)
    return model


def _all_of_it(model: "nn.Module", photos: "Photos") -> "nn.Module":
    from chapter9_lib import fine_tune

    fine_tune(model, photos, epochs=1, lr=1e-3, progress=False)
    return model


def _by_requires_grad(model: "nn.Module", photos: "Photos") -> "nn.Module":
    import torch

    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    model.train()(torch.rand(8, 3, 72, 96)).sum().backward()
    torch.optim.SGD(model.fc.parameters(), lr=1e-2).step()
    return model.eval()


def _slowly(model: "nn.Module", photos: "Photos") -> "nn.Module":
    from chapter9_lib import fine_tune, freeze

    fine_tune(freeze(model), photos, epochs=1, lr=1e-6, progress=False)
    return model


REFERENCE: dict[str, Any] = {
    "n01.head_parameters": 1285,
    "n01.fair_comparison": _is_fair,
    "n01.borrow": _borrow,
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
        "not a function": (True, "Write a function is_fair(a, b); this is a bool"),
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
        "the first length": (lambda a, b: _is_fair(a, b) and a["epochs"][0] == b["epochs"][0], "wherever it stands"),
        "overlapping ranges": (
            lambda a, b: _is_fair({**a, "epochs": _range(a)}, {**b, "epochs": _range(b)}),
            "the ranges overlap",
        ),
        "returns nothing": (lambda a, b: True if _is_fair(a, b) else None, "returned None"),
    },
    "n01.borrow": {
        "everything trained": (_all_of_it, "freeze what you borrowed"),
        "requires_grad alone": (_by_requires_grad, "a thermostat has"),
        "not trained": (lambda model, photos: model, "as random as it was"),
        "returns nothing": (lambda model, photos: _borrow(model, photos) and None, "should return the model"),
        "too slowly": (_slowly, "train it for longer"),
        "a network": (3, "Write a function borrow(model, photos)"),
    },
}

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n01.head_parameters": {"a NumPy number": np.int64(1285), "a NumPy array of no dimension": np.array(1285)},
}
