"""What to do with a folder of photos: measured, and looked up among measured cells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from chapter9_lib.classroom.records import Record, record
from chapter9_lib.pipeline.fitting import borrow
from chapter9_lib.pipeline.grouping import find_groups
from chapter9_lib.pipeline.opening import open_source
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.studies import Advice, Cell, Similarity, advise_from, domain_similarity
from chapter9_lib.worlds.photos import Photos

__all__ = ["Advised", "advise", "measured_cells"]

_ASKED = 1000


@dataclass(frozen=True)
class Advised:
    """An advice, and what it rests on.

    Attributes:
        advice: strategy, reasons, and what would change them.
        similarity: how much of the task the network knows.
        network: which.
        photos: how many there are.
        settings: for `fit`, where it can do what is advised; None where a notebook shows how.
    """

    advice: Advice
    similarity: Similarity
    network: str
    photos: int
    settings: Settings | None

    @property
    def rates(self) -> str:
        """The learning rates that go with it."""
        if self.settings is None:
            return "three or four, a factor of three apart; take the best on photos that are held out"
        chosen = self.settings
        head, rate = f"{chosen.head_lr:g} for the head", chosen.lr or "1e-3 (without batch norms 1e-4)"
        if chosen.strategy == "head":
            return head
        return f"{head} alone; then {rate} for the head, times {chosen.layer_decay:g} for each stage before it"

    def __str__(self) -> str:
        how = "see the notebooks: fit has no such training"
        if self.settings is not None:
            how = f"chapter9 fit FOLDER --strategy {self.settings.strategy}"
        lines = [f"{self.photos} photos, {self.network}: {self.similarity}", str(self.advice), f"rates: {self.rates}"]
        return "\n".join([*lines, f"do it: {how}"])


_FIT = {"frozen": "head", "gradual": "gradual", "full": "full"}
"""{strategy of the table: what `fit` calls it}."""


def advise(
    source: str | Path | Photos, model: nn.Module | None = None, *, settings: Settings | None = None,
    say: Callable[[str], None] = print,
) -> Advised:  # fmt: skip
    """Say how to adapt a borrowed network to these photos, and why.

    How much the network knows of them already is measured (`domain_similarity`, on as many photos as would be trained
    on, up to 1,000); then the measured cells that are most like that are asked (`advise_from`).

    Args:
        source: a folder or table, as `fit` takes it, or photos that are opened.
        model: a borrowed network; None: what `fit` would borrow.
        settings: with the network's name, the seed and the device; None: as `Settings` says.
        say: told what is going on, a line at a time.

    Raises:
        ValueError: when a class has photos of one burst only.
        FileNotFoundError: when there are no such photos, or the measured cells are missing.
    """
    chosen, cells = settings or Settings(), measured_cells()
    photos = find_groups(source if isinstance(source, Photos) else open_source(source, say).photos).photos
    network = "your network"
    if model is None:
        model, network = borrow(chosen, len(photos.classes), say)
    learned = max(1, round((1 - chosen.val - chosen.test) * len(photos)))
    asked = _some(photos, min(learned, _ASKED), chosen.seed)
    found = domain_similarity(model, asked, seed=chosen.seed, device=chosen.device)
    advice = advise_from(cells, learned, found.known)
    strategy = _FIT.get(advice.strategy)
    way = None if strategy is None else Settings.from_dict(chosen.to_dict() | {"strategy": strategy})
    return Advised(advice, found, network, len(photos), way)


def measured_cells(decisions: Record | None = None, tasks: Record | None = None) -> list[Cell]:
    """The cells of the decision table, as they were measured.

    Args:
        decisions, tasks: the records; None: the bundled ones.

    Raises:
        FileNotFoundError: when one is missing.
    """
    decisions, tasks = decisions or record("decisions"), tasks or record("decision-tasks")
    cells: dict[tuple[str, int], dict[str, float]] = {}
    for row in decisions.table(split="test"):
        cells.setdefault((row["task"], row["photos"]), {})[row["strategy"]] = row["mean"]
    known: dict[str, dict[int, float]] = {}
    for row in tasks.table(measure="known"):
        known.setdefault(row["task"], {})[row["photos"]] = row["mean"] / 100
    return [Cell(task, photos, known[task][_nearest(known[task], photos)], scores)
            for (task, photos), scores in cells.items()]  # fmt: skip


def _nearest(asked: Mapping[int, float], photos: int) -> int:
    """The most photos up to so many with which it was measured what is known; no more than a thousand are looked at."""
    return max((count for count in asked if count <= photos), default=min(asked))


def _some(photos: Photos, count: int, seed: int) -> Photos:
    """About so many, as many of each class as there are, in whole groups and at least two of a class where it has them:
    by them it is learned from one and scored on the other."""
    random, chosen, share = np.random.default_rng(seed), [], -(-count // len(photos.classes))
    groups = np.asarray(photos.groups)
    for label in range(len(photos.classes)):
        own = np.flatnonzero(photos.labels == label)
        names = random.permutation(np.unique(groups[own]))
        taken = 0
        for number, name in enumerate(names):
            if number >= 2 and taken >= share:
                break
            some = own[groups[own] == name][: max(share - taken, share // 2, 1)]
            chosen += some.tolist()
            taken += len(some)
    return photos.subset(sorted(chosen))
