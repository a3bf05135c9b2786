"""One stage more in each phase, with rates that fall off steeply or not at all (claim T3, and the slider of 04)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm, stages
from chapter9_lib.training import History, Phase, evaluate, fine_tune
from chapter9_lib.worlds import open_world
from data_scripts.experiments.fine_tuning_rates import old_kinds
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

DECAYS = (1.0, 0.3, 0.1)
_EPOCHS, _HEAD_RATE, _BATCH = 3, 1e-3, 32


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    model = freeze_batchnorm(open_world("lab").model(5))
    names = [stage.name for stage in reversed(stages(model))]
    seen: dict[str, float] = {}

    def score(model: nn.Module, history: History) -> None:
        if len(history) % _EPOCHS == 0:
            phase = names[history.phase[-1]]
            seen[f"{phase}: test"] = 100 * evaluate(model, photos_of("test")).accuracy
            seen[f"{phase}: source kinds"] = old_kinds(model)

    phases = [Phase(name, _EPOCHS, _HEAD_RATE, keys["layer_decay"]) for name in names]
    fine_tune(
        model, photos_of("train"), phases=phases, batch_size=_BATCH, seed=seed, watch=score, progress=False
    )  # fmt: skip
    return seen


PLAN = Plan(
    name="layer-decay",
    question="How far down to thaw, and how much slower each stage is to learn than the one after it?",
    claims=["T3"],
    conditions=[{"layer_decay": decay} for decay in DECAYS],
    seeds=[0, 1, 2],
    run=_run,
    split="after",
    needs=lambda keys: bundled_backbone(),
    seconds=170,
)
