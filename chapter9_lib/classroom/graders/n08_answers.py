"""Exercises of notebook 08: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REFERENCE", "WRONG"]


def _coral(source: "Tensor", target: "Tensor") -> "Tensor":
    gap = source.T.cov() - target.T.cov()
    return gap.square().sum() / (4 * source.shape[1] ** 2)


def _reverse(x: "Tensor", strength: float) -> "Tensor":
    return (1 + strength) * x.detach() - strength * x


def _fair(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    named, sure = probabilities.argmax(1), probabilities.max(1)
    kept = np.flatnonzero(sure >= threshold)
    classes, counts = np.unique(named[kept], return_counts=True)
    parts = [kept[named[kept] == one] for one in classes]
    parts = [part[np.argsort(-sure[part])][: counts.min()] for part in parts]
    return np.sort(np.concatenate(parts)) if parts else kept


def _moments(source: "Tensor", target: "Tensor") -> "Tensor":
    gap = source.T @ source / len(source) - target.T @ target / len(target)
    return gap.square().sum() / (4 * source.shape[1] ** 2)


def _first_come(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    named, sure = probabilities.argmax(1), probabilities.max(1)
    kept = np.flatnonzero(sure >= threshold)
    if not len(kept):
        return kept
    least = np.unique(named[kept], return_counts=True)[1].min()
    return np.concatenate([kept[named[kept] == one][:least] for one in np.unique(named[kept])])


REFERENCE: dict[str, Any] = {"n08.coral": _coral, "n08.reverse": _reverse, "n08.fair": _fair}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n08.coral": {
        "not divided": (lambda s, t: 4 * s.shape[1] ** 2 * _coral(s, t), "divides it by 4 D²"),
        "by D² alone": (lambda s, t: 4 * _coral(s, t), "both the 4 and the square"),
        "a root": (lambda s, t: (4 * s.shape[1] ** 2 * _coral(s, t)).sqrt(), "the distance itself"),
        "not centred": (_moments, "centre first"),
        "a number": (lambda s, t: float(_coral(s, t)), "as a tensor"),
    },
    "n08.reverse": {
        "the value turned": (lambda x, strength: -strength * x, "must pass unchanged"),
        "nothing turned": (lambda x, strength: x, "should come back as -1"),
        "nothing back": (lambda x, strength: x.detach(), "Nothing flows back"),
        "one strength": (lambda x, strength: 2 * x.detach() - x, "At strength 0.3"),
    },
    "n08.fair": {
        "all the sure": (lambda p, t: np.flatnonzero(p.max(1) >= t), "as many as of the rarest"),
        "first come": (_first_come, "the surest should be kept"),
        "a mask": (lambda p, t: p.max(1) >= t, "Positions are wanted"),
        "a lower bar": (lambda p, t: _fair(p, 0.3), "70 % was asked for"),
    },
}  # fmt: skip
