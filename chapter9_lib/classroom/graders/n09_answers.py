"""Exercises of notebook 09: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chapter9_lib.worlds.in_words import IN_WORDS

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ALSO_RIGHT", "REFERENCE", "WRONG", "direction", "nearest_mean"]

_SAID = {species: said[0] for species, said in IN_WORDS.items()}
_BETTER = _SAID | {"Eurasian lynx": IN_WORDS["Eurasian lynx"][1]}


def direction(vectors: "Tensor") -> "Tensor":
    """Rows to length 1, their mean, to length 1."""
    return _unit(_unit(vectors).mean(0))


def nearest_mean(examples: "Tensor", labels: "Tensor", photos: "Tensor") -> "Tensor":
    """The class whose examples' mean has the largest cosine with a photo."""
    return (photos @ _unit(_means(examples, labels)).T).argmax(1)


def _unit(vectors: "Tensor") -> "Tensor":
    from torch.nn import functional as F

    return F.normalize(vectors, dim=-1)


def _means(examples: "Tensor", labels: "Tensor") -> "Tensor":
    import torch

    return torch.stack([examples[labels == label].mean(0) for label in range(int(labels.max()) + 1)])


def _direction_in_numpy(vectors: "Tensor") -> np.ndarray:
    rows = vectors.numpy().astype(np.float64)
    mean = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).mean(0)
    return mean / np.linalg.norm(mean)


def _sums(examples: "Tensor", labels: "Tensor", photos: "Tensor") -> "Tensor":
    import torch

    sums = torch.stack([examples[labels == label].sum(0) for label in range(int(labels.max()) + 1)])
    return (photos @ sums.T).argmax(1)


def _nearest_example(examples: "Tensor", labels: "Tensor", photos: "Tensor") -> "Tensor":
    return labels[(photos @ examples.T).argmax(1)]


REFERENCE: dict[str, Any] = {"n09.direction": direction, "n09.nearest_mean": nearest_mean, "n09.words": _BETTER}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n09.direction": {
        "at the end alone": (lambda v: _unit(v.mean(0)), "longest counts most"),
        "before alone": (lambda v: _unit(v).mean(0), "length of what comes out"),
        "of all numbers": (lambda v: v / v.norm(), "one direction"),
        "a row": (lambda v: direction(v)[None], "(1, 7)"),
        "another length": (lambda v: _unit((v / v.abs().sum(1, keepdim=True)).mean(0)), "points elsewhere"),
        "a word": ("direction", "Write a function direction(vectors)"),
    },
    "n09.nearest_mean": {
        "means as they are": (lambda e, y, p: (p @ _means(e, y).T).argmax(1), "length 1"),
        "sums": (_sums, "more examples"),
        "nearest example": (_nearest_example, "nearest example"),
        "names": (lambda e, y, p: ["fox"] * len(p), "this is a list"),
        "labels": ([0, 1, 2], "Write a function nearest_mean"),
        "scores": (lambda e, y, p: p @ _unit(_means(e, y)).T, "a label for each photo"),
        "the farthest": (lambda e, y, p: (p @ _unit(_means(e, y)).T).argmin(1), "farthest"),
    },
    "n09.words": {
        "names": ({species: f"a {species.lower()}" for species in _SAID}, "never read"),
        "one missing": ({k: v for k, v in _SAID.items() if k != "wild boar"}, "wild boar"),
        "all alike": (dict.fromkeys(_SAID, "an animal"), "the same of"),
        "mixed up": (dict(zip(_SAID, list(_SAID.values())[::-1], strict=True)), "% right"),
        "the first ones": (_SAID, "of the lynxes"),
        "a list": (list(_SAID.values()), "a dictionary"),
    },
}

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n09.direction": {"in double precision": lambda v: direction(v.double()), "in NumPy": _direction_in_numpy},
    "n09.nearest_mean": {
        "a list": lambda *given: nearest_mean(*given).tolist(),
        "a list of tensors": lambda *given: list(nearest_mean(*given)),
        "an array": lambda *given: nearest_mean(*given).numpy(),
    },
}
