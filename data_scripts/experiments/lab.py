"""What the lab's experiments share: the kitchens, the budget, one fair training run."""

from functools import cache

import torch
from torch import nn

from chapter9_lib.models import freeze
from chapter9_lib.training import evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world

__all__ = ["METHODS", "RATES", "SIZES", "budget", "kitchen", "photos_of", "train_and_test"]

SIZES = (10, 25, 50, 100, 200, 400, 800)
METHODS = ("scratch", "random-features", "borrowed")
RATES = (1e-3, 3e-3, 1e-2)
"""The learning rates that every method may choose from: nobody gets more tries than another."""
_BATCH = 32


@cache
def photos_of(split: str) -> Photos:
    """A set of the lab world, opened once a process."""
    return open_world("lab").photos(split)


def budget(photos: int) -> int:
    """Epochs for a training set of this size: 30, and at least 120 steps for the small ones."""
    steps = -(-photos // _BATCH)
    return max(30, -(-120 // steps))


def kitchen(method: str, seed: int) -> nn.Module:
    """A model ready for training: everything from scratch, or a new head on a frozen backbone."""
    torch.manual_seed(seed)
    world = open_world("lab")
    return freeze(world.model()) if method == "borrowed" else world.scratch_model(frozen=method == "random-features")


def train_and_test(
    method: str, photos: int, rate: float, seed: int, splits: tuple[str, ...], stretch: int = 1
) -> dict[str, float]:
    """Accuracy in percent on `splits` after one run with a fair budget, `stretch` times as long if asked."""
    model = kitchen(method, seed)
    train = photos_of("train").sample(photos, seed=seed)
    fine_tune(
        model, train, epochs=stretch * budget(photos), lr=rate, batch_size=_BATCH, seed=seed, progress=False,
        augment=method == "scratch",
    )  # fmt: skip
    return {split: 100 * evaluate(model, photos_of(split)).accuracy for split in splits}
