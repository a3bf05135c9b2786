"""Yosinski's grid once more for whoever has few photos: 15 of each kind, between the two bundled networks (claim Y2).

Notebook 02 runs two of its cells live.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import eight_layers, load_pretrained
from chapter9_lib.models.classes import known_classes
from chapter9_lib.studies import transfer_cell
from chapter9_lib.studies.transfer import ARMS, Arm
from chapter9_lib.training import adapt_batchnorm, evaluate
from chapter9_lib.worlds import Photos, split_by_group
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.transfer_grid import LAYERS
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

_RECIPE: dict[str, Any] = {"epochs": 12, "lr": 3e-3, "batch_size": 32, "views": 4, "progress": False}
_PATIENT = "base, five times the epochs"
_NETS = {"A": "lab-eight-a", "B": "lab-eight-b"}
_RANDOM = "random, frozen"
"""A donor that has learned nothing; its norms have measured the photos, or they would hand on next to nothing."""


def _run(keys: Mapping[str, Any], seed: int) -> float:
    donors = {letter: load_pretrained(name, source="bundled") for letter, name in _NETS.items()}
    photos = photos_of("source").only(known_classes(donors["B"]))
    train, test = split_by_group(photos, 0.25, seed=seed)
    arm = next((arm for arm in ARMS if arm.name() == keys["arm"]), Arm("B", frozen=keys["arm"] == _RANDOM))
    donor = _untrained(train, seed) if keys["arm"] == _RANDOM else donors[arm.donor]
    recipe = {**_RECIPE, "epochs": _RECIPE["epochs"] * (5 if keys["arm"] == _PATIENT else 1)}
    fresh = 100 + seed  # 0 and 1 are the seeds that the donors began with
    model = transfer_cell(arm, keys["layers"], donor, lambda: eight_layers(100), train, seed=fresh, **recipe)
    return 100 * evaluate(model, test).accuracy


def _untrained(photos: Photos, seed: int) -> nn.Module:
    torch.manual_seed(1000 + seed)
    return adapt_batchnorm(eight_layers(100), photos)


PLAN = Plan(
    name="transfer-grid-few",
    question="What are layers of another task worth where there are 15 photos of each kind, not 100?",
    claims=["Y2"],
    conditions=[
        *({"arm": arm, "layers": 0} for arm in ("base", _PATIENT)),
        *({"arm": arm, "layers": layers} for layers in LAYERS for arm in ("BnB", "AnB", _RANDOM)),
    ],
    seeds=[0, 1, 2],
    run=_run,
    needs=lambda keys: {name: value for net in _NETS.values() for name, value in bundled_backbone(net).items()},
    seconds=25,
)
