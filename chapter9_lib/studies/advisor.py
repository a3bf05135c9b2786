"""Which way to adapt a borrowed network to your photos: read off what paid in measured cells that are like yours."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["COSTS", "Advice", "Cell", "advise_from"]

COSTS: dict[str, float] = {
    "frozen": 1, "gradual": 2, "adapters": 3, "full": 4, "afresh from the last stage": 5, "self-supervised": 6,
    "scratch": 7,
}  # fmt: skip
"""The strategies, the cheapest and safest first: of two that can't be told apart the earlier one is advised."""

_NEAR_PHOTOS, _NEAR_KNOWN = math.log(2.5), 0.2
_TIE = 1.0
_FAR = 0.05


@dataclass(frozen=True)
class Cell:
    """What was measured with so many photos of a task.

    Attributes:
        task: its name.
        photos: labelled ones.
        known: how much borrowed features knew already (`Similarity.known`).
        scores: {strategy: accuracy in percent on held-out photos}.
    """

    task: str
    photos: int
    known: float
    scores: Mapping[str, float]

    def regret(self, strategy: str) -> float:
        """Points behind the best strategy of this cell.

        Raises:
            KeyError: when it wasn't tried here.
        """
        return max(self.scores.values()) - self.scores[strategy]


@dataclass(frozen=True)
class Advice:
    """What to do, and why.

    Attributes:
        strategy: one of `COSTS`.
        expected: {strategy: points behind the best that are to be expected}, the best first.
        reasons: in sentences.
        change: what would change the advice, in sentences.
    """

    strategy: str
    expected: dict[str, float]
    reasons: tuple[str, ...]
    change: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"advice: {self.strategy}", *(f"  because {one}" for one in self.reasons)]
        return "\n".join([*lines, *(f"  it would be another if {one}" for one in self.change)])


def advise_from(cells: Sequence[Cell], photos: int, known: float) -> Advice:
    """The strategy with the least expected regret, each cell weighted by how like this task it is.

    Args:
        cells: what was measured.
        photos: labelled ones at hand.
        known: how much borrowed features know of them already.

    Raises:
        ValueError: without a cell, or for fewer than one photo.
    """
    if not cells or photos < 1:
        raise ValueError(f"{len(cells)} measured cells and {photos} photos: at least one of each is wanted")
    expected = expected_regrets(cells, photos, known)
    least = min(expected.values())
    strategy = next(name for name in COSTS if name in expected and expected[name] <= least + _TIE)
    return Advice(strategy, expected, _reasons(cells, photos, known, expected, strategy),
                  _changes(cells, photos, known, strategy))  # fmt: skip


def expected_regrets(cells: Sequence[Cell], photos: int, known: float) -> dict[str, float]:
    """{strategy: points behind the best}, over the cells where it was tried, the least first."""
    likeness = np.array([_likeness(cell, photos, known) for cell in cells])
    found = {}
    for strategy in COSTS:
        tried = np.array([strategy in cell.scores for cell in cells])
        if (likeness * tried).sum() >= _FAR * likeness.sum():
            regrets = [cell.regret(strategy) for cell, yes in zip(cells, tried, strict=True) if yes]
            found[strategy] = float(np.average(regrets, weights=likeness[tried]))
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _likeness(cell: Cell, photos: int, known: float) -> float:
    apart = (math.log(cell.photos / photos) / _NEAR_PHOTOS) ** 2 + ((cell.known - known) / _NEAR_KNOWN) ** 2
    return math.exp(-apart / 2) + 1e-9


def _reasons(
    cells: Sequence[Cell], photos: int, known: float, expected: Mapping[str, float], strategy: str
) -> tuple[str, ...]:
    nearest = sorted(cells, key=lambda cell: -_likeness(cell, photos, known))[:3]
    best = next(iter(expected))
    near = ", ".join(f"{cell.task} with {cell.photos}" for cell in nearest)
    lines = [
        f"there are {photos} labelled photos, and borrowed features know {known:.0%} of what random ones don't",
        f"the measured cells most like that are {near}",
    ]
    if best == strategy:
        lines.append(f"there {strategy} came out best, or within {expected[strategy]:.1f} points of the best")
    else:
        lines.append(f"there {best} came out {expected[strategy] - expected[best]:.1f} points better, less than can be "
                     f"told apart, and {strategy} costs less")  # fmt: skip
    return tuple(lines)


def _changes(cells: Sequence[Cell], photos: int, known: float, strategy: str) -> tuple[str, ...]:
    """The nearest number of photos, and the nearest similarity, at which another strategy is advised."""
    lines = []
    for factor in (2, 4, 10):
        other = _choice(cells, photos * factor, known)
        if other != strategy:
            lines.append(f"you had {photos * factor} photos: {other}")
            break
    for step in (-0.2, 0.2, -0.4, 0.4):
        other = _choice(cells, photos, known + step)
        if other != strategy:
            which = "less" if step < 0 else "more"
            lines.append(f"borrowed features knew {which}, {known + step:.0%}: {other}")
            break
    return tuple(lines)


def _choice(cells: Sequence[Cell], photos: int, known: float) -> str:
    expected = expected_regrets(cells, photos, known)
    least = min(expected.values())
    return next(name for name in COSTS if name in expected and expected[name] <= least + _TIE)
