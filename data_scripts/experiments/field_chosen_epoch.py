"""Whose weights to keep: the best epoch's on watched photos, or those that a falling rate has let settle (claim W1).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. A real MobileNetV2 is trained as `chapter9 fit` would, once; a
sixth of the training photos, whole bursts, is watched. The rule that `fit` follows was made after a look at such runs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from chapter9_lib.models import freeze_batchnorm, load_pretrained, stages
from chapter9_lib.pipeline import Settings
from chapter9_lib.training import History, Phase, evaluate, fine_tune
from chapter9_lib.worlds import split_by_group
from data_scripts.experiments.field import field_weights, field_world, fold_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_NETWORK, _WATCHED, _VIEWS = "mobilenetv2_100", 0.15, 4


def _run(keys: Mapping[str, Any], fold: int) -> dict[str, float]:
    (photos, test), settings = fold_of(fold), Settings()
    kept: list[dict[str, Tensor]] = []
    train, watched = split_by_group(photos, _WATCHED, seed=fold)
    torch.manual_seed(fold)
    model = freeze_batchnorm(load_pretrained(_NETWORK, source="timm", num_classes=5))
    first = stages(model)[-1 - settings.thawed].name
    phases = [
        Phase("head", settings.head_epochs, settings.head_lr),
        Phase(first, settings.epochs, 1e-3, settings.layer_decay),
    ]
    history = fine_tune(
        model, train, watched, phases=phases, batch_size=settings.batch_size, views=_VIEWS, seed=fold, progress=False,
        watch=lambda model, _: kept.append({name: one.clone() for name, one in model.state_dict().items()}),
    )  # fmt: skip
    found = {}
    for way, epoch in _chosen(history).items():
        model.load_state_dict(kept[epoch])
        found |= {way: 100 * evaluate(model, test).accuracy, f"{way}: told": 100 * history.val_accuracy[epoch]}
    return found


def _chosen(history: History) -> dict[str, int]:
    """{rule: the epoch that it keeps}."""
    loss, phase, last = np.array(history.val_loss), np.array(history.phase), len(history) - 1

    def merit(epoch: int) -> tuple[float, float]:
        return history.val_accuracy[epoch], -loss[epoch]

    ends = [int(np.flatnonzero(phase == number)[-1]) for number in np.unique(phase)]
    return {
        "the epoch with most named right": max(range(len(history)), key=merit),
        "the epoch of the lowest loss": int(loss.argmin()),
        "the last epoch": last,
        "the better phase's end": max(ends, key=merit),
    }


PLAN = Plan(
    name="field-chosen-epoch",
    question="Of all epochs, whose weights should be kept?",
    claims=["W1"],
    conditions=[{"network": _NETWORK}],
    seeds=[0, 1, 2],
    repeats="folds",
    run=_run,
    split="kept",
    needs=lambda keys: field_weights(f"timm/{_NETWORK}"),
    seconds=120,
    world=field_world,
)
