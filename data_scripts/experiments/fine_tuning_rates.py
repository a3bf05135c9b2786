"""All layers at one learning rate, from tiny to huge: what is learned, and what is forgotten (claim T1)."""

from functools import cache

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm, load_pretrained
from chapter9_lib.studies import still_known
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "RATES", "old_kinds", "scores_after"]

RATES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
_EPOCHS, _BATCH, _SOURCE_PHOTOS = 10, 32, 1000


@cache
def _source() -> Photos:
    return photos_of("source").sample(_SOURCE_PHOTOS, seed=0)


def old_kinds(model: nn.Module) -> float:
    """Percent of source photos that a fine-tuned `lab-resnet` still names right, once it has its old head again."""
    return 100 * still_known(model, load_pretrained("lab-resnet", source="bundled"), _source()).accuracy


def scores_after(rate: float, optimizer: str, seed: int, hold_norms: bool = False) -> dict[str, float]:
    """Accuracy in percent after ten epochs of everything at one rate, on the five species and on the old kinds."""
    torch.manual_seed(seed)
    model = open_world("lab").model(5)
    fine_tune(
        freeze_batchnorm(model, hold_norms), photos_of("train"), phases=[Phase("stem", _EPOCHS, rate)],
        optimizer=optimizer, batch_size=_BATCH, seed=seed, progress=False,
    )  # fmt: skip
    scores = {split: 100 * evaluate(model, photos_of(split)).accuracy for split in ("test", "test-seen", "night")}
    return scores | {"source kinds": old_kinds(model)}


PLAN = Plan(
    name="fine-tuning-rates",
    question="How far may the dials be turned before a fine-tuned network forgets what it was borrowed for?",
    claims=["T1"],
    conditions=[{"optimizer": optimizer, "rate": rate} for optimizer in ("adamw", "sgd") for rate in RATES],
    seeds=[0, 1, 2],
    run=lambda keys, seed: scores_after(keys["rate"], keys["optimizer"], seed),
    needs=lambda keys: bundled_backbone(),
    seconds=110,
)
