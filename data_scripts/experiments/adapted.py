"""What the experiments on domain adaptation share: from labelled days to nights that nobody has labelled."""

import copy
from collections.abc import Mapping
from functools import cache

import numpy as np
import torch
from torch import nn

from chapter9_lib.training import Adaptation, Phase, adapt, evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world
from chapter9_lib.worlds.manifests import read_manifest
from data_scripts.experiments.lab import photos_of

__all__ = ["METHODS", "STRENGTHS", "adapted", "by_day", "nights", "scores", "true_labels"]

METHODS = ("source", "adabn", "look", "coral", "mmd", "dann", "pseudo", "look, then pseudo", "oracle")
""""source" is the control: as many epochs, and the day alone."""
STRENGTHS: Mapping[str, tuple[float, ...]] = {"coral": (1.0, 10.0, 100.0), "mmd": (0.3, 1.0, 3.0),
                                              "dann": (0.1, 0.3, 1.0)}  # fmt: skip
_UNTIL, _DECAY, _RATE, _EPOCHS = "layer3", 0.3, 1e-3, 8


@cache
def nights() -> Photos:
    """A thousand infrared photos of which nobody has said what is on them."""
    return open_world("lab").photos("unlabelled", light="infrared")


@cache
def true_labels() -> np.ndarray:
    """What is on them, for the oracle alone."""
    species = open_world("lab").species
    rows = {row["file"]: row["species"] for row in read_manifest(nights().paths[0].parent / "manifest.csv")}
    return np.array([species.index(rows[path.name]) for path in nights().paths])


@cache
def by_day(seed: int) -> nn.Module:
    """The backbone of the series after its head, then its last two stages, have learned the species by day."""
    torch.manual_seed(seed)
    model = open_world("lab").model(5)
    phases = [Phase("head", 10, 1e-2), Phase(_UNTIL, _EPOCHS, _RATE, _DECAY)]
    fine_tune(model, photos_of("train"), phases=phases, batch_size=32, views=4, seed=seed, progress=False)
    return model


def adapted(method: str, seed: int, strength: float | None = None) -> tuple[nn.Module, Adaptation]:
    """A copy of the model of the day, adapted to the nights."""
    model, ways = copy.deepcopy(by_day(seed)), method.split(", then ")
    for way in ways:
        found = adapt(
            model, photos_of("train"), nights(), way, until=_UNTIL, epochs=_EPOCHS, lr=_RATE, layer_decay=_DECAY,
            strength=strength, oracle_labels=true_labels() if way == "oracle" else None, seed=seed, progress=False,
        )  # fmt: skip
    return model, found


def scores(model: nn.Module) -> dict[str, float]:
    """Accuracy in percent by night, and by day at cameras that were never learned from."""
    return {split: 100 * evaluate(model, photos_of(split)).accuracy for split in ("night", "test")}
