"""Three phases with one optimizer that goes on, or with a new one for each, as the chapter's pipeline has it (W1)."""

from collections.abc import Mapping
from typing import Any

import torch

from chapter9_lib.models import freeze_batchnorm
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.worlds import open_world
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

_PHASES = {
    "the chapter's": [Phase("head", 3, 1e-3), Phase("layer4", 5, 1e-3, 0.1), Phase("layer3", 5, 5e-4, 0.1)],
    "ten times": [Phase("head", 3, 1e-2), Phase("layer4", 5, 1e-2, 0.1), Phase("layer3", 5, 5e-3, 0.1)],
}
_SPLITS = ("test-seen", "test")


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    model, phases = freeze_batchnorm(open_world("lab").model(5)), _PHASES[keys["rates"]]
    for part in [phases] if keys["optimizer"] == "carried on" else [[phase] for phase in phases]:
        fine_tune(model, photos_of("train"), phases=part, batch_size=32, augment=False, seed=seed, progress=False)
    return {split: 100 * evaluate(model, photos_of(split)).accuracy for split in _SPLITS}


PLAN = Plan(
    name="carried-moments",
    question="Does it matter whether the optimizer's running averages go on from phase to phase?",
    claims=["W1"],
    conditions=[{"rates": rates, "optimizer": way} for rates in _PHASES for way in ("carried on", "new each phase")],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: bundled_backbone(),
    seconds=50,
)
