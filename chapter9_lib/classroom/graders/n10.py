"""Exercises of notebook 10, LoRA."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import a_type, as_number, grader
from chapter9_lib.classroom.graders import n10_answers as answers
from chapter9_lib.classroom.graders.n10_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG"]


@grader(
    "n10.count",
    "Linear in the width, where W is square in it: the wider the network, the smaller the share.",
    wants="adapter_parameters(layers, rank)",
)
def count(function: Callable[[Sequence[tuple[int, int]], int], Any]) -> str | None:
    """How many parameters adapters of a rank have, for layers of (in, out)."""
    cases = (
        ([(768, 2304), (768, 768)] * 12, 8, "ViT-B's attention"),
        ([(128, 384), (10, 2)], 4, "(128, 384) and (10, 2)"),
    )
    for layers, rank, name in cases:
        given, wanted = function(list(layers), rank), answers.count(layers, rank)
        got = as_number(given)
        if got is None:
            return f"A number is wanted; this is {a_type(given)}."
        if got != wanted:
            return _miscounted(got, layers, rank) or f"For {name} at rank {rank} it is {wanted:,}; yours says {got:,}."
    return None


def _miscounted(got: float, layers: list[tuple[int, int]], rank: int) -> str | None:
    said = {
        "the weights themselves": "That is W itself, which stands still.",
        "rank squared": "A is rank × in, B is out × rank: the rank once in each.",
        "A alone": "A is there. B has rank × out more.",
        "with biases": "A and B have no bias.",
        "one layer": "That is the first layer alone. Sum over all of them.",
    }
    return next((words for case, words in said.items() if got == WRONG["n10.count"][case][0](layers, rank)), None)


@grader(
    "n10.merge",
    "One matrix again, as quick as before, and nothing to see from outside.",
    wants="merged(weight, A, B, alpha)",
)
def merge(function: Callable[..., Any]) -> str | None:
    """The weight that does what a frozen one and its adapter do together: `merged(weight, A, B, alpha)`."""
    return _merged(function, 6, 6) or _merged(function, 7, 5)


def _merged(function: Callable[..., Any], inputs: int, outputs: int) -> str | None:
    import torch

    random = torch.Generator().manual_seed(0)
    shapes = {"the weight": (outputs, inputs), "A": (3, inputs), "B": (outputs, 3)}
    made = {name: torch.randn(*shape, generator=random) for name, shape in shapes.items()}
    given = {name: tensor.clone() for name, tensor in made.items()}
    got, wanted = function(*given.values(), 8.0), answers.merged(*made.values(), 8.0)
    if not isinstance(got, torch.Tensor) or got.shape != wanted.shape:
        told = f"one of shape {tuple(got.shape)}" if isinstance(got, torch.Tensor) else a_type(got)
        return f"A weight of the shape of the one given, {shapes['the weight']}, is wanted; this is {told}."
    if changed := [name for name in given if not given[name].equal(made[name])]:
        return f"The number may be right, but {changed[0]} was changed in place. It must stay as it was."
    return None if torch.allclose(got, wanted, atol=1e-5) else _mismerged(got, *made.values())


def _mismerged(got: "Tensor", *given: "Tensor") -> str:
    import torch

    said = {
        "no scale": "The change is scaled by alpha / rank.",
        "alpha alone": "Scaled by alpha, but not divided by the rank.",
        "times the rank": "alpha times the rank? It is divided by it, so that a higher rank doesn't shout louder.",
        "the wrong way round": "B @ A, the other way round: first A makes few numbers, then B makes many of them.",
        "the change alone": "That is the change. Where is W?",
    }
    square = given[0].shape[0] == given[0].shape[1]
    for case, words in said.items():
        fits = square or case != "the wrong way round"
        if fits and torch.allclose(got, WRONG["n10.merge"][case][0](*given, 8.0), atol=1e-5):
            return words
    return "Merged, it must give x @ W.T + alpha / rank * (x @ A.T) @ B.T for every x; yours doesn't."


@grader(
    "n10.rank",
    "Try it on a change that your own training made: mostly it is thinner than you would think.",
    wants="rank_needed(change, share)",
)
def rank(function: Callable[["Tensor", float], Any]) -> str | None:
    """The smallest rank that holds a share of a matrix's squared singular values."""
    import torch

    random = torch.Generator().manual_seed(1)
    left, right = (torch.linalg.qr(torch.randn(12, 12, generator=random, dtype=torch.float64))[0] for _ in range(2))
    change = left @ torch.diag(torch.tensor([9.0, 6, 4, 3, 2, 1.5, 1, 0.7, 0.5, 0.3, 0.2, 0.1]).double()) @ right
    for share in (0.9, 0.8, 0.99, 0.6):
        given = function(change.clone(), share)
        got = as_number(given)
        if got is None or got != int(got):
            return f"One whole number is wanted; this is {a_type(given) if got is None else got}."
        if got != answers.rank_needed(change, share):
            return _misranked(int(got), change, share)
    return None


def _misranked(got: int, change: "Tensor", share: float) -> str:
    right = answers.rank_needed(change, share)
    if got == len(change):
        return f"{got} is the full rank, which holds all there is. Asked is the smallest that holds the share."
    if got == answers.WRONG["n10.rank"]["not squared"][0](change, share):
        return "Add up the squared singular values: those make the matrix's squared length."
    if got == answers.WRONG["n10.rank"]["by the largest"][0](change, share):
        return "You compared each with the largest. Their squares add up: how many make the share together?"
    if got == right - 1:
        return f"Rank {got} holds less than {share:.0%}. One more is needed."
    return f"For {share:.0%} it should be {right}; yours says {got}."
