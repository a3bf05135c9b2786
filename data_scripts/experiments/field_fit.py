"""`chapter9 fit` itself on real photos of which little is known, told to thaw everything and to begin afresh (G1, W1).

Needs CHAPTER9_FIELD. A "seed" of this record is a fold: so many photos of its training part are given to `fit`, which
holds speakers back to choose by, trains, and at last trains on these too. It is told nothing else: rates, epochs and
views are its own (spoken digits are mirrored too), and pictures are shown as large as the weights want them. Two cores
bear no more photos than this, and three of the five folds that were planned.
"""

import csv
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chapter9_lib.pipeline import Fitted, Settings, fit
from chapter9_lib.worlds import Photos
from data_scripts.experiments.field import field_weights
from data_scripts.experiments.field_tasks import NETWORK, TASKS, tasks_world
from data_scripts.recording import Plan

__all__ = ["PLAN", "fitted_on"]

_STRATEGIES = ("full", "afresh")


def fitted_on(train: Photos, test: Photos, settings: Settings) -> Fitted:
    """What `chapter9 fit` makes of a table of these photos, report and all, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "photos.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "label", "burst", "split"])
            for split, photos in (("train", train), ("test", test)):
                names = [photos.classes[label] for label in photos.labels]
                bursts = [""] * len(photos) if photos.groups is None else photos.groups
                writer.writerows(zip(photos.paths, names, bursts, [split] * len(photos), strict=True))
        return fit(table, Path(folder) / "run", settings, say=lambda line: None)


def _run(keys: Mapping[str, Any], fold: int) -> float:
    settings = Settings(network=f"timm/{NETWORK}", strategy=keys["strategy"], seed=fold)
    return 100 * fitted_on(*TASKS[keys["task"]].photos(fold, keys["photos"]), settings).test.accuracy


PLAN = Plan(
    name="field-fit",
    question="Of spoken digits, does chapter9 fit name more right thawed or with deep stages drawn anew?",
    claims=["G1", "W1"],
    conditions=[{"task": "spoken digits", "photos": 200, "strategy": strategy} for strategy in _STRATEGIES],
    seeds=[0, 1, 2],
    repeats="folds",
    run=_run,
    needs=lambda keys: field_weights(f"timm/{NETWORK}"),
    seconds=lambda keys: {"full": 150, "afresh": 300}[keys["strategy"]],
    world=tasks_world,
)
