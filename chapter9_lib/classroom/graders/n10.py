"""Exercises of notebook 10, LoRA."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import grader
from chapter9_lib.classroom.graders import n10_answers as answers
from chapter9_lib.classroom.graders.n10_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG"]


@grader("n10.count", "Linear in the width, where W is square in it: the wider the network, the smaller the share.")
def count(function: Callable[[Sequence[tuple[int, int]], int], Any]) -> str | None:
    """How many parameters adapters of a rank have, for layers of (in, out)."""
    layers, rank = [(768, 2304), (768, 768)] * 12, 8
    got, wanted = function(list(layers), rank), answers.count(layers, rank)
    if isinstance(got, bool) or not isinstance(got, Real):
        return f"A number is wanted; this is a {type(got).__name__}."
    if got == wanted:
        return None
    said = {
        "the weights themselves": "That is W itself, which stands still.",
        "rank squared": "A is rank × in, B is out × rank: the rank once in each.",
        "A alone": "A is there. B has rank × out more.",
        "with biases": "A and B have no bias.",
        "one layer": "That is the first layer alone. Sum over all of them.",
    }
    for case, words in said.items():
        if got == WRONG["n10.count"][case][0](layers, rank):
            return words
    return f"For ViT-B's attention at rank 8 it should be {wanted:,}; yours says {got:,}."


@grader("n10.merge", "One matrix again, as quick as before, and nothing to see from outside.")
def merge(function: Callable[..., Any]) -> str | None:
    """The weight that does what a frozen one and its adapter do together: `merged(weight, A, B, alpha)`."""
    import torch

    random = torch.Generator().manual_seed(0)
    weight, a, b = (torch.randn(*shape, generator=random) for shape in ((6, 6), (3, 6), (6, 3)))
    given, alpha = weight.clone(), 8.0
    got, wanted = function(given, a.clone(), b.clone(), alpha), answers.merged(weight, a, b, alpha)
    if not isinstance(got, torch.Tensor) or got.shape != weight.shape:
        return f"A weight of the same shape is wanted, {tuple(weight.shape)}."
    if not given.equal(weight):
        return "The number may be right, but the weight was changed in place. It must stay as it was."
    if torch.allclose(got, wanted, atol=1e-5):
        return None
    said = {
        "no scale": "The change is scaled by alpha / rank.",
        "alpha alone": "Scaled by alpha, but not divided by the rank.",
        "times the rank": "alpha times the rank? It is divided by it, so that a higher rank doesn't shout louder.",
        "the wrong way round": "B @ A, the other way round: first A makes few numbers, then B makes many of them.",
        "the change alone": "That is the change. Where is W?",
    }
    for case, words in said.items():
        if torch.allclose(got, WRONG["n10.merge"][case][0](weight.clone(), a, b, alpha), atol=1e-5):
            return words
    return "Merged, it must give x @ W.T + alpha / rank * (x @ A.T) @ B.T for every x; yours doesn't."


@grader("n10.rank", "Try it on a change that your own training made: mostly it is thinner than you would think.")
def rank(function: Callable[["Tensor", float], Any]) -> str | None:
    """The smallest rank that holds a share of a matrix's squared singular values."""
    import torch

    random = torch.Generator().manual_seed(1)
    left, right = (torch.linalg.qr(torch.randn(12, 12, generator=random, dtype=torch.float64))[0] for _ in range(2))
    change = left @ torch.diag(torch.tensor([9.0, 6, 4, 3, 2, 1.5, 1, 0.7, 0.5, 0.3, 0.2, 0.1]).double()) @ right
    for share in (0.9, 0.8, 0.99, 0.6):
        got = function(change.clone(), share)
        if isinstance(got, bool) or not isinstance(got, Integral):
            return f"One whole number is wanted; this is a {type(got).__name__}."
        if got != answers.rank_needed(change, share):
            return _misranked(int(got), change, share)
    return None


def _misranked(got: int, change: "Tensor", share: float) -> str:
    right = answers.rank_needed(change, share)
    if got == len(change):
        return "That is the rank at which any at all is held. Asked is the smallest that holds the share."
    if got == answers.WRONG["n10.rank"]["not squared"][0](change, share):
        return "Add up the squared singular values: those make the matrix's squared length."
    if got == answers.WRONG["n10.rank"]["by the largest"][0](change, share):
        return "You compared each with the largest. Their squares add up: how many make the share together?"
    if got == right - 1:
        return f"Rank {got} holds less than {share:.0%}. One more is needed."
    return f"For {share:.0%} it should be {right}; yours says {got}."
