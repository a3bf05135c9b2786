"""What to do with a folder of photos: measured, and looked up among measured cells."""

import shlex
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from chapter9_lib.classroom.records import Record, record
from chapter9_lib.pipeline.borrowing import borrow
from chapter9_lib.pipeline.grouping import find_groups
from chapter9_lib.pipeline.opening import open_source
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.pipeline.splitting import split_photos
from chapter9_lib.studies import Advice, Cell, Similarity, advise_from, domain_similarity
from chapter9_lib.worlds.photos import Photos

__all__ = ["Advised", "advise", "advise_training", "measured_cells"]

_ASKED = 1000
_TABLES = (("decisions", "decision-tasks"), ("decisions-many", "decision-tasks"), ("decisions-deer", "decision-tasks"),
           ("field-decisions", "field-tasks"))  # fmt: skip
"""What each strategy reached, and what was known beforehand: rendered photos and sounds, and real ones."""
_FIT = {"frozen": "head", "frozen in views": "head", "gradual": "gradual", "full": "full",
        "deep stages afresh": "afresh"}  # fmt: skip
"""{strategy of the table: what `fit` calls it}. The table's afresh has the best of three rates, 120 steps at least."""
_BY_HAND = {
    "full with norms alive": "fine_tune(model, photos, phases=lp_ft()), without freeze_batchnorm (13)",
    "adapters": "train the head; then fine_tune(add_lora(model, rank=4), photos, lr=3e-3) (10)",
    "self-supervised": "pretrain_self_supervised(model, photos), then fine_tune(model, photos, lr=1e-3) (06)",
    "scratch": "fine_tune(load_pretrained(name, pretrained=False), photos, lr=3e-3), for long (01)",
}
"""{a strategy that `fit` does not know: what to write, and the notebook that tells more}."""


@dataclass(frozen=True)
class Advised:
    """An advice, and what it rests on.

    Attributes:
        advice: strategy, reasons, and what would change them.
        similarity: how much of the task the network knows, and how unlike its own photos these look to it.
        network: which.
        photos: how many there are to train on.
        settings: for `fit`, with the best strategy of those it has.
        source: where the photos are; None for photos that were open.
    """

    advice: Advice
    similarity: Similarity
    network: str
    photos: int
    settings: Settings
    source: Path | None = None

    @property
    def lost(self) -> float:
        """Points that `fit` is expected to lose against what is advised: 0 where it can do that."""
        return 0.0 if self.advice.strategy in _FIT else self._behind(self.settings.strategy)

    def best_of(self, some: Container[str]) -> tuple[str, float]:
        """The best of some of `fit`'s strategies, and the points that it is expected to be behind what is advised."""
        strategy = _FIT[self.advice.best_of([name for name, own in _FIT.items() if own in some])]
        return strategy, self._behind(strategy)

    def _behind(self, strategy: str) -> float:
        """Points that a strategy of `fit`'s is expected to be behind what is advised."""
        expected = self.advice.expected
        own = min(points for name, points in expected.items() if _FIT.get(name) == strategy)
        return max(0.0, own - expected[self.advice.strategy])

    @property
    def in_short(self) -> str:
        """What the measured cells say, and what `fit` makes of it."""
        best, own = self.advice.strategy, self.settings.strategy
        if best in _FIT:
            return f"in measured cells like this, {best} came out best or within a point of it"
        return f"of what fit can do, {own} came out best in cells like this, {self.lost:.0f} points behind {best}"

    @property
    def rates(self) -> str:
        """The learning rates that go with what `fit` would do."""
        chosen = self.settings
        head, rate = f"{chosen.head_lr:g} for the head", chosen.lr or "1e-3 (without batch norms 1e-4)"
        if chosen.strategy == "head":
            return head
        if chosen.strategy == "afresh":
            return f"{rate} for everything"
        return f"{head} alone; then {rate} for the head, times {chosen.layer_decay:g} for each stage before it"

    @property
    def _as_asked(self) -> str:
        """What else `fit` must be told, to borrow the same network and to split the photos alike."""
        own = {name: getattr(self.settings, name) for name in ("network", "by", "seed")}
        said = {name: value for name, value in own.items() if value != getattr(Settings(), name)}
        return "".join(f" --{name} {shlex.quote(str(value))}" for name, value in said.items())

    def __str__(self) -> str:
        where = "FOLDER" if self.source is None else shlex.quote(str(self.source))
        how = f"do it: chapter9 fit {where} --strategy {self.settings.strategy}{self._as_asked}"
        if self.advice.strategy not in _FIT:
            own = f"fit has no such training; the best it has is expected to lose {self.lost:.0f} points, with\n{how}"
            how = f"by hand: {_BY_HAND[self.advice.strategy]}\n{own}"
        lines = [f"{self.photos} photos to train on, {self.network}: {self.similarity}", str(self.advice), how]
        return "\n".join([*lines, f"rates: {self.rates}"])


def advise(
    source: str | Path | Photos, model: nn.Module | None = None, *, settings: Settings | None = None,
    say: Callable[[str], None] = print,
) -> Advised:  # fmt: skip
    """Say how to adapt a borrowed network to these photos, and why.

    How much the network knows of them already is measured, and how unlike its own photos they look to it
    (`domain_similarity`, on those that would be trained on, up to 1,000); then the measured cells that are most like
    that are asked (`advise_from`). The cells were measured with
    the bundled network on rendered photos and sounds, and with ImageNet's MobileNetV2 on four real collections: for
    other networks they are a guide, no promise.

    Args:
        source: a folder or table, split as `fit` splits it; or photos that are open, all of them to train on.
        model: a borrowed network; None: what `fit` would borrow.
        settings: the network's name, the shares of the split, the seed and the device; None: as `Settings` says.
        say: told what is going on, a line at a time.

    Raises:
        ValueError: when a class has training photos of one camera or burst only.
        FileNotFoundError: when there are no such photos, or the measured cells are missing.
    """
    chosen, train, place = settings or Settings(), source, None
    if not isinstance(source, Photos):
        place = Path(source)
        opened = open_source(place, say)
        train = split_photos(
            find_groups(opened.photos), opened.split, val=chosen.val, test=chosen.test, by=chosen.by, seed=chosen.seed
        ).train
    elif source.groups is None:
        train = find_groups(source).photos
    network = "your network"
    if model is None:
        model, network = borrow(chosen, len(train.classes), say)
    return advise_training(model, train, chosen, network, place)


def advise_training(
    model: nn.Module, train: Photos, settings: Settings, network: str = "your network", source: Path | None = None
) -> Advised:  # fmt: skip
    """The same for photos to train on that know their groups.

    Raises:
        ValueError: when a class has photos of one group only.
    """
    asked = _some(train, min(len(train), _ASKED), settings.seed)
    found = domain_similarity(model, asked, seed=settings.seed, device=settings.device)
    advice = advise_from(measured_cells(), len(train), found.known, found.shift)
    strategy = _FIT[advice.best_of(_FIT)]
    way = Settings.from_dict(settings.to_dict() | {"strategy": strategy})
    return Advised(advice, found, network, len(train), way, source)


def measured_cells(*tables: tuple[Record, Record]) -> list[Cell]:
    """The cells of decision tables, as they were measured, task by task and the fewest photos first.

    Args:
        tables: what each strategy reached, and what was known of each task before anything was trained; none: all that
            are bundled.

    Raises:
        FileNotFoundError: when one is missing.
    """
    tables = tables or tuple((record(reached), record(before)) for reached, before in _TABLES)
    cells: dict[str, dict[int, dict[str, float]]] = {}
    found: dict[str, dict[int, dict[str, float]]] = {}
    for reached, before in tables:
        for row in reached.table(split="test") or reached.table():
            cells.setdefault(row["task"], {}).setdefault(row["photos"], {})[row["strategy"]] = row["mean"]
        for row in before.table():
            found.setdefault(row["task"], {}).setdefault(row["photos"], {})[row["measure"]] = row["mean"]
    measured = ((task, photos, scores, _nearest(found[task], photos))
                for task, sizes in cells.items() for photos, scores in sorted(sizes.items()))  # fmt: skip
    return [Cell(task, photos, before["known"] / 100, scores, before.get("shift"))
            for task, photos, scores, before in measured]  # fmt: skip


def _nearest(asked: Mapping[int, dict[str, float]], photos: int) -> dict[str, float]:
    """What was measured beforehand with the most photos up to so many; no more than a thousand are looked at."""
    return asked[max((count for count in asked if count <= photos), default=min(asked))]


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
