"""Yosinski's grid on halves of the source kinds: which layers can change hands (claims Y1 to Y3)."""

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from chapter9_lib.models import eight_layers, load_model, save_model
from chapter9_lib.studies import ARMS, transfer_cell
from chapter9_lib.training import Phase, evaluate, fine_tune
from chapter9_lib.worlds import Photos
from chapter9_lib.worlds.trailcam import SOURCE_HALVES, SOURCE_KINDS
from data_scripts.recording import RUNS, Plan, lab_world
from data_scripts.render_photos import rows_of

__all__ = ["LAYERS", "RECIPE", "net", "plan", "rendered_world", "task"]

LAYERS = range(1, 8)
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
def _whole(set_name: str) -> Photos:
    rows = rows_of(set_name)
    classes = sorted({row["species"] for row in rows})
    labels = [classes.index(row["species"]) for row in rows]
    return Photos([Path(row["folder"]) / row["file"] for row in rows], labels, classes)


@cache
def task(halves: str, seed: int, half: str) -> tuple[Photos, Photos]:
    """Photos to learn from and to score on, of one half of the kinds."""
    return tuple(_only(_whole(name), kinds_of(halves, seed)[half]) for name in ("source-train", "source"))


def _only(photos: Photos, kinds: tuple[str, ...]) -> Photos:
    names = np.array(photos.classes)[photos.labels]
    chosen = np.flatnonzero(np.isin(names, kinds))
    return Photos([photos.paths[at] for at in chosen], [kinds.index(names[at]) for at in chosen], list(kinds))


def net(halves: str, seed: int, half: str) -> nn.Module:
    """The network trained on one half, made when it is first asked for and kept in runs/transfer-nets."""
    stem = RUNS / "transfer-nets" / f"{halves}-{seed}-{half}"
    lock = stem.with_suffix(".making")
    stem.parent.mkdir(parents=True, exist_ok=True)
    _wait_for(lock)
    if not stem.with_suffix(".json").exists():
        lock.write_text(str(os.getpid()))
        try:
            save_model(_trained(halves, seed, half), stem)
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


def _trained(halves: str, seed: int, half: str) -> nn.Module:
    torch.manual_seed(10 * seed + "AB".index(half))
    model, recipe = eight_layers(100), dict(RECIPE)
    phases = [Phase(None, recipe.pop("epochs"), recipe.pop("lr"))]
    fine_tune(model, task(halves, seed, half)[0], phases=phases, augment=True, seed=seed, **recipe)
    return model


def _run(halves: str) -> Callable[[Mapping[str, Any], int], float]:
    def run(keys: Mapping[str, Any], seed: int) -> float:
        train, test = task(halves, seed, keys.get("half", "B"))
        if keys["arm"] == "base":
            return 100 * evaluate(net(halves, seed, keys["half"]), test).accuracy
        arm = next(arm for arm in ARMS if arm.name() == keys["arm"])
        donor = net(halves, seed, arm.donor)
        model = transfer_cell(arm, keys["layers"], donor, lambda: eight_layers(100), train, seed=100 + seed, **RECIPE)
        return 100 * evaluate(model, test).accuracy

    return run


def _seconds(keys: Mapping[str, Any]) -> float:
    if keys["arm"] == "base" or keys["arm"].endswith("+"):
        return 160
    return 40 + 110 * (8 - keys["layers"]) / 8


def rendered_world() -> dict[str, str]:
    """The lab world, once the source photos to train on are rendered.

    Raises:
        FileNotFoundError: while they are not.
    """
    rows_of("source-train")
    return lab_world()


def plan(name: str, question: str, halves: str, arms: tuple[str, ...], seeds: list[int]) -> Plan:
    """A record of some of the grid's arms, with the two networks trained on one half each."""
    return Plan(
        name=name,
        question=question,
        claims=["Y2"],
        conditions=[
            *({"arm": "base", "half": half} for half in "BA"),
            *({"arm": arm, "layers": layers} for layers in LAYERS for arm in arms),
        ],
        seeds=seeds,
        run=_run(halves),
        seconds=_seconds,
        world=rendered_world,
    )


PLAN = plan(
    "transfer-grid",
    "How much do layers taken over, and kept frozen, cost: from a network of the same task, and of another?",
    "random",
    ("BnB", "AnB"),
    [0, 1, 2, 3, 4],
)
