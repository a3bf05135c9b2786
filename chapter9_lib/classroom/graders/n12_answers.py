"""Exercises of notebook 12: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import Any

import numpy as np

__all__ = ["ALSO_RIGHT", "REFERENCE", "WRONG", "flattery", "surprise", "temperature", "weights"]

_GRID = np.geomspace(0.1, 10, 401)


def flattery(watched: np.ndarray, new: np.ndarray) -> tuple[float, float, float]:
    """What is told of the try that looked best, what is true of it, and how much of the gap is due to the choosing."""
    best = int(np.argmax(watched))
    told, true = watched[best], new[best]
    return told, true, (told - true) - (np.mean(watched) - np.mean(new))


def surprise(scores: np.ndarray, labels: np.ndarray, divisor: float) -> float:
    """The mean cross-entropy of scores that are divided by a temperature."""
    shifted = scores / divisor - (scores / divisor).max(1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(labels)), labels]).mean())


def temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """Where that is smallest."""
    return float(min(_GRID, key=lambda divisor: surprise(scores, labels, divisor)))


def weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """n / (classes * n of the class)."""
    return len(labels) / (classes * np.bincount(labels, minlength=classes))


def _chosen_by_the_new(watched: np.ndarray, new: np.ndarray) -> tuple[float, float, float]:
    best = int(np.argmax(new))
    told, true = watched[best], new[best]
    return told, true, (told - true) - (np.mean(watched) - np.mean(new))


def _two_bests(watched: np.ndarray, new: np.ndarray) -> tuple[float, float, float]:
    told, true = np.max(watched), np.max(new)
    return told, true, (told - true) - (np.mean(watched) - np.mean(new))


def _whole_gap(watched: np.ndarray, new: np.ndarray) -> tuple[float, float, float]:
    told, true, _ = flattery(watched, new)
    return told, true, told - true


def _from_the_mean(watched: np.ndarray, new: np.ndarray) -> tuple[float, float, float]:
    told, true, _ = flattery(watched, new)
    return told, true, told - np.mean(watched)


def _softmax_twice(scores: np.ndarray, labels: np.ndarray) -> float:
    shifted = np.exp(scores - scores.max(1, keepdims=True))
    return temperature(shifted / shifted.sum(1, keepdims=True), labels)


def _near_enough(scores: np.ndarray, labels: np.ndarray) -> float:
    return float(min(np.geomspace(0.1, 10, 60), key=lambda divisor: surprise(scores, labels, divisor)))


def _one_by_one(labels: np.ndarray, classes: int) -> list[float]:
    told = labels.tolist()
    return [len(told) / (classes * told.count(label)) for label in range(classes)]


def _to_one_on_average(labels: np.ndarray, classes: int) -> np.ndarray:
    counts = np.bincount(labels, minlength=classes)
    found = 1 / np.maximum(counts, 1)
    return found / found[labels].mean()


def _to_one_with_infinity(labels: np.ndarray, classes: int) -> np.ndarray:
    counts = np.bincount(labels, minlength=classes)
    found = 1 / counts
    return found * len(labels) / np.nansum(found * np.maximum(counts, 1))


def _without_minlength(labels: np.ndarray, classes: int) -> np.ndarray:
    return len(labels) / (classes * np.bincount(labels))


REFERENCE: dict[str, Any] = {"n12.flattery": flattery, "n12.temperature": temperature, "n12.weights": weights}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n12.flattery": {
        "chosen by the new photos": (_chosen_by_the_new, "before you chose"),
        "two bests": (_two_bests, "two different tries"),
        "the whole gap": (_whole_gap, "without any choosing"),
        "from the mean": (_from_the_mean, "above the average try"),
        "swapped": (lambda *given: tuple(flattery(*given)[at] for at in (1, 0, 2)), "changed places"),
        "a tuple": ((72.0, 70.0, 1.0), "Write a function flattery"),
        "two numbers": (lambda watched, new: flattery(watched, new)[:2], "Three numbers"),
        "the wrong way": (lambda watched, new: (*flattery(watched, new)[:2], -flattery(watched, new)[2]), "sign"),
    },
    "n12.temperature": {
        "the inverse": (lambda *given: 1 / temperature(*given), "the other way up"),
        "never mind": (lambda *given: 1.0, "leaves everything as it was"),
        "softmax twice": (_softmax_twice, "scores, not probabilities"),
        "most right": (lambda scores, labels: 10.0, "which class is likeliest never changes"),
        "below nothing": (lambda scores, labels: -temperature(scores, labels), "lies above 0"),
        "a number": (2.5, "Write a function temperature"),
        "a list": (lambda scores, labels: [temperature(scores, labels)], "One number"),
    },
    "n12.weights": {
        "shares": (lambda labels, classes: np.bincount(labels, minlength=classes) / len(labels), "commonest the most"),
        "not to scale": (lambda labels, classes: 1 / np.bincount(labels, minlength=classes), "as large as before"),
        "square root": (lambda *given: np.sqrt(weights(*given)), "Halfway"),
        "of those that occur": (
            lambda labels, classes: len(labels) / (classes * np.unique(labels, return_counts=True)[1]), "no photo of"
        ),
        "the last class forgotten": (_without_minlength, "stands last"),
        "all alike": (lambda labels, classes: np.ones(classes), "All weights alike"),
        "one by one": (_one_by_one, "With no photo of a class yours stops (ZeroDivisionError"),
        "to one, with infinity": (_to_one_with_infinity, "should count the same still"),
        "a number": (3, "Write a function class_weights"),
        "a weight a photo": (lambda labels, classes: weights(labels, classes)[labels], "a weight for each class"),
    },
}  # fmt: skip

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n12.flattery": {"an array": lambda watched, new: np.array(flattery(watched, new))},
    "n12.temperature": {
        "a coarser grid": _near_enough,
        "an array": lambda *given: np.array(temperature(*given)),
    },
    "n12.weights": {"1 on average, whoever is missing": _to_one_on_average},
}
