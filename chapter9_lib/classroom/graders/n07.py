"""Exercises of notebook 07, The chef's intuition."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chapter9_lib.classroom.exercises import a_type, grader, same
from chapter9_lib.classroom.graders import n07_answers as answers
from chapter9_lib.classroom.graders.n07_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG"]

Loss = Callable[["Tensor", "Tensor", "Tensor", float, float], "Tensor"]


@grader(
    "n07.soften",
    "Scores are logarithms of probabilities, but for a constant; so a division becomes a root.",
    wants="soften(probabilities, temperature)",
)
def soften(function: Callable[[np.ndarray, float], Any]) -> str | None:
    """From probabilities at temperature 1, one row a photo, to those at another."""
    rows = np.array([[0.976, 0.018, 0.006], [0.5, 0.3, 0.2]])
    for temperature in (4.0, 2.0):
        got, wanted = np.asarray(function(rows.copy(), temperature), dtype=float), answers.soften(rows, temperature)
        if got.shape != rows.shape:
            return f"As many rows and columns as came in are wanted, {rows.shape}; these are {got.shape}."
        if not np.allclose(got, wanted, atol=1e-3):
            return _unsoftened(got, rows, temperature)
    return None


def _unsoftened(got: np.ndarray, rows: np.ndarray, temperature: float) -> str:
    if np.allclose(got, rows, atol=1e-3):
        return "Dividing probabilities, and then their sum, changes nothing. It is scores that are divided."
    if np.isclose(got.sum(), 1) and not np.allclose(got.sum(1), 1):
        return "All rows together sum to 1. Each row is a photo: sum(-1, keepdims=True)."
    if not np.allclose(got.sum(1), 1, atol=1e-3):
        return "Probabilities sum to 1, row by row."
    if got[0, 0] > rows[0, 0]:
        return f"At temperature {temperature:g} yours is surer than before. Softer is wanted."
    raw = np.exp(rows / temperature)
    if np.allclose(got, raw / raw.sum(1, keepdims=True), atol=1e-3):
        return "Softmax again? Probabilities are no scores. Their logarithms are, but for a constant."
    return f"The first row should become {np.round(answers.soften(rows, temperature)[0], 3).tolist()}."


@grader(
    "n07.loss",
    "Hinton's loss to the last digit, and the teacher learns nothing from it.",
    wants="loss(student, teacher, labels, temperature, soft_weight)",
)
def loss(function: Loss) -> str | None:
    """`loss(student, teacher, labels, temperature, soft_weight)` on (N, C) scores."""
    import torch

    random = torch.Generator().manual_seed(0)
    student, teacher = (3 * torch.randn(8, 5, generator=random) for _ in range(2))
    labels = torch.randint(5, (8,), generator=random)
    student.requires_grad_(True)
    teacher.requires_grad_(True)
    for temperature, weight in ((4.0, 0.7), (2.0, 0.4)):
        given = (student, teacher, labels, temperature, weight)
        got = function(*given)
        if not isinstance(got, torch.Tensor):
            return f"One number is wanted, as a tensor with a gradient; this is {a_type(got)}."
        if got.numel() != 1:
            return f"One number is wanted, the mean over the photos; this is a tensor of shape {tuple(got.shape)}."
        if not same(got.item(), answers.loss(*given).item()):
            return _lost(got.item(), given)
        if mistake := _untaught(got, given):
            return mistake
    return None


def _untaught(got: "Tensor", given: tuple[Any, ...]) -> str | None:
    """What is wrong with the gradients of a loss whose number is right."""
    import torch

    student, teacher, labels, _, weight = given
    if not got.requires_grad:
        return "The number is right, but it is detached: no gradient flows back, and the student learns nothing."
    pulls = torch.autograd.grad(got, (student, teacher), allow_unused=True)
    (wanted,) = torch.autograd.grad(answers.loss(*given), student)
    pull, slope = (torch.zeros_like(wanted) if one is None else one for one in pulls)
    if slope.any():
        return "The number is right, but a gradient flows into the teacher as well: he is not to learn. detach() him."
    if torch.allclose(pull, wanted, atol=1e-6):
        return None
    (hard,) = torch.autograd.grad((1 - weight) * torch.nn.functional.cross_entropy(student, labels), student)
    parts = {"soft": hard, "hard": wanted - hard}
    part = next((name for name, rest in parts.items() if torch.allclose(pull, rest, atol=1e-6)), None)
    if part is None:
        return "The number is right, but its gradient at the student's scores is not that of the loss."
    return f"The number is right, but from its {part} part no gradient reaches the student: detach the teacher alone."


def _lost(got: float, given: tuple[Any, ...]) -> str:
    said = {
        "no T squared": "Without T squared the soft part shrinks as it gets warmer: soft_weight means less and less.",
        "T once": "The gradient shrinks with T squared: once for the scores, once for the divergence. You have T.",
        "mean over classes": 'reduction="mean" divides by the classes too, and is no divergence: "batchmean".',
        "weights swapped": "soft_weight weighs the teacher, the rest the labels: yours is the other way round.",
        "divergence backwards": "kl_div(input, target): the student's logarithm comes first, then the teacher's share.",
        "hard term softened": "Labels are not soft: cross-entropy is of the student's scores as they are.",
    }  # fmt: skip
    for case, words in said.items():
        if same(got, answers.WRONG["n07.loss"][case][0](*given).item()):
            return words
    return f"For these scores it should be {answers.loss(*given).item():.4f}; yours says {got:.4f}."


@grader(
    "n07.worth",
    "What is left is called a Pareto front: each step on it buys accuracy with time.",
    wants="worth_having(models)",
)
def worth(function: Callable[[dict[str, tuple[float, float]]], Sequence[str]]) -> str | None:
    """The models that no other beats, quickest first: from {name: (milliseconds, % right)}."""
    models = {
        "ViT": (200.0, 95.0), "ResNet": (60.0, 93.0), "old ResNet": (80.0, 91.0), "MobileNet": (5.0, 90.0),
        "slow MobileNet": (9.0, 90.0), "old EfficientNet": (25.0, 91.5), "EfficientNet": (25.0, 92.5),
        "tiny": (2.0, 81.0),
    }  # fmt: skip
    got, wanted = function(dict(models)), answers.worth_having(models)
    if isinstance(got, str) or not isinstance(got, (list, tuple)):
        return f"A list of names is wanted; this is {a_type(got)}."
    if strange := [one for one in got if not isinstance(one, str)]:
        return f"Names alone are wanted, in a list; in yours there is {a_type(strange[0])}: {strange[0]!r}."
    return None if list(got) == wanted else _unworthy(list(got), wanted)


def _unworthy(got: list[str], wanted: list[str]) -> str:
    if set(got) == set(wanted):
        return "The right ones, in another order: quickest first."
    if "tiny" not in got:
        return "The quickest of all is always worth having: nothing that is as quick is better."
    if "old ResNet" not in got and "slow MobileNet" in got:
        return "slow MobileNet is as often right, and later: nobody wants it."
    if "old ResNet" not in got and "old EfficientNet" in got:
        return (
            "old EfficientNet is as quick as EfficientNet, and less often right: nobody wants it. Sort by both numbers."
        )
    if beaten := [name for name in got if name not in wanted]:
        return f"{beaten[0]} is beaten: another one is no slower and no less often right, and better in one of the two."
    return f"{next(name for name in wanted if name not in got)} is missing: what is quicker is less often right."
