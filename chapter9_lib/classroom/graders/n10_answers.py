"""Exercises of notebook 10: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ALSO_RIGHT", "REFERENCE", "WRONG", "count", "merged", "rank_needed"]


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


def _scaled_in_place(weight: "Tensor", A: "Tensor", B: "Tensor", alpha: float) -> "Tensor":  # noqa: N803
    B *= alpha / len(A)
    return weight + B @ A


def _transposed(weight: "Tensor", A: "Tensor", B: "Tensor", alpha: float) -> "Tensor":  # noqa: N803
    change = alpha / len(A) * A.T @ B.T
    return weight + change.T if len(A.T) == len(B) else weight.T + change


def _not_squared(change: "Tensor", share: float) -> int:
    values = _squared(change).sqrt()
    return int((values.cumsum(0) < share * values.sum()).sum()) + 1


def _rank_as_a_tensor(change: "Tensor", share: float) -> "Tensor":
    held = _squared(change).cumsum(0)
    return (held < share * held[-1]).sum() + 1


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
        "always rank 8": (lambda layers, rank: count(layers, 8), "(128, 384) and (10, 2) at rank 4"),
        "a number": (442_368, "Write a function adapter_parameters"),
    },
    "n10.merge": {
        "no scale": (lambda w, A, B, alpha: w + B @ A, "alpha / rank"),
        "alpha alone": (lambda w, A, B, alpha: w + alpha * B @ A, "divided by the rank"),
        "times the rank": (lambda w, A, B, alpha: w + alpha * len(A) * B @ A, "times the rank"),
        "in place": (_in_place, "the weight was changed in place"),
        "transposed": (_transposed, "(5, 7), is wanted; this is one of shape (7, 5)"),
        "B in place": (_scaled_in_place, "B was changed in place"),
        "a number": (8.0, "Write a function merged"),
        "the wrong way round": (lambda w, A, B, alpha: w + alpha / len(A) * (A.T @ B.T), "other way round"),
        "the change alone": (lambda w, A, B, alpha: alpha / len(A) * B @ A, "Where is W"),
    },
    "n10.rank": {
        "not squared": (_not_squared, "squared"),
        "one short": (_one_short, "holds less"),
        "the full rank": (_full_rank, "12 is the full rank"),
        "by the largest": (_by_the_largest, "add up"),
        "a tensor": (lambda change, share: _squared(change).cumsum(0), "this is a Tensor"),
        "a share": (lambda change, share: 4.5, "this is 4.5"),
        "a number": (4, "Write a function rank_needed"),
    },
}

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n10.count": {"a NumPy number": lambda layers, rank: np.int64(count(layers, rank))},
    "n10.rank": {
        "a tensor of one number": _rank_as_a_tensor,
        "a NumPy number": lambda change, share: np.int64(rank_needed(change, share)),
    },
}
