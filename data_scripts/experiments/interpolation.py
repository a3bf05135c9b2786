"""Every place between the borrowed network and the tuned one: WiSE-FT's line (claim S3)."""

from collections.abc import Mapping
from typing import Any

import torch

from chapter9_lib.models import freeze_batchnorm, load_pretrained
from chapter9_lib.training import evaluate, fine_tune, interpolated, lp_ft
from chapter9_lib.worlds import open_world
from data_scripts.experiments.fine_tuning_rates import old_kinds
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.unfreezing import rate_needed
from data_scripts.experiments.unfreezing_rates import best_rate_of
from data_scripts.recording import Plan

__all__ = ["PLAN", "SHARES"]

SHARES = tuple(tenth / 10 for tenth in range(11))
"""Of the tuned weights; the head, trained on frozen features first, fits both ends."""


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    model = freeze_batchnorm(open_world("lab").model(5))
    phases = lp_ft(head_epochs=5, epochs=10, head_lr=1e-2, lr=best_rate_of("LP-FT"))
    fine_tune(model, photos_of("train"), phases=phases, batch_size=32, seed=seed, progress=False)
    start, scores = load_pretrained("lab-resnet", source="bundled").state_dict(), {}
    for share in SHARES:
        between = interpolated(model, start, share)
        for split in ("test", "night"):
            scores[f"{split} at {share:.1f}"] = 100 * evaluate(between, photos_of(split)).accuracy
        scores[f"source kinds at {share:.1f}"] = old_kinds(between)
    return scores


PLAN = Plan(
    name="interpolation",
    question="What lies between the borrowed network and the tuned one?",
    claims=["S3"],
    conditions=[{"recipe": "LP-FT"}],
    seeds=[0, 1, 2],
    run=_run,
    split="scored",
    needs=lambda keys: rate_needed("LP-FT"),
    seconds=260,
)
