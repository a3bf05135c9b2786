"""Exercises of notebook 13, The decision."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chapter9_lib.classroom.exercises import a_type, as_number, grader, same
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


@grader("n13.regret", "Zero for the winner, and nobody has less.", wants="regret(scores, strategy)")
def regret(function: Callable[[Mapping[str, float], str], Any]) -> str | None:
    """Points behind the best: `regret(scores, strategy)`."""
    scores = {"frozen": 71.0, "gradual": 78.0, "full": 80.5, "scratch": 44.0}
    others = {"scratch": 91.0, "full": 66.0, "frozen": 52.5}
    for found, strategies in ((scores, ("gradual", "full", "scratch")), (others, ("full", "scratch", "frozen"))):
        for strategy in strategies:
            got, right = function(dict(found), strategy), answers.regret(found, strategy)
            if not same(got, right):
                told = f"With {found}, {strategy} is {right:g} points behind the best; yours says {got}."
                return _misregretted(got, found, strategy) or told
    return None


def _misregretted(got: Any, scores: Mapping[str, float], strategy: str) -> str | None:  # noqa: ANN401
    said = {
        "behind the mean": "Regret is measured from the best, not the average.",
        "ahead of the worst": "That is how far it stands above the worst.",
        "the wrong way": "Mind the sign: nobody is ahead of the best.",
        "a share": "A share; wanted are points, as they are: in points.",
    }
    wrong = {case: WRONG["n13.regret"][case][0](scores, strategy) for case in said}
    return next((words for case, words in said.items() if same(got, wrong[case])), None)


@grader(
    "n13.level",
    "So a cell has a winner, or several that five seeds can't tell apart: then take the cheapest.",
    wants="level(scores, quantile)",
)
def level(function: Callable[[Mapping[str, Sequence[float]], float], Any]) -> str | None:
    """The best and those that can't be told from it: `level(scores, quantile)`, by paired differences."""
    scores = _seeds()
    got, right = function({k: list(v) for k, v in scores.items()}, _QUANTILE), answers.level(scores, _QUANTILE)
    if isinstance(got, str) or not isinstance(got, (list, tuple, set)):
        return f"A list of names is wanted; this is {a_type(got)}."
    return None if set(got) == set(right) else _unlevel(set(got), right)


def _seeds() -> dict[str, list[float]]:
    """Accuracies of five seeds: level with the best are gradual and lp-ft, all others are behind it."""
    seeds = 80 + np.array([0.0, 4.0, -3.0, 1.0, -2.0])
    behind = {
        "full": [0, 0, 0, 0, 0], "gradual": [0, 2, 0.5, -0.5, 2], "frozen": [1.8, 2.2, 2, 1.9, 2.1],
        "scratch": [30, 30, 30, 30, 30], "adapters": [0.69, 0.7, 0.71, 0.69, 0.7],
        "lp-ft": [0, 3, 0.5, 2.5, 1.5], "two layers": [0.5, 3.5, 1, 3, 2], "one rate": [-0.1, 3, 3, 3, 3],
    }  # fmt: skip
    return {name: (seeds - np.array(points)).tolist() for name, points in behind.items()}


def _unlevel(got: set[str], right: list[str]) -> str:
    if "scratch" in got:
        return "scratch is clearly behind: the whole interval of its difference to the best lies above zero."
    if got == {right[0]}:
        return f"{' and '.join(right[1:])} can't be told from the best by these seeds, and you left them out."
    if "frozen" in got:
        return "frozen is behind with every seed. Intervals overlap, but they had the same seeds: look seed by seed."
    if "adapters" in got:
        return "adapters is within a point of the best, but surely behind it: it is not a point that decides."
    if "two layers" in got:
        return "two layers is 2 points behind, and its interval begins above zero: mind the √n under the deviation."
    if "one rate" in got:
        return "one rate is ahead with one seed, by a hair. The whole interval decides, and it lies above zero."
    if got == set(right) - {"lp-ft"}:
        return "lp-ft is never ahead, but its interval just reaches down to zero: std(ddof=1) divides by n - 1."
    return f"Here it should be {', '.join(right)}; yours says {', '.join(sorted(map(str, got))) or 'none'}."


@grader(
    "n13.kept_out",
    "That is what an advice is worth to somebody whose task is none of ours.",
    wants="kept_out(cells, rule)",
)
def kept_out(function: Callable[[Sequence[answers.Cell], answers.Rule], Any]) -> str | None:
    """Mean regret on tasks that the rule was made without: `kept_out(cells, rule)`."""

    def rule(cells: Sequence[answers.Cell]) -> str:
        names = cells[0][1] if cells else {"frozen": 0.0}
        return max(names, key=lambda name: sum(scores[name] for _, scores in cells))

    given, right = function(list(_CELLS), rule), answers.kept_out(_CELLS, rule)
    got = as_number(given)
    if got is None:
        return f"A number is wanted, the mean regret; this is {a_type(given)}."
    if same(got, right):
        return None
    said = {
        "all cells seen": "There the rule has seen the very cells that it is judged on.",
        "cell by cell": "You kept out a cell, but the rule saw others of the same task: keep out the whole task.",
        "the sum": "That is the sum over cells; the mean is wanted.",
    }
    for case, words in said.items():
        if same(got, WRONG["n13.kept_out"][case][0](_CELLS, rule)):
            return words
    return f"For these cells it should be {right:.2f}; yours says {got:.2f}."
