"""Ours and theirs on the same real trail-camera photos, five-fold by burst: accuracy, seconds, drift of frozen norms.

    pip install -e ".[peers]"                                   # in an environment of its own: fastai holds torch back
    CHAPTER9_FIELD=… python -m data_scripts.measure_records head-to-head

A "seed" of this record is a fold. Seconds are the processor's own, of one thread. Measure on a machine that does
nothing else: busy neighbours make even these up to three times as many.
"""

import importlib.util
import time

import torch

from chapter9_lib import preprocessing
from chapter9_lib.training import PhotoBatches
from chapter9_lib.worlds import Photos
from data_scripts.experiments.field import field_world, fold_of
from data_scripts.recording import Plan
from tests.peers.recipes import BATCH, RECIPES, Tuned, borrowed, one_command

__all__ = ["FOLDS", "ONE_COMMAND", "PLAN", "SECONDS", "compared", "peers_world"]

ONE_COMMAND, FOLDS = "chapter9 fit", 5
SECONDS = {"ours": 40, "ours, 4 views": 120, ONE_COMMAND: 180, "logistic regression": 30, "plain loop": 400,
           "fastai": 700, "Lightning": 1000}  # fmt: skip
"""A fold takes each of them, about."""


def accuracy(tuned: Tuned, test: Photos) -> float:
    """Percent named right, on photos prepared as the network wants them."""
    batches, right = PhotoBatches(test, tuned.prepared or preprocessing(borrowed(0)), memory_limit=0), 0
    with torch.inference_mode():
        for indices in torch.arange(len(test)).split(BATCH):
            right += int((tuned.scores(batches.batch(indices)).argmax(1) == torch.tensor(test.labels)[indices]).sum())
    return 100 * right / len(test)


def compared(method: str, fold: int, collection: str = "trailcam") -> dict[str, float]:
    """Accuracy, seconds and drift of a method on a fold of a collection; from the sixth on, folds of another cut."""
    train, test = fold_of(fold % FOLDS, collection, FOLDS, cut=fold // FOLDS)
    start = time.process_time()
    tuned = one_command(train, test, fold) if method == ONE_COMMAND else RECIPES[method](train, fold)
    seconds = time.process_time() - start
    return {"accuracy": accuracy(tuned, test), "seconds": seconds, "drift": tuned.drift}


def peers_world(collection: str = "trailcam") -> dict[str, str]:
    """A collection of the field's photos, once the peers are installed.

    Raises:
        FileNotFoundError: while one of them, or the photos, are missing.
    """
    if missing := [name for name in ("fastai", "lightning", "sklearn") if importlib.util.find_spec(name) is None]:
        raise FileNotFoundError(
            f'{missing[0]} is not installed: pip install -e ".[peers]", in an environment of its own'
        )
    return field_world(collection)


PLAN = Plan(
    name="head-to-head",
    question="On the same real photos and weights, how do ours and other people's ways to fine-tune compare?",
    claims=["T2", "W1"],
    conditions=[{"method": method} for method in (ONE_COMMAND, *RECIPES)],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=lambda keys, fold: compared(keys["method"], fold),
    split="measure",
    unit="",
    seconds=lambda keys: SECONDS[keys["method"]],
    world=peers_world,
)
