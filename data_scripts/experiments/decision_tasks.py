"""The tasks of the decision table, from near to far, and how much of each a borrowed network knows (claims G1, G2).

Needs the photos of strangers: `python -m data_scripts.render_photos described`. Species by day and by night beyond the
bundled photos are rendered on first use (18,000 of them, an hour on two cores). The sites of the strangers are those of
the photos that the borrowed network learned from: that is what makes this task the nearest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from chapter9_lib.models import load_pretrained
from chapter9_lib.studies import domain_similarity
from chapter9_lib.training import head_features, told_apart
from chapter9_lib.worlds import Photos, open_world
from chapter9_lib.worlds.calls import open_calls
from data_scripts.experiments.far_domain import calls_made, mixed_calls
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.nights import night_test
from data_scripts.recording import Plan, bundled_backbone, lab_world
from data_scripts.render_photos import rows_of

__all__ = ["DEER", "DEER_PHOTOS", "MANY", "MAPPED", "PHOTOS", "PLAN", "TASKS", "Task", "task_needs", "task_world"]

PHOTOS = (50, 200, 800, 3000)
"""Labelled photos of a task."""
MANY = 10_000
"""And these, of the two tasks of which so many can be had."""
DEER, DEER_PHOTOS = "kinds of deer", (50, 200, 500)
"""A task that is no row of the map, for it came later, and as many photos as there are of it."""
_DRAWN = {None: 12_000, "infrared": 6000}
"""Species are drawn from so many, so that seeds differ."""
_MOST, _TESTED, _ASKED, _UNLABELLED, _CALLS_FROM = PHOTOS[-1], 600, 1000, 2000, 20_000
_PATTERNS, _HELD_SITES = ("patches", "plain", "spots", "stripes"), 16


@dataclass(frozen=True)
class Task:
    """One row of the table.

    Attributes:
        pool: labelled photos in an order of the seed's, the fewer of them first.
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
    return _shuffled(_rendered(light), seed)


def _shuffled(photos: Photos, seed: int) -> Photos:
    return photos.subset(np.random.default_rng(seed).permutation(len(photos)))


@cache
def _rendered(light: str | None) -> Photos:
    more = open_world("lab").more_photos(_DRAWN[light], light=light)
    return more if light else photos_of("train") + more


@cache
def _source_features() -> Tensor:
    """What the borrowed network makes of photos of the kinds that it learned."""
    return head_features(load_pretrained("lab-resnet", source="bundled"), photos_of("source").sample(_ASKED, seed=0))


@cache
def _coats() -> tuple[Photos, Photos]:
    """Strangers by the pattern of their coats: photos of most sites, and of sixteen others; no stranger is in both."""
    rows = [row for row in rows_of("described") if row.get("pattern") in _PATTERNS]
    labels = np.array([_PATTERNS.index(row["pattern"]) for row in rows])
    rows = [{**row, "group": row["species"]} for row in rows]
    photos = Photos([Path(row["folder"]) / row["file"] for row in rows], labels, list(_PATTERNS), manifest=rows)
    sites = sorted({row["camera"] for row in rows})
    held = np.isin([row["camera"] for row in rows], sites[-_HELD_SITES:])
    reserved = np.array([int(row["species"].rpartition("-")[2]) % 4 == 0 for row in rows])
    return photos.subset(~held & ~reserved), photos.subset(held & reserved)


def _even(photos: Photos, count: int, seed: int) -> Photos:
    """The same number of each class, in a random order.

    Raises:
        ValueError: when there are too few of one.
    """
    random, each = np.random.default_rng(seed), count // len(photos.classes)
    if short := [name for name, there in photos.counts().items() if there < each]:
        raise ValueError(
            f"{each} photos of each class are wanted, and there are {photos.counts()[short[0]]} of {short[0]}"
        )
    chosen = [random.permutation(np.flatnonzero(photos.labels == label))[:each] for label in range(len(photos.classes))]
    return photos.subset(random.permutation(np.concatenate(chosen)))


def _calls(seed: int) -> Sequence[Any]:
    """Other animals for every seed, few recordings of each among the first ones."""
    return mixed_calls(_CALLS_FROM + MANY * seed, MANY, seed)


TASKS: dict[str, Task] = {
    "coats of strangers": Task(
        lambda seed: _even(_coats()[0], _MOST, seed), lambda: _even(_coats()[1], _TESTED, 0),
        lambda: _even(_coats()[0], _UNLABELLED, 99), classes=len(_PATTERNS),
    ),
    "species by day": Task(
        lambda seed: _species(None, seed), lambda: photos_of("test"),
        lambda: open_world("lab").photos("unlabelled", light="day"),
    ),
    "species by night": Task(
        lambda seed: _species("infrared", seed), night_test,
        lambda: open_world("lab").photos("unlabelled", light="infrared"),
    ),
    "calls": Task(
        _calls, lambda: open_calls("test", _TESTED), lambda: open_calls("train", _UNLABELLED), augmented=False
    ),
    DEER: Task(
        lambda seed: _shuffled(photos_of("look-alikes"), seed), lambda: photos_of("look-alikes-test"),
        lambda: open_world("lab").photos("unlabelled", light="day"),
    ),
}  # fmt: skip
MAPPED: tuple[str, ...] = tuple(task for task in TASKS if task != DEER)
"""The rows of the map, from what the network was trained on to what it has never seen anything like."""


def task_world() -> dict[str, str]:
    """The lab world, once the strangers are rendered.

    Raises:
        FileNotFoundError: until then, with the command.
    """
    rows_of("described")
    return lab_world()


def task_needs(keys: Mapping[str, Any]) -> dict[str, str]:
    """The backbone, and the code that makes the calls."""
    return bundled_backbone() | ({"calls": calls_made()} if keys["task"] == "calls" else {})


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    pool = TASKS[keys["task"]].pool(seed)
    model, asked = load_pretrained("lab-resnet", source="bundled"), pool.subset(range(min(keys["photos"], _ASKED)))
    found = domain_similarity(model, asked, own_head=True, seed=seed)
    apart = told_apart(_source_features(), head_features(model, asked), seed=seed)
    return {
        "told apart from source photos": 100 * apart,
        "known": 100 * found.known, "borrowed": 100 * found.borrowed, "untrained": 100 * found.untrained,
        "shift": found.shift, "LogME": found.logme, "LogME, random weights": found.logme_untrained, "LEEP": found.leep,
    }  # fmt: skip


PLAN = Plan(
    name="decision-tasks",
    question="How much of each task do borrowed features know before anything is trained?",
    claims=["G2"],
    conditions=[
        {"task": task, "photos": photos} for task in TASKS for photos in (DEER_PHOTOS if task == DEER else PHOTOS)
    ],
    seeds=[0, 1, 2],
    run=_run,
    split="measure",
    unit="",
    needs=task_needs,
    seconds=25,
    world=task_world,
)
