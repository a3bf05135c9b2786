"""Exercises of notebook 12, Putting it together."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chapter9_lib.classroom.exercises import a_type, as_array, as_number, grader
from chapter9_lib.classroom.graders import n12_answers as answers
from chapter9_lib.classroom.graders.n12_answers import REFERENCE, WRONG

__all__ = ["REFERENCE", "WRONG"]

Numbers = np.ndarray
Weights = Callable[[Numbers, int], Any]
_LEVEL = 0.002
"""By so much the cross-entropy may stand above its smallest value: every grid that is fine enough comes nearer."""


@grader(
    "n12.flattery",
    "Two gaps: one that every try has, and one that choosing has made. Only the second is yours.",
    wants="flattery(watched, new)",
)
def flattery(function: Callable[[Numbers, Numbers], Any]) -> str | None:
    """Accuracies of tries on watched and on new photos: what is told, what is true, and what the choosing adds."""
    random = np.random.default_rng(4)
    for tries in (12, 30):
        skill = random.uniform(70, 75, tries)
        watched, new = skill + random.normal(2, 3, tries), skill + random.normal(0, 1, tries)
        got = as_array(function(watched.copy(), new.copy()))
        if got is None or got.shape != (3,):
            return "Three numbers are wanted: told, true, by_choosing."
        mistake = _flattered(got, watched, new)
        if mistake:
            return mistake
    return None


def _flattered(got: Numbers, watched: Numbers, new: Numbers) -> str | None:
    told, true, choosing = answers.flattery(watched, new)
    if np.allclose(got, (told, true, choosing), atol=0.05):
        return None
    if np.isclose(got[0], watched[new.argmax()], atol=0.01) and np.isclose(got[1], new.max(), atol=0.01):
        return "You chose by the new photos. They must not be looked at before you chose: then they were watched too."
    if np.isclose(got[1], new.max(), atol=0.01):
        return "The best on the watched photos and the best on the new ones: those are two different tries."
    if np.allclose(got[:2], (true, told), atol=0.05):
        return "told and true have changed places: first what the watched photos say, then what the new ones do."
    if not np.allclose(got[:2], (told, true), atol=0.05):
        return "told and true are both of one try: the one that is best on the watched photos."
    if np.isclose(got[2], told - true, atol=0.05):
        return "That is the whole gap. Part of it is there without any choosing: new photos are harder for every try."
    if np.isclose(got[2], told - watched.mean(), atol=0.05):
        return "How far it stands above the average try: but part of that is skill, and true says how much."
    if np.isclose(got[2], -choosing, atol=0.05):
        return "Mind the sign: flattery is what told has too much."
    return "flattery: the gap of the chosen try, minus the gap that an average try has."


@grader(
    "n12.temperature",
    "One number, found on photos that were not trained on; and not one answer has changed.",
    wants="temperature(scores, labels)",
)
def temperature(function: Callable[[Numbers, Numbers], Any]) -> str | None:
    """The temperature at which the true classes of (N, C) scores are likeliest."""
    for number, wanted in enumerate((2.5, 0.6)):
        scores, labels = _scores(wanted, number)
        given = function(scores.copy(), labels.copy())
        got = as_number(given)
        if got is None:
            return f"One number is wanted; this is {a_type(given)}."
        mistake = _tempered(float(got), scores, labels)
        if mistake:
            return mistake
    return None


def _tempered(got: float, scores: Numbers, labels: Numbers) -> str | None:
    right = answers.temperature(scores, labels)
    if not got > 0:
        return f"A temperature lies above 0; yours is {got:g}."
    if answers.surprise(scores, labels, got) - answers.surprise(scores, labels, right) < _LEVEL:
        return None
    if np.isclose(got, 1 / right, rtol=0.04):
        return "That is the other way up: scores are divided by the temperature."
    if got == 1.0:
        return "A temperature of 1 leaves everything as it was."
    if np.isclose(got, answers.WRONG["n12.temperature"]["softmax twice"][0](scores, labels), rtol=0.01):
        return "Divide the scores, not probabilities: softmax comes after the division, and once."
    if got >= 10:
        return "So hot? By accuracy you can't find it, for which class is likeliest never changes. Use cross-entropy."
    return f"At {got:.2f} the cross-entropy is {answers.surprise(scores, labels, got):.3f}; it gets smaller than that."


def _scores(wanted: float, seed: int) -> tuple[Numbers, Numbers]:
    """Scores of a network that is right as often as it says once they are divided by `wanted`."""
    random = np.random.default_rng(seed)
    honest = 1.5 * random.standard_normal((1500, 4))
    chances = np.exp(honest) / np.exp(honest).sum(1, keepdims=True)
    labels = (chances.cumsum(1) > random.random((1500, 1))).argmax(1)
    return honest * wanted, labels


@grader(
    "n12.weights",
    "Every class counts as much as any other, and the loss is as large as it was.",
    wants="class_weights(labels, classes)",
)
def weights(function: Weights) -> str | None:
    """A weight for each class, so that all count the same and the mean weight of a photo is 1."""
    labels = np.repeat([0, 1, 2, 3], [400, 120, 60, 20])
    got = np.asarray(function(labels.copy(), 4), dtype=float)
    if got.shape == labels.shape:
        return "That is one for each photo; a weight for each class is wanted."
    if got.shape != (4,):
        return f"A weight for each class is wanted, 4 numbers; these are of shape {got.shape}."
    right, counts = answers.weights(labels, 4), np.bincount(labels)
    if not np.allclose(got, right, rtol=1e-4):
        return _misweighted(got, right, counts)
    return _unseen(function)


def _unseen(function: Weights) -> str | None:
    """What is wrong where a class has no photo, in the middle or at the end."""
    counts, seen = np.array([5, 3, 2]), ([0, 1, 3], [0, 1, 2])
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            middle, last = (np.asarray(function(np.repeat(some, counts), 4), dtype=float) for some in seen)
    except NotImplementedError:
        raise
    except Exception as error:
        return f"With no photo of a class yours stops ({type(error).__name__}: {error}): give it any weight."
    if middle.shape != (4,):
        return "When there is no photo of a class, yours gives a weight too few, and the next class gets the wrong one."
    if last.shape != (4,):
        return "Yours lacks a weight for a class that has no photo and stands last: minlength=classes."
    for got, some in ((middle, seen[0]), (last, seen[1])):
        sums = got[some] * counts
        if not (np.isfinite(sums).all() and (sums > 0).all() and np.allclose(sums, sums[0], rtol=1e-3)):
            shown = ", ".join(f"{weight:.3g}" for weight in got)
            return f"With 5, 3 and 2 photos of classes {some}, these should count the same still; yours weighs {shown}."
    return None


def _misweighted(got: Numbers, right: Numbers, counts: Numbers) -> str:
    if np.allclose(got, got[0]):
        return "All weights alike leave everything as it was: the commonest class still counts most."
    if got[0] == got.max():
        return "Yours weighs the commonest the most. The rarer a class, the more its photos must weigh."
    if np.allclose(got * counts, got[0] * counts[0], rtol=1e-3):
        return "Every class counts the same, but the loss is not as large as before: let a photo weigh 1 on average."
    if np.allclose(got, np.sqrt(right), rtol=1e-3):
        return "Halfway: with square roots the commonest still counts more. People do that; here all count the same."
    return f"Weight times number of photos must be the same for all classes; yours: {np.round(got * counts, 1)}."
