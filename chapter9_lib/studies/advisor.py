"""Which way to adapt a borrowed network to your photos: read off what paid in measured cells that are like yours."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import astuple, dataclass, replace

import numpy as np

__all__ = ["STRATEGIES", "Advice", "Cell", "advise_from", "advised_strategy", "expected_regrets", "kept_out_advice"]

STRATEGIES: tuple[str, ...] = (
    "frozen", "frozen in views", "gradual", "adapters", "full", "full with norms alive", "deep stages afresh",
    "self-supervised", "scratch",
)  # fmt: skip
"""The cheapest and safest first: of two within a point of each other the earlier one is advised."""
_ANCHOR = STRATEGIES[0]
"""Tried in every cell, so that nothing stands alone with nothing to compare it with."""

_NEAR_PHOTOS, _NEAR_KNOWN, _NEAR_SHIFT = math.log(2.5), 0.2, math.log(2.5)
_NO_SHIFT = 1e-3
"""Photos like the network's own are off by more than this already, for there are not infinitely many of them."""
_TIE = 1.0
_TRIED = 0.5
"""Share of the like cells that must have tried a strategy for it to be advised."""


@dataclass(frozen=True)
class Cell:
    """What was measured with so many photos of a task.

    Attributes:
        task: its name.
        photos: labelled ones.
        known: how much borrowed features knew already (`Similarity.known`).
        scores: {strategy: accuracy in percent on held-out photos}.
        shift: how unlike the network's own photos these look to it (`Similarity.shift`); None where nobody measured it.
    """

    task: str
    photos: int
    known: float
    scores: Mapping[str, float]
    shift: float | None = None

    def regret(self, strategy: str) -> float:
        """Points behind the best strategy of this cell.

        Raises:
            KeyError: when it wasn't tried here.
        """
        return max(self.scores.values()) - self.scores[strategy]


@dataclass(frozen=True)
class _Asked:
    """What an advice is wanted for."""

    photos: int
    known: float
    shift: float | None


@dataclass(frozen=True)
class Advice:
    """What to do, and why.

    Attributes:
        strategy: one of `STRATEGIES`.
        expected: {strategy: points behind the best that are to be expected}, the best first.
        reasons: in sentences.
        change: what would change the advice, in sentences.
    """

    strategy: str
    expected: dict[str, float]
    reasons: tuple[str, ...]
    change: tuple[str, ...]

    def best_of(self, some: Container[str]) -> str:
        """The advice to somebody who has these strategies alone.

        Raises:
            ValueError: when nothing is known of any of them.
        """
        known = {name: points for name, points in self.expected.items() if name in some}
        if not known:
            raise ValueError(f"Of none of these strategies anything is known; it is of {', '.join(self.expected)}")
        return _chosen(known)

    def __str__(self) -> str:
        lines = [f"advice: {self.strategy}", *(f"  because {one}" for one in self.reasons)]
        return "\n".join([*lines, *(f"  it would be another if {one}" for one in self.change)])


def advise_from(cells: Sequence[Cell], photos: int, known: float, shift: float | None = None) -> Advice:
    """The strategy with the least expected regret, each cell weighted by how like this task it is.

    Args:
        cells: what was measured.
        photos: labelled ones at hand.
        known: how much borrowed features know of them already.
        shift: how unlike the network's own photos these look to it; None: cells are alike however they look.

    Raises:
        ValueError: without a cell, for a cell without "frozen", or for fewer than one photo.
    """
    _require_comparable(cells, photos)
    asked = _Asked(photos, known, shift)
    expected = expected_regrets(cells, photos, known, shift)
    strategy = _chosen(expected)
    return Advice(strategy, expected, _reasons(cells, asked, expected, strategy), _changes(cells, asked, strategy))


def advised_strategy(cells: Sequence[Cell], photos: int, known: float, shift: float | None = None) -> str:
    """The strategy of `advise_from` alone, without reasons: a tenth of the work, for maps.

    Raises:
        ValueError: as `advise_from` does.
    """
    _require_comparable(cells, photos)
    return _chosen(expected_regrets(cells, photos, known, shift))


def _require_comparable(cells: Sequence[Cell], photos: int) -> None:
    if not cells or photos < 1:
        raise ValueError(f"{len(cells)} measured cells and {photos} photos: at least one of each is wanted")
    if lacking := [cell.task for cell in cells if _ANCHOR not in cell.scores]:
        raise ValueError(f"A cell of {lacking[0]} has no score for {_ANCHOR!r}, which all others are compared with")


def expected_regrets(
    cells: Sequence[Cell], photos: int, known: float, shift: float | None = None
) -> dict[str, float]:  # fmt: skip
    """{strategy: points behind the best that are to be expected}, the least first.

    Not every cell tried every strategy, and what there is to gain differs from cell to cell. So two strategies are
    compared in the cells that tried both, with the cells' likeness as weights, and the best is the one that is ahead
    of all others (or least behind). Left out is what few like cells have tried, or none that tried the best.
    """
    likeness = np.array([_likeness(cell, _Asked(photos, known, shift)) for cell in cells])
    tried = np.array([[strategy in cell.scores for strategy in STRATEGIES] for cell in cells])
    asked = [STRATEGIES[at] for at in np.flatnonzero(likeness @ tried >= _TRIED * likeness.sum())]
    pairs = {one: {other: _ahead(cells, likeness, one, other) for other in asked} for one in asked}
    ahead = {one: {other: points for other, points in row.items() if points is not None} for one, row in pairs.items()}
    best = max(asked, key=lambda one: (min(ahead[one].values()), max(ahead[one].values())))
    behind = {other: max(0.0, points) for other, points in ahead[best].items()}
    return dict(sorted(behind.items(), key=lambda item: item[1]))


def _ahead(cells: Sequence[Cell], likeness: np.ndarray, one: str, other: str) -> float | None:
    """Points that one strategy is ahead of another, over the cells that tried both; None where none did."""
    both = [at for at, cell in enumerate(cells) if one in cell.scores and other in cell.scores]
    if not both:
        return None
    return float(np.average([cells[at].scores[one] - cells[at].scores[other] for at in both], weights=likeness[both]))


def kept_out_advice(cells: Sequence[Cell]) -> list[str]:
    """What is advised in each cell when no cell of its task has been seen, in the order of the cells.

    The whole task is kept out, for its other numbers of photos would tell too much. Where nobody tried what is advised,
    the best of what was tried takes its place.

    Raises:
        ValueError: when all cells are of one task.
    """
    if len({cell.task for cell in cells}) < 2:
        raise ValueError("One task only: there is nothing to learn from when it is kept out")
    advised = []
    for cell in cells:
        others = [other for other in cells if other.task != cell.task]
        expected = expected_regrets(others, cell.photos, cell.known, cell.shift)
        advised.append(_chosen({name: points for name, points in expected.items() if name in cell.scores}))
    return advised


def _chosen(expected: Mapping[str, float]) -> str:
    """The first that is within a point of the best."""
    most = min(expected.values()) + _TIE
    return next(name for name in STRATEGIES if name in expected and expected[name] <= most)


def _likeness(cell: Cell, asked: _Asked) -> float:
    apart = [math.log(cell.photos / asked.photos) / _NEAR_PHOTOS, (cell.known - asked.known) / _NEAR_KNOWN]
    if cell.shift is not None and asked.shift is not None:
        apart.append(math.log(max(cell.shift, _NO_SHIFT) / max(asked.shift, _NO_SHIFT)) / _NEAR_SHIFT)
    return math.exp(-sum(distance**2 for distance in apart) / 2) + 1e-9


def _reasons(
    cells: Sequence[Cell], asked: _Asked, expected: Mapping[str, float], strategy: str
) -> tuple[str, ...]:  # fmt: skip
    nearest = sorted(cells, key=lambda cell: -_likeness(cell, asked))[:3]
    best = next(iter(expected))
    near = ", ".join(f"{cell.task} with {cell.photos}" for cell in nearest)
    known = f"borrowed features know {asked.known:.0%} of what random ones don't"
    looks = "" if asked.shift is None else f", and they shift its norms by {asked.shift:.2g} nats"
    lines = [
        f"there are {asked.photos} labelled photos, {known}{looks}",
        f"the measured cells most like that are {near}",
    ]
    if best == strategy:
        lines.append(f"there {strategy} came out best")
    else:
        lines.append(f"there {best} came out {expected[strategy]:.1f} points better, and {strategy} costs less")
    return tuple(lines)


def _changes(cells: Sequence[Cell], asked: _Asked, strategy: str) -> tuple[str, ...]:
    """The nearest number of photos, the nearest similarity and the nearest shift at which another strategy is
    advised."""
    photos, known, shift = asked.photos, asked.known, asked.shift
    numbers = [count for factor in (2, 0.5, 4, 0.25, 10) if (count := round(photos * factor)) >= 1]
    levels = [level for step in (-0.2, 0.2, -0.4, 0.4) if (level := known + step) <= 1]
    shifts = [] if shift is None else [shift * factor for factor in (2, 0.5, 4, 0.25, 16, 1 / 16)]
    ways = (
        [(replace(asked, photos=count), f"you had {count} photos") for count in numbers],
        [(replace(asked, known=level), f"borrowed features knew {'less' if level < known else 'more'}, {level:.0%}")
         for level in levels],
        [(replace(asked, shift=one), f"they shifted its norms {'less' if one < shift else 'more'}, by {one:.2g} nats")
         for one in shifts],
    )  # fmt: skip
    changed = (next((f"{when}: {other}" for one, when in way
                     if (other := _chosen(expected_regrets(cells, *astuple(one)))) != strategy), None)
               for way in ways)  # fmt: skip
    return tuple(filter(None, changed))
