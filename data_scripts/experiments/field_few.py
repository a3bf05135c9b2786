"""A handful of real photos: shown to a real network, or trained on (claim P3).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold; each labelled photo is of another burst. The logistic
regression takes the best of three penalties on all other training photos, more than whoever has so few labels knows.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models import freeze, freeze_batchnorm, load_pretrained
from chapter9_lib.training import Phase, evaluate, fine_tune, linear_probe, prototypes
from chapter9_lib.worlds import Photos
from data_scripts.experiments.field import field_photos, field_weights, field_world, fold_of, spread_orders
from data_scripts.experiments.heads import Activations, Part, activations_of
from data_scripts.experiments.lab import budget
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_NETWORK, _LABELS, _DECAYS, _SCALE = "mobilenetv2_100", (1, 2, 5, 10, 20), (1e-4, 1e-3, 1e-2), 1 / 0.07
_TRAINED = "everything fine-tuned"


def _borrowed() -> nn.Module:
    return load_pretrained(_NETWORK, source="timm", num_classes=5)


@cache
def _activations() -> Activations:
    return activations_of(freeze(_borrowed()), field_photos())


def _few(train: Photos, count: int, seed: int) -> np.ndarray:
    """Positions of so many photos of each species, each of another burst as long as there are bursts."""
    return np.concatenate([order[:count] for order in spread_orders(train, seed)])


def _vectors(photos: Photos, middle: Tensor) -> Tensor:
    """Activations less their mean over the few, as unit vectors, times what cosines are multiplied by."""
    return F.normalize(Part(_activations(), photos).features.flatten(1) - middle, dim=1) * _SCALE


def _probed(few: Photos, rest: Photos, test: Photos) -> float:
    middle = Part(_activations(), few).features.flatten(1).mean(0)
    rows, held, asked = (_vectors(photos, middle) for photos in (few, rest, test))

    def share(others: Tensor, labels: np.ndarray, decay: float) -> float:
        return linear_probe(rows, few.labels, others, labels, decay=decay, standardise=False)

    best = max(_DECAYS, key=lambda decay: share(held, rest.labels, decay))
    return 100 * share(asked, test.labels, best)


def _tuned(few: Photos, test: Photos, fold: int) -> float:
    """The head for a third of 120 steps, then everything, the norms held."""
    torch.manual_seed(fold)
    model, epochs = freeze_batchnorm(_borrowed()), budget(len(few))
    phases = [Phase("head", epochs // 3, 1e-2), Phase("conv_stem", epochs - epochs // 3, 1e-3, 0.5)]
    fine_tune(model, few, phases=phases, batch_size=32, augment=True, seed=fold, progress=False)
    return 100 * evaluate(model, test).accuracy


def _run(keys: Mapping[str, Any], fold: int) -> float:
    train, test = fold_of(fold)
    chosen = _few(train, keys["labels"], fold)
    few, rest = train.subset(chosen), train.subset(np.setdiff1d(np.arange(len(train)), chosen))
    if keys["by"] == _TRAINED:
        return _tuned(few, test, fold)
    if keys["by"] == "logistic regression":
        return _probed(few, rest, test)
    return 100 * evaluate(prototypes(_borrowed(), few), test).accuracy


PLAN = Plan(
    name="field-few",
    question="A handful of real photos of each species: does it help to train on them, or is showing them as good?",
    claims=["P3"],
    conditions=[
        *({"by": by, "labels": count} for by in ("nearest mean", "logistic regression") for count in _LABELS),
        {"by": _TRAINED, "labels": 5},
    ],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    needs=lambda keys: field_weights(f"timm/{_NETWORK}"),
    seconds=lambda keys: 300 if keys["by"] == _TRAINED else 15,
    world=field_world,
)
