"""What keeps a fine-tuned network from forgetting, and what that costs on the new task (claim S3).

One recipe, everything thawed for fifteen epochs at its best rate, and each antidote by itself. A weight decay of 3
pulls as hard as the gentle L2-SP, to zero instead of to where the weights began.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm, load_pretrained, replace_head
from chapter9_lib.training import Phase, evaluate, fine_tune, interpolated
from chapter9_lib.worlds import open_world
from data_scripts.experiments.fine_tuning_rates import old_kinds
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.unfreezing import EPOCHS, rate_needed
from data_scripts.experiments.unfreezing_rates import best_rate_of
from data_scripts.recording import Plan

__all__ = ["ANTIDOTES", "PLAN"]


@dataclass(frozen=True)
class _Antidote:
    until: str = "stem"
    slower: float = 1.0
    dropout: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    after: Callable[[nn.Module], nn.Module] = lambda model: model


def _halfway(model: nn.Module) -> nn.Module:
    return interpolated(model, load_pretrained("lab-resnet", source="bundled").state_dict(), 0.5)


ANTIDOTES: dict[str, _Antidote] = {
    "none": _Antidote(),
    "half the rate": _Antidote(slower=0.5),
    "a tenth of the rate": _Antidote(slower=0.1),
    "freeze more": _Antidote(until="layer3"),
    "weight decay 0.1": _Antidote(options={"weight_decay": 0.1}),
    "weight decay 3": _Antidote(options={"weight_decay": 3.0}),
    "L2-SP, gentle": _Antidote(options={"l2_sp": 3.0}),
    "L2-SP, firm": _Antidote(options={"l2_sp": 30.0}),
    "dropout": _Antidote(dropout=0.3),
    "no augmentation": _Antidote(options={"augment": False}),
    "halfway back (WiSE-FT)": _Antidote(after=_halfway),
}


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    antidote = ANTIDOTES[keys["antidote"]]
    torch.manual_seed(seed)
    model = freeze_batchnorm(open_world("lab").model(5))
    if antidote.dropout:
        replace_head(model, 5, dropout=antidote.dropout)
    fine_tune(
        model, photos_of("train"), phases=[Phase(antidote.until, EPOCHS, antidote.slower * best_rate_of("flat"))],
        batch_size=32, seed=seed, progress=False, **antidote.options,
    )  # fmt: skip
    model = antidote.after(model)
    scores = {split: 100 * evaluate(model, photos_of(split)).accuracy for split in ("test", "night")}
    return scores | {"source kinds": old_kinds(model)}


PLAN = Plan(
    name="antidotes",
    question="What keeps a fine-tuned network from forgetting what it came with, and at what price?",
    claims=["S3"],
    conditions=[{"antidote": antidote} for antidote in ANTIDOTES],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: rate_needed("flat"),
    seconds=150,
)
