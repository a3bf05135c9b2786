"""Exercises of notebook 10: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG", "count", "merged", "rank_needed"]


def count(layers: Sequence[tuple[int, int]], rank: int) -> int:
    """rank * (in + out) for each layer."""
    return sum(rank * (inputs + outputs) for inputs, outputs in layers)


def merged(weight: "Tensor", A: "Tensor", B: "Tensor", alpha: float) -> "Tensor":  # noqa: N803 - the paper's letters
    """W + alpha / rank * B A."""
    return weight + alpha / len(A) * B @ A


def rank_needed(change: "Tensor", share: float) -> int:
    """The smallest rank that holds so much of the squared singular values."""
    squared = _squared(change)
    return int((squared.cumsum(0) < share * squared.sum()).sum()) + 1


def _squared(change: "Tensor") -> "Tensor":
    import torch

    return torch.linalg.svdvals(change).square()


def _in_place(weight: "Tensor", A: "Tensor", B: "Tensor", alpha: float) -> "Tensor":  # noqa: N803
    weight += alpha / len(A) * B @ A
    return weight


def _not_squared(change: "Tensor", share: float) -> int:
    values = _squared(change).sqrt()
    return int((values.cumsum(0) < share * values.sum()).sum()) + 1


def _one_short(change: "Tensor", share: float) -> int:
    return rank_needed(change, share) - 1


def _full_rank(change: "Tensor", share: float) -> int:
    import torch

    return int(torch.linalg.matrix_rank(change))


def _by_the_largest(change: "Tensor", share: float) -> int:
    squared = _squared(change)
    return int((squared > (1 - share) * squared[0]).sum())


REFERENCE: dict[str, Any] = {"n10.count": count, "n10.merge": merged, "n10.rank": rank_needed}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n10.count": {
        "the weights themselves": (lambda layers, rank: sum(a * b for a, b in layers), "That is W"),
        "rank squared": (lambda layers, rank: sum(rank * rank * (a + b) for a, b in layers), "rank once"),
        "A alone": (lambda layers, rank: sum(rank * a for a, _ in layers), "B has rank"),
        "with biases": (lambda layers, rank: count(layers, rank) + sum(rank + b for _, b in layers), "no bias"),
        "one layer": (lambda layers, rank: rank * sum(layers[0]), "first layer alone"),
    },
    "n10.merge": {
        "no scale": (lambda w, A, B, alpha: w + B @ A, "alpha / rank"),
        "alpha alone": (lambda w, A, B, alpha: w + alpha * B @ A, "divided by the rank"),
        "times the rank": (lambda w, A, B, alpha: w + alpha * len(A) * B @ A, "times the rank"),
        "in place": (_in_place, "as it was"),
        "the wrong way round": (lambda w, A, B, alpha: w + alpha / len(A) * (A.T @ B.T), "other way round"),
        "the change alone": (lambda w, A, B, alpha: alpha / len(A) * B @ A, "Where is W"),
    },
    "n10.rank": {
        "not squared": (_not_squared, "squared"),
        "one short": (_one_short, "holds less"),
        "the full rank": (_full_rank, "any at all"),
        "by the largest": (_by_the_largest, "add up"),
        "a tensor": (lambda change, share: _squared(change).cumsum(0), "One whole number"),
    },
}
