"""Exercises of notebook 13: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["ALSO_RIGHT", "REFERENCE", "WRONG", "kept_out", "level", "regret"]

Scores = Mapping[str, float]
Cell = tuple[str, Scores]
Rule = Callable[[Sequence[Cell]], str]


def regret(scores: Scores, strategy: str) -> float:
    """Points behind the best."""
    return max(scores.values()) - scores[strategy]


def level(scores: Mapping[str, Sequence[float]], quantile: float) -> list[str]:
    """Those whose paired difference to the best has an interval that includes zero, and the best itself."""
    best = max(scores, key=lambda name: np.mean(scores[name]))
    return [name for name in scores if name == best or _reaches_zero(scores[best], scores[name], quantile)]


def _reaches_zero(best: Sequence[float], other: Sequence[float], quantile: float) -> bool:
    apart = np.subtract(best, other)
    return bool(apart.mean() - quantile * apart.std(ddof=1) / len(apart) ** 0.5 <= 0)


def kept_out(cells: Sequence[Cell], rule: Rule) -> float:
    """Mean regret of a rule on the cells of each task, made from the cells of the other tasks alone."""
    found = []
    for task in dict.fromkeys(task for task, _ in cells):
        advice = rule([cell for cell in cells if cell[0] != task])
        found += [regret(scores, advice) for name, scores in cells if name == task]
    return float(np.mean(found))


def _seen_too(cells: Sequence[Cell], rule: Rule) -> float:
    return float(np.mean([regret(scores, rule(cells)) for _, scores in cells]))


def _cell_by_cell(cells: Sequence[Cell], rule: Rule) -> float:
    rest = [[other for at, other in enumerate(cells) if at != number] for number in range(len(cells))]
    return float(np.mean([regret(scores, rule(some)) for (_, scores), some in zip(cells, rest, strict=True)]))


def _total(cells: Sequence[Cell], rule: Rule) -> float:
    return kept_out(cells, rule) * len(cells)


def _with_half(half: Callable[[np.ndarray], float]) -> Callable[..., list[str]]:
    def found(scores: Mapping[str, Sequence[float]], quantile: float) -> list[str]:
        best = max(scores, key=lambda name: np.mean(scores[name]))
        gaps = {name: np.subtract(scores[best], scores[name]) for name in scores}
        return [name for name, gap in gaps.items() if gap.mean() <= quantile * half(gap)]

    return found


def _ever_ahead(scores: Mapping[str, Sequence[float]], quantile: float) -> list[str]:
    best = max(scores, key=lambda name: np.mean(scores[name]))
    return [name for name in scores if np.subtract(scores[best], scores[name]).min() <= 0]


def _unpaired(scores: Mapping[str, Sequence[float]], quantile: float) -> list[str]:
    best = max(scores, key=lambda name: np.mean(scores[name]))

    def half(name: str) -> float:
        return float(quantile * np.std(scores[name], ddof=1) / len(scores[name]) ** 0.5)

    return [n for n in scores if np.mean(scores[n]) + half(n) >= np.mean(scores[best]) - half(best)]


REFERENCE: dict[str, Any] = {"n13.regret": regret, "n13.level": level, "n13.kept_out": kept_out}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n13.regret": {
        "behind the mean": (lambda s, name: float(np.mean(list(s.values()))) - s[name], "the best, not the average"),
        "ahead of the worst": (lambda s, name: s[name] - min(s.values()), "above the worst"),
        "the wrong way": (lambda s, name: s[name] - max(s.values()), "sign"),
        "behind full": (lambda s, name: s["full"] - s[name], "full is 25 points behind the best; yours says 0"),
        "a number": (2.5, "Write a function regret"),
        "a share": (lambda s, name: (max(s.values()) - s[name]) / max(s.values()), "in points"),
    },
    "n13.level": {
        "the best alone": (lambda s, q: [max(s, key=lambda n: np.mean(s[n]))], "can't be told"),
        "overlapping intervals": (_unpaired, "same seeds"),
        "all": (lambda s, q: list(s), "clearly behind"),
        "no root": (_with_half(lambda gap: gap.std(ddof=1)), "the √n"),
        "all seeds but one": (_ever_ahead, "ahead with one seed"),
        "divided by n": (_with_half(lambda gap: gap.std() / len(gap) ** 0.5), "std(ddof=1)"),
        "names": (["full"], "Write a function level"),
        "within a point": (
            lambda s, q: [n for n in s if np.mean(s[n]) >= max(map(np.mean, s.values())) - 1],
            "a point",
        ),
    },
    "n13.kept_out": {
        "all cells seen": (_seen_too, "has seen"),
        "cell by cell": (_cell_by_cell, "same task"),
        "the sum": (_total, "mean"),
        "a number": (4.0, "Write a function kept_out"),
        "the advice": (lambda cells, rule: rule(cells), "A number"),
    },
}

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n13.level": {"a set": lambda *given: set(level(*given))},
    "n13.kept_out": {"in single precision": lambda cells, rule: np.float32(kept_out(cells, rule))},
}
