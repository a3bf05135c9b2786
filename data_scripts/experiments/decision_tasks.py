"""The tasks of the decision table, from near to far, and how much of each a borrowed network knows (claims G1, G2).

Needs the photos of strangers: `python -m data_scripts.render_photos described`. Species by day and by night beyond the
bundled photos are rendered on first use.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from chapter9_lib.models import load_pretrained
from chapter9_lib.studies import domain_similarity
from chapter9_lib.worlds import Photos, open_world
from chapter9_lib.worlds.calls import open_calls
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone, lab_world
from data_scripts.render_photos import rows_of

__all__ = ["PHOTOS", "PLAN", "TASKS", "Task", "task_world"]

PHOTOS = (50, 200, 800, 3000)
"""Labelled photos of a task."""
MOST = PHOTOS[-1]
_TESTED, _ASKED, _UNLABELLED = 600, 1000, 2000
_PATTERNS, _HELD_SITES = ("patches", "plain", "spots", "stripes"), 8


@dataclass(frozen=True)
class Task:
    """One row of the table.

    Attributes:
        pool: 3,000 labelled photos of whatever the seed says.
        test: photos of other cameras; of other strangers, and of other animals that call.
        unlabelled: more of the same sort, whose labels nobody looks at.
        augmented: whether flips, crops and light may be varied.
        classes: how many there are.
    """

    pool: Callable[[int], Sequence[Any]]
    test: Callable[[], Sequence[Any]]
    unlabelled: Callable[[], Sequence[Any]]
    augmented: bool = True
    classes: int = 5


def _species(light: str | None, seed: int) -> Photos:
    """Bundled photos and rendered ones, in an order of the seed's."""
    photos = _rendered(light)
    return photos.subset(np.random.default_rng(seed).permutation(len(photos))[:MOST])


@cache
def _rendered(light: str | None) -> Photos:
    more = open_world("lab").more_photos(MOST if light else MOST - 800, light=light)
    return more if light else photos_of("train") + more


@cache
def _coats() -> tuple[Photos, Photos]:
    """Strangers by the pattern of their coats: photos of most sites, and of eight others; no stranger is in both."""
    rows = [row for row in rows_of("described") if row.get("pattern") in _PATTERNS]
    labels = np.array([_PATTERNS.index(row["pattern"]) for row in rows])
    rows = [{**row, "group": row["species"]} for row in rows]
    photos = Photos([Path(row["folder"]) / row["file"] for row in rows], labels, list(_PATTERNS), manifest=rows)
    sites = sorted({row["camera"] for row in rows})
    held = np.isin([row["camera"] for row in rows], sites[-_HELD_SITES:])
    reserved = np.array([int(row["species"].rpartition("-")[2]) % 4 == 0 for row in rows])
    return photos.subset(~held & ~reserved), photos.subset(held & reserved)


def _even(photos: Photos, count: int, seed: int) -> Photos:
    """About the same number of each class, in a random order."""
    random, each = np.random.default_rng(seed), count // len(photos.classes)
    chosen = [random.permutation(np.flatnonzero(photos.labels == label))[:each] for label in range(len(photos.classes))]
    return photos.subset(random.permutation(np.concatenate(chosen)))


def _calls(seed: int) -> Sequence[Any]:
    first = 20_000 + MOST * seed
    return open_calls("train", first + MOST).subset(range(first, first + MOST))


TASKS: dict[str, Task] = {
    "coats of strangers": Task(
        lambda seed: _even(_coats()[0], MOST, seed), lambda: _even(_coats()[1], _TESTED, 0),
        lambda: _even(_coats()[0], _UNLABELLED, 99), classes=len(_PATTERNS),
    ),
    "species by day": Task(
        lambda seed: _species(None, seed), lambda: photos_of("test"),
        lambda: open_world("lab").photos("unlabelled", light="day"),
    ),
    "species by night": Task(
        lambda seed: _species("infrared", seed), lambda: photos_of("night").where(camera=range(17, 25)),
        lambda: open_world("lab").photos("unlabelled", light="infrared"),
    ),
    "calls": Task(
        _calls, lambda: open_calls("test", _TESTED), lambda: open_calls("train", _UNLABELLED), augmented=False
    ),
}  # fmt: skip
"""From what the network was trained on to what it has never seen anything like."""


def task_world() -> dict[str, str]:
    """The lab world, once the strangers are rendered.

    Raises:
        FileNotFoundError: until then, with the command.
    """
    rows_of("described")
    return lab_world()


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    pool = TASKS[keys["task"]].pool(seed)
    model = load_pretrained("lab-resnet", source="bundled")
    found = domain_similarity(model, pool.subset(range(min(keys["photos"], _ASKED))), own_head=True, seed=seed)
    return {
        "known": 100 * found.known, "borrowed": 100 * found.borrowed, "untrained": 100 * found.untrained,
        "LogME": found.logme, "LogME, random weights": found.logme_untrained, "LEEP": found.leep,
    }  # fmt: skip


PLAN = Plan(
    name="decision-tasks",
    question="How much of each task do borrowed features know before anything is trained?",
    claims=["G2"],
    conditions=[{"task": task, "photos": photos} for task in TASKS for photos in PHOTOS],
    seeds=[0, 1, 2],
    run=_run,
    split="measure",
    unit="",
    needs=lambda keys: bundled_backbone(),
    seconds=25,
    world=task_world,
)
