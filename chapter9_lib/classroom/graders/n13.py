"""Exercises of notebook 13, The decision."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chapter9_lib.classroom.exercises import grader, same
from chapter9_lib.classroom.graders import n13_answers as answers
from chapter9_lib.classroom.graders.n13_answers import REFERENCE, WRONG

__all__ = ["REFERENCE", "WRONG"]

_QUANTILE = 2.776
"""Of Student's t, for 95 % of five seeds."""
_CELLS: list[answers.Cell] = [
    ("day", {"frozen": 70.0, "full": 75.0, "scratch": 60.0}), ("day", {"frozen": 72.0, "full": 78.0, "scratch": 62.0}),
    ("night", {"frozen": 60.0, "full": 58.0, "scratch": 50.0}),
    ("calls", {"frozen": 30.0, "full": 35.0, "scratch": 95.0}),
    ("calls", {"frozen": 32.0, "full": 60.0, "scratch": 75.0}),
]  # fmt: skip


@grader("n13.regret", "Zero for the winner, and nobody has less.")
def regret(function: Callable[[Mapping[str, float], str], Any]) -> str | None:
    """Points behind the best: `regret(scores, strategy)`."""
    scores = {"frozen": 71.0, "gradual": 78.0, "full": 80.5, "scratch": 44.0}
    for strategy in ("gradual", "full", "scratch"):
        got, right = function(dict(scores), strategy), answers.regret(scores, strategy)
        if not same(got, right):
            said = {
                "behind the mean": "Regret is measured from the best, not the average.",
                "ahead of the worst": "That is how far it stands above the worst.",
                "the wrong way": "Mind the sign: nobody is ahead of the best.",
                "a share": "A share; wanted are points, as they are: in points.",
            }
            for case, words in said.items():
                if same(got, WRONG["n13.regret"][case][0](scores, strategy)):
                    return words
            return f"{strategy} is {right:g} points behind the best; yours says {got}."
    return None


@grader("n13.level", "So a cell has a winner, or several that five seeds can't tell apart: then take the cheapest.")
def level(function: Callable[[Mapping[str, Sequence[float]], float], Any]) -> str | None:
    """The best and those that can't be told from it: `level(scores, quantile)`, by paired differences."""
    seeds = np.array([0.0, 4.0, -3.0, 1.0, -2.0])
    scores = {
        "full": (80 + seeds).tolist(), "gradual": (79 + seeds + [1, -1, 0.5, 1.5, -1]).tolist(),
        "frozen": (78 + seeds + [0.2, -0.2, 0, 0.1, -0.1]).tolist(), "scratch": (50 + seeds).tolist(),
        "adapters": (79.3 + seeds + [0.01, 0, -0.01, 0.01, 0]).tolist(),
    }  # fmt: skip
    got, right = function({k: list(v) for k, v in scores.items()}, _QUANTILE), answers.level(scores, _QUANTILE)
    if isinstance(got, str) or not isinstance(got, (list, tuple, set)):
        return f"A list of names is wanted; this is a {type(got).__name__}."
    if set(got) == set(right):
        return None
    if "scratch" in got:
        return "scratch is clearly behind: the whole interval of its difference to the best lies above zero."
    if set(got) == {right[0]}:
        return f"{' and '.join(right[1:])} can't be told from the best by these seeds, and you left it out."
    if "frozen" in got:
        return "frozen is behind with every seed. Intervals overlap, but they had the same seeds: look seed by seed."
    if "adapters" in got:
        return "adapters is within a point of the best, but surely behind it: it is not a point that decides."
    return f"Here it should be {', '.join(right)}; yours says {', '.join(map(str, got)) or 'none'}."


@grader("n13.kept_out", "That is what an advice is worth to somebody whose task is none of ours.")
def kept_out(function: Callable[[Sequence[answers.Cell], answers.Rule], Any]) -> str | None:
    """Mean regret on tasks that the rule was made without: `kept_out(cells, rule)`."""

    def rule(cells: Sequence[answers.Cell]) -> str:
        names = cells[0][1] if cells else {"frozen": 0.0}
        return max(names, key=lambda name: sum(scores[name] for _, scores in cells))

    got, right = function(list(_CELLS), rule), answers.kept_out(_CELLS, rule)
    if isinstance(got, (bool, str)) or not isinstance(got, (int, float, np.floating)):
        return f"A number is wanted, the mean regret; this is a {type(got).__name__}."
    if same(float(got), right):
        return None
    said = {
        "all cells seen": "There the rule has seen the very cells that it is judged on.",
        "cell by cell": "You kept out a cell, but the rule saw others of the same task: keep out the whole task.",
        "the sum": "That is the sum over cells; the mean is wanted.",
    }
    for case, words in said.items():
        if same(float(got), WRONG["n13.kept_out"][case][0](_CELLS, rule)):
            return words
    return f"For these cells it should be {right:.2f}; yours says {float(got):.2f}."
