"""A measured decision table: who wins each cell, who is level with the winner, and what a rule costs over all tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from chapter9_lib.classroom.intervals import rounded, t_interval
from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.studies import Cell

__all__ = ["Winner", "chapter_advice", "over_tasks", "winners"]

_SMALL, _LARGE = 1000, 10_000


@dataclass(frozen=True)
class Winner:
    """The best of a cell.

    Attributes:
        strategy: with the highest mean.
        gain: it minus the anchor, in points; None where it is the anchor itself.
        behind: {every other strategy: the winner minus it, in points}, the nearest first.
    """

    strategy: str
    gain: Measured | None
    behind: Mapping[str, Measured]

    @property
    def level(self) -> tuple[str, ...]:
        """Those that the seeds can't tell from the winner: their interval reaches zero, or one seed gave none."""
        return tuple(name for name, gap in self.behind.items() if gap.interval is None or gap.interval[0] <= 0)

    @property
    def words(self) -> str:
        """The gain and its interval, as short as it fits in a cell."""
        if self.gain is None:
            return ""
        sign = "+" if self.gain.mean > 0 else ""
        spread = [rounded(bound, 0) for bound in self.gain.interval or ()]
        return f"{sign}{rounded(self.gain.mean, 0)}" + (f" ({' to '.join(spread)})" if spread else "")


def winners(
    decisions: Record, anchor: str = "frozen", advice: str = "as the chapter says", **where: str
) -> dict[tuple[str, int], Winner]:  # fmt: skip
    """The winner of every (task, number of photos), paired with all others seed by seed.

    The winner was chosen on the very seeds that it is compared on, so it is a little flattered.

    Args:
        decisions: a record with the keys task, photos and strategy.
        anchor: the strategy that gains are counted from.
        advice: one that is compared but can't win, because it is another one by another name.
        where: further keys, such as `split`.

    Raises:
        KeyError: when a cell has no such strategy.
    """
    cells = dict.fromkeys((row["task"], row["photos"]) for row in decisions.table(**where))
    return {cell: _winner(decisions, {"task": cell[0], "photos": cell[1], **where}, anchor, advice) for cell in cells}


def _winner(decisions: Record, at: Mapping[str, Any], anchor: str, advice: str) -> Winner:
    rows = sorted(decisions.table(**at), key=lambda row: -row["mean"])
    names = [row["strategy"] for row in rows]
    best = next(name for name in names if name != advice)

    def minus(other: str) -> Measured:
        return decisions.difference({**at, "strategy": best}, {**at, "strategy": other})

    gaps = {other: minus(other) for other in names if other != best}
    return Winner(best, None if best == anchor else minus(anchor), gaps)


def chapter_advice(photos: int, far: bool) -> str:
    """The chapter's table, in the words of the measured one."""
    if photos < _SMALL:
        return "frozen in views" if far else "frozen"
    return "gradual" if photos < _LARGE else "full"


def over_tasks(cells: Sequence[Cell], points: Sequence[float], difference: bool = False) -> Measured:
    """The mean of each task's mean over its cells, with the 95 % t interval over tasks.

    Cells of one task resemble each other, so tasks are what is counted. (For something that is never below zero, such
    as a regret, few tasks can give an interval that is.)

    Args:
        cells: where they were measured.
        points: one number a cell.
        difference: whether they are differences.
    """
    tasks = dict.fromkeys(cell.task for cell in cells)
    means = [fmean(one for cell, one in zip(cells, points, strict=True) if cell.task == task) for task in tasks]
    return Measured(fmean(means), t_interval(means), len(means), "points", difference, repeats="tasks")
