"""What the lab's experiments share: the tasks, the kitchens, the budget, one fair training run."""

from enum import Enum
from functools import cache

import torch
from torch import nn

from chapter9_lib.models import freeze, freeze_batchnorm, replace_head, unfreeze
from chapter9_lib.training import evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world, split_by_group
from data_scripts.experiments.heads import Activations, activations_of, head_accuracy

__all__ = ["METHODS", "RATES", "SIZES", "THAWING_RATES", "Task", "budget", "photos_of", "thaw_and_test",
           "train_and_test",
           "trained"]  # fmt: skip

SIZES = (10, 25, 50, 100, 200, 400, 800)
METHODS = ("scratch", "random-features", "borrowed", "borrowed-two-layer")
RATES = (1e-3, 3e-3, 1e-2)
"""The learning rates that every method may choose from: nobody gets more tries than another."""
THAWING_RATES = (1e-4, 3e-4, 1e-3)
_BATCH, _THAWED_EPOCHS = 32, 15


class Task(Enum):
    """What is to be told apart: the five species, or the five look-alike subspecies."""

    SPECIES = "species"
    LOOK_ALIKES = "look-alikes"

    @property
    def validation_split(self) -> str:
        """Where learning rates are chosen."""
        return "val" if self is Task.SPECIES else "look-alikes-val"

    @property
    def test_split(self) -> str:
        """Where the result counts."""
        return "test" if self is Task.SPECIES else "look-alikes-test"

    def all_training(self) -> Photos:
        """The photos to learn from."""
        return photos_of("train" if self is Task.SPECIES else "look-alikes")

    def training_part(self) -> Photos:
        """The photos to learn from while rates are chosen: none of a burst that the choice is made on."""
        return photos_of("train" if self is Task.SPECIES else "look-alikes-train")


@cache
def photos_of(split: str) -> Photos:
    """A set of the lab world, opened once a process; `look-alikes-train` and `-val` are its two parts by burst."""
    if split in ("look-alikes-train", "look-alikes-val"):
        return split_by_group(open_world("lab").photos("look-alikes"), 0.25, seed=0)[split.endswith("-val")]
    return open_world("lab").photos(split)


def budget(photos: int, most: int | None = None) -> int:
    """Epochs for a training set of this size: 30, but at least 120 steps and, if asked, at most so many."""
    steps = -(-photos // _BATCH)
    return max(-(-120 // steps), 30 if most is None else min(30, most // steps))


def train_and_test(
    method: str, train: Photos, rate: float, seed: int, splits: tuple[str, ...], stretch: int = 1
) -> dict[str, float]:
    """Accuracy in percent on `splits` after one run with a fair budget, `stretch` times as long if asked."""
    if method == "scratch":
        return _scores(trained(method, train, rate, seed, stretch), splits)
    tests = {split: photos_of(split) for split in splits}
    shown = {path: row for split in (_home(train), *splits) for path, row in _activations(method, split, seed).items()}
    epochs = stretch * budget(len(train))
    return head_accuracy(_kitchen(method, seed), shown, train, tests, rate=rate, epochs=epochs, seed=seed)


def _home(train: Photos) -> str:
    """The set that the training photos were drawn from."""
    return next(split for split in ("train", "look-alikes") if train.paths[0] in set(photos_of(split).paths))


@cache
def _activations(method: str, split: str, seed: int) -> Activations:
    """What a backbone says of every photo of a set, once a process; the borrowed one says the same for every seed."""
    if method != "random-features" and (method, seed) != ("borrowed", 0):
        return _activations("borrowed", split, 0)
    return activations_of(_kitchen(method, seed), photos_of(split))


def thaw_and_test(
    train: Photos, rates: tuple[float, float], seed: int, splits: tuple[str, ...], thaw: bool = True
) -> dict[str, float]:
    """Accuracy in percent after the head, then the whole network, were trained at these two rates.

    LP-FT (Kumar et al. 2022, arXiv 2202.10054): the head first, on the frozen backbone; then everything, gently. The
    norms keep the statistics that they came with. With `thaw` False the second part trains the head once more: as
    many epochs, as much augmentation, and nothing else.
    """
    model = trained("borrowed", train, rates[0], seed)
    model = freeze_batchnorm(unfreeze(model)) if thaw else model
    fine_tune(
        model, train, epochs=_THAWED_EPOCHS, lr=rates[1], batch_size=_BATCH, seed=seed, augment=True, progress=False
    )
    return _scores(model, splits)


def trained(method: str, train: Photos, rate: float, seed: int, stretch: int = 1) -> nn.Module:
    """A model for five classes after one run with a fair budget."""
    model = _kitchen(method, seed)
    fine_tune(
        model, train, epochs=stretch * budget(len(train)), lr=rate, batch_size=_BATCH, seed=seed, progress=False,
        augment=method == "scratch",
    )  # fmt: skip
    return model


def _kitchen(method: str, seed: int) -> nn.Module:
    """A model for five classes, ready for training: from scratch, or a new head on a frozen backbone."""
    torch.manual_seed(seed)
    world = open_world("lab")
    if method in ("scratch", "random-features"):
        return world.scratch_model(5, frozen=method == "random-features")
    model = world.model(5)
    return freeze(replace_head(model, 5, hidden=512, dropout=0.3) if method == "borrowed-two-layer" else model)


def _scores(model: nn.Module, splits: tuple[str, ...]) -> dict[str, float]:
    return {split: 100 * evaluate(model, photos_of(split)).accuracy for split in splits}
