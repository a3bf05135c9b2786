"""Exercises of notebook 08: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ALSO_RIGHT", "REFERENCE", "WRONG"]


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


def _by_n(source: "Tensor", target: "Tensor") -> "Tensor":
    gap = source.T.cov(correction=0) - target.T.cov(correction=0)
    return gap.square().sum() / (4 * source.shape[1] ** 2)


def _in_numpy(source: "Tensor", target: "Tensor") -> np.float64:
    gap = np.cov(source.detach().numpy().T) - np.cov(target.detach().numpy().T)
    return np.square(gap).sum() / (4 * source.shape[1] ** 2)


def _by_hand(source: "Tensor", target: "Tensor") -> "Tensor":
    import torch

    centred = [some - some.mean(0, keepdim=True) for some in (source, target)]
    first, second = (some.T @ some / (len(some) - 1) for some in centred)
    return torch.linalg.matrix_norm(first - second) ** 2 / (4 * source.shape[1] ** 2)


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


def _surer_than(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    return _fair(probabilities, np.nextafter(threshold, 1))


def _of_every_class(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    named, kept = probabilities.argmax(1), _fair(probabilities, threshold)
    rarest = np.bincount(named[kept], minlength=probabilities.shape[1]).min()
    return kept if rarest else kept[:0]


def _never_none(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    kept = np.flatnonzero(probabilities.max(1) >= threshold)
    np.unique(kept, return_counts=True)[1].min()
    return _fair(probabilities, threshold)


def _as_a_difference(x: "Tensor", strength: float) -> "Tensor":
    return x.detach() + strength * (x.detach() - x)


REFERENCE: dict[str, Any] = {"n08.coral": _coral, "n08.reverse": _reverse, "n08.fair": _fair}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n08.coral": {
        "not divided": (lambda s, t: 4 * s.shape[1] ** 2 * _coral(s, t), "divides it by 4 D²"),
        "by D² alone": (lambda s, t: 4 * _coral(s, t), "both the 4 and the square"),
        "a root": (lambda s, t: (4 * s.shape[1] ** 2 * _coral(s, t)).sqrt(), "the distance itself"),
        "not centred": (_moments, "centre first"),
        "divided by N": (_by_n, "divides the covariances by N"),
        "in NumPy": (_in_numpy, "stay with torch"),
        "detached": (lambda s, t: _coral(s.detach(), t.detach()), "nothing would be learned"),
        "a matrix": (lambda s, t: s.T.cov() - t.T.cov(), "this is a Tensor of shape (6, 6)"),
        "a number": (3, "Write a function coral(source, target); this is an int"),
    },
    "n08.reverse": {
        "the value turned": (lambda x, strength: -strength * x, "must pass unchanged"),
        "nothing turned": (lambda x, strength: x, "should come back as -1"),
        "nothing back": (lambda x, strength: x.detach(), "Nothing flows back"),
        "not nothing": (lambda x, strength: _reverse(x, strength or 1), "come back as 0;"),
        "one strength": (lambda x, strength: 2 * x.detach() - x, "At strength 0.3"),
    },
    "n08.fair": {
        "all the sure": (lambda p, t: np.flatnonzero(p.max(1) >= t), "as many as of the rarest"),
        "first come": (_first_come, "the surest should be kept"),
        "a mask": (lambda p, t: p.max(1) >= t, "Positions are wanted"),
        "surer than asked": (_surer_than, "exactly 70 % sure"),
        "of every class": (_of_every_class, "named by no photo"),
        "never none": (_never_none, "yours stops (ValueError"),
        "always some": (lambda p, t: _fair(p, min(t, 0.8)), "an empty array; yours gives 1"),
        "a lower bar": (lambda p, t: _fair(p, 0.3), "70 % was asked for"),
    },
}  # fmt: skip

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n08.coral": {"by hand": _by_hand},
    "n08.reverse": {"a difference": _as_a_difference},
    "n08.fair": {"a list": lambda p, t: [int(at) for at in _fair(p, t)]},
}
