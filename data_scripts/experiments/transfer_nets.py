"""The networks of Yosinski's experiment: halves of the source kinds, their photos, and what was trained on them.

A network is made when it is first asked for, and kept in runs/transfer-nets.
"""

import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from chapter9_lib.models import eight_layers, load_model, save_model
from chapter9_lib.studies import transfer_cell
from chapter9_lib.studies.transfer import Arm
from chapter9_lib.training import Phase, fine_tune
from chapter9_lib.worlds import Photos
from chapter9_lib.worlds.trailcam import SOURCE_HALVES, SOURCE_KINDS
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import RUNS, lab_world
from data_scripts.render_photos import rows_of

__all__ = ["RECIPE", "cell", "kept", "kinds_of", "net", "rendered_world", "task"]

RECIPE: dict[str, Any] = {"epochs": 12, "lr": 3e-3, "batch_size": 128, "views": 4, "progress": False}
"""The same for every network of the grid. The rate was the best of three on halves that no reported run uses."""

_PATIENCE = 3600


def kinds_of(halves: str, seed: int) -> dict[str, tuple[str, ...]]:
    """The hundred kinds of task A and of task B: "random" halves, or "dissimilar" ones, living and man-made."""
    if halves == "dissimilar":
        return {"A": SOURCE_HALVES["living"], "B": SOURCE_HALVES["man-made"]}
    names = np.random.default_rng(seed).permutation(list(SOURCE_KINDS)).tolist()
    return {"A": tuple(names[:100]), "B": tuple(names[100:])}


@cache
def _rendered() -> Photos:
    rows = rows_of("source-train")
    classes = sorted({row["species"] for row in rows})
    labels = [classes.index(row["species"]) for row in rows]
    return Photos([Path(row["folder"]) / row["file"] for row in rows], labels, classes)


@cache
def task(halves: str, seed: int, half: str) -> tuple[Photos, Photos]:
    """Photos to learn from, rendered, and to score on, bundled, of one half of the kinds."""
    kinds = kinds_of(halves, seed)[half]
    return _rendered().only(kinds), photos_of("source").only(kinds)


def rendered_world() -> dict[str, str]:
    """The lab world, once the source photos to train on are rendered.

    Raises:
        FileNotFoundError: while they are not.
    """
    rows_of("source-train")
    return lab_world()


def net(halves: str, seed: int, half: str, times: int = 1) -> nn.Module:
    """The network trained on one half, for so many times the usual epochs."""
    longer = "" if times == 1 else f"-{times}"
    return kept(f"{halves}-{seed}-{half}{longer}", lambda: _trained(halves, seed, half, times))


def cell(halves: str, seed: int, arm: Arm, layers: int) -> nn.Module:
    """The network for task B whose first layers are a donor's."""

    def make() -> nn.Module:
        train, donor = task(halves, seed, "B")[0], net(halves, seed, arm.donor)
        return transfer_cell(arm, layers, donor, lambda: eight_layers(100), train, seed=100 + seed, **RECIPE)

    return kept(f"{halves}-{seed}-{arm.name(layers)}", make)


def _trained(halves: str, seed: int, half: str, times: int) -> nn.Module:
    torch.manual_seed(10 * seed + "AB".index(half))
    model, recipe = eight_layers(100), dict(RECIPE)
    phases = [Phase(None, times * recipe.pop("epochs"), recipe.pop("lr"))]
    fine_tune(model, task(halves, seed, half)[0], phases=phases, augment=True, seed=seed, **recipe)
    return model


def kept(name: str, make: Callable[[], nn.Module]) -> nn.Module:
    """A network from runs/transfer-nets, or else made now and put there."""
    stem = RUNS / "transfer-nets" / name
    lock = stem.with_suffix(".making")
    stem.parent.mkdir(parents=True, exist_ok=True)
    _wait_for(lock)
    if not stem.with_suffix(".json").exists():
        lock.write_text(str(os.getpid()))
        try:
            save_model(make(), stem)
        finally:
            lock.unlink()
    return load_model(stem)


def _wait_for(lock: Path) -> None:
    """Another process may be at it; one that has died is not waited for."""
    began = time.monotonic()
    while lock.exists() and time.monotonic() - began < _PATIENCE:
        try:
            os.kill(int(lock.read_text() or 0), 0)
        except (OSError, ValueError):
            lock.unlink(missing_ok=True)
        time.sleep(2)
