"""Exercises of notebook 07: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ALSO_RIGHT", "REFERENCE", "WRONG", "loss", "soften", "worth_having"]

Costs = Mapping[str, tuple[float, float]]


def soften(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """The power 1 / temperature, and rows that sum to 1 again."""
    powers = np.asarray(probabilities) ** (1 / temperature)
    return powers / powers.sum(-1, keepdims=True)


def loss(student: "Tensor", teacher: "Tensor", labels: "Tensor", temperature: float, soft_weight: float) -> "Tensor":
    """Hinton's loss, as the notebook writes it."""
    return _mixed(student, teacher, labels, temperature, soft_weight)


def _mixed(
    student: "Tensor", teacher: "Tensor", labels: "Tensor", temperature: float, soft_weight: float,
    *, classes: int = 1, power: int = 2, hard_at: float = 1.0,
) -> "Tensor":  # fmt: skip
    from torch.nn import functional as F

    wanted, given = F.softmax(teacher.detach() / temperature, 1), F.log_softmax(student / temperature, 1)
    soft = F.kl_div(given, wanted, reduction="batchmean") / classes * temperature**power
    return (1 - soft_weight) * F.cross_entropy(student / hard_at, labels) + soft_weight * soft


def _swapped(student: Any, teacher: Any, labels: Any, temperature: float, soft_weight: float) -> Any:  # noqa: ANN401
    return _mixed(student, teacher, labels, temperature, 1 - soft_weight)


def _backwards(student: Any, teacher: Any, labels: Any, temperature: float, soft_weight: float) -> Any:  # noqa: ANN401
    from torch.nn import functional as F

    given, wanted = F.log_softmax(teacher / temperature, 1), F.softmax(student / temperature, 1)
    soft = F.kl_div(given, wanted, reduction="batchmean") * temperature**2
    return (1 - soft_weight) * F.cross_entropy(student, labels) + soft_weight * soft


def _into_the_teacher(s: Any, teacher: Any, labels: Any, temperature: float, soft_weight: float) -> Any:  # noqa: ANN401
    from torch.nn import functional as F

    wanted, given = F.softmax(teacher / temperature, 1), F.log_softmax(s / temperature, 1)
    soft = F.kl_div(given, wanted, reduction="batchmean") * temperature**2
    return (1 - soft_weight) * F.cross_entropy(s, labels) + soft_weight * soft


def _soft_part_still(s: Any, teacher: Any, labels: Any, temperature: float, soft_weight: float) -> Any:  # noqa: ANN401
    import torch
    from torch.nn import functional as F

    with torch.no_grad():
        soft = _mixed(s, teacher, labels, temperature, 1.0)
    return (1 - soft_weight) * F.cross_entropy(s, labels) + soft_weight * soft


def _hard_part_still(s: Any, teacher: Any, labels: Any, temperature: float, soft_weight: float) -> Any:  # noqa: ANN401
    from torch.nn import functional as F

    soft = _mixed(s, teacher, labels, temperature, 1.0)
    return (1 - soft_weight) * F.cross_entropy(s.detach(), labels) + soft_weight * soft


def _teacher_without_grad(s: Any, teacher: Any, labels: Any, temperature: float, weight: float) -> Any:  # noqa: ANN401
    import torch
    from torch.nn import functional as F

    with torch.no_grad():
        wanted = F.softmax(teacher / temperature, dim=-1)
    given = F.log_softmax(s / temperature, dim=-1)
    soft = (wanted * (wanted.log() - given)).sum(-1).mean() * temperature**2
    return (1 - weight) * F.cross_entropy(s, labels) + weight * soft


def _by_time_alone(models: Costs) -> list[str]:
    chosen, best = [], -np.inf
    for name in sorted(models, key=lambda name: models[name][0]):
        if models[name][1] > best:
            chosen.append(name)
            best = models[name][1]
    return chosen


def _by_comparing(models: Costs) -> list[str]:
    def beaten(name: str) -> bool:
        ms, right = models[name]
        return any(a <= ms and b >= right and (a, b) != (ms, right) for a, b in models.values())

    return sorted((name for name in models if not beaten(name)), key=lambda name: models[name][0])


def worth_having(models: Costs) -> list[str]:
    """Those that no other beats: from the quickest to the slowest, each more often right than all before it."""
    chosen, best = [], -np.inf
    for name in sorted(models, key=lambda name: (models[name][0], -models[name][1])):
        if models[name][1] > best:
            chosen.append(name)
            best = models[name][1]
    return chosen


def _softmax(scores: np.ndarray) -> np.ndarray:
    return np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)


def _unbeaten_in_one(models: Costs) -> list[str]:
    fastest, rightest = min(models, key=lambda n: models[n][0]), max(models, key=lambda n: models[n][1])
    return sorted({fastest, rightest}, key=lambda name: models[name][0])


def _ties_kept(models: Costs) -> list[str]:
    chosen, best = [], -np.inf
    for name in sorted(models, key=lambda name: (models[name][0], -models[name][1])):
        if models[name][1] >= best:
            chosen.append(name)
            best = models[name][1]
    return chosen


REFERENCE: dict[str, Any] = {"n07.soften": soften, "n07.loss": loss, "n07.worth": worth_having}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n07.soften": {
        "divided": (lambda p, t: np.asarray(p) / t / (np.asarray(p) / t).sum(-1, keepdims=True), "changes nothing"),
        "softmax of probabilities": (lambda p, t: _softmax(np.asarray(p) / t), "are no scores"),
        "the power T": (lambda p, t: soften(p, 1 / t), "surer"),
        "no sum": (lambda p, t: np.asarray(p) ** (1 / t), "sum to 1"),
        "an array": (np.array([0.6, 0.22, 0.18]), "Write a function soften"),
        "over all": (lambda p, t: np.asarray(p) ** (1 / t) / (np.asarray(p) ** (1 / t)).sum(), "Each row"),
    },
    "n07.loss": {
        "no T squared": (lambda *given: _mixed(*given, power=0), "the soft part shrinks"),
        "T once": (lambda *given: _mixed(*given, power=1), "T squared"),
        "mean over classes": (lambda *given: _mixed(*given, classes=given[0].shape[1]), "batchmean"),
        "weights swapped": (_swapped, "the other way round"),
        "divergence backwards": (_backwards, "student's logarithm comes first"),
        "hard term softened": (lambda s, t, y, T, w: _mixed(s, t, y, T, w, hard_at=T), "Labels are not soft"),
        "teaches the teacher": (_into_the_teacher, "into the teacher"),
        "the soft part still": (_soft_part_still, "from its soft part"),
        "the hard part still": (_hard_part_still, "from its hard part"),
        "detached": (lambda *given: loss(*given).detach(), "it is detached"),
        "one a photo": (lambda s, t, y, T, w: loss(s, t, y, T, w) + 0 * y, "of shape (8,)"),
        "a float": (lambda *given: loss(*given).item(), "a tensor"),
        "a number": (0.7, "Write a function loss(student"),
    },
    "n07.worth": {
        "all of them": (lambda models: sorted(models, key=lambda n: models[n][0]), "is beaten"),
        "two extremes": (_unbeaten_in_one, "is missing"),
        "only the best": (lambda models: [max(models, key=lambda n: models[n][1])], "The quickest"),
        "by time alone": (_by_time_alone, "Sort by both numbers"),
        "numbers too": (lambda models: [(name, *models[name]) for name in worth_having(models)], "Names alone"),
        "names": (["tiny", "ViT"], "Write a function worth_having"),
        "ties kept": (_ties_kept, "as often right, and later"),
        "in another order": (lambda models: worth_having(models)[::-1], "quickest first"),
    },
}  # fmt: skip

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n07.loss": {"the teacher without gradient": _teacher_without_grad},
    "n07.worth": {"each against each": _by_comparing},
}
