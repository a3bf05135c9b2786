"""Exercises of notebook 12, Putting it together."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chapter9_lib.classroom.exercises import grader
from chapter9_lib.classroom.graders import n12_answers as answers
from chapter9_lib.classroom.graders.n12_answers import REFERENCE, WRONG

__all__ = ["REFERENCE", "WRONG"]

Numbers = np.ndarray


@grader("n12.flattery", "Two gaps: one that every try has, and one that choosing has made. Only the second is yours.")
def flattery(function: Callable[[Numbers, Numbers], Any]) -> str | None:
    """Accuracies of tries on watched and on new photos: what is told, what is true, and what the choosing adds."""
    random = np.random.default_rng(4)
    for tries in (12, 30):
        skill = random.uniform(70, 75, tries)
        watched, new = skill + random.normal(2, 3, tries), skill + random.normal(0, 1, tries)
        got = function(watched.copy(), new.copy())
        if not isinstance(got, (tuple, list, np.ndarray)) or len(got) != 3:
            return "Three numbers are wanted: told, true, flattery."
        mistake = _flattered(np.asarray(got, dtype=float), watched, new)
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
    if not np.allclose(got[:2], (told, true), atol=0.05):
        return "told and true are both of one try: the one that is best on the watched photos."
    if np.isclose(got[2], told - true, atol=0.05):
        return "That is the whole gap. Part of it is there without any choosing: new photos are harder for every try."
    if np.isclose(got[2], told - watched.mean(), atol=0.05):
        return "How far it stands above the average try: but part of that is skill, and true says how much."
    if np.isclose(got[2], -choosing, atol=0.05):
        return "Mind the sign: flattery is what told has too much."
    return "flattery: the gap of the chosen try, minus the gap that an average try has."


@grader("n12.temperature", "One number, found on photos that were not trained on; and not one answer has changed.")
def temperature(function: Callable[[Numbers, Numbers], Any]) -> str | None:
    """The temperature at which the true classes of (N, C) scores are likeliest."""
    for number, wanted in enumerate((2.5, 0.6)):
        scores, labels = _scores(wanted, number)
        got = function(scores.copy(), labels.copy())
        if isinstance(got, bool) or not np.isscalar(got) and np.ndim(got) != 0:
            return f"One number is wanted; this is a {type(got).__name__}."
        mistake = _tempered(float(got), scores, labels)
        if mistake:
            return mistake
    return None


def _tempered(got: float, scores: Numbers, labels: Numbers) -> str | None:
    right = answers.temperature(scores, labels)
    if np.isclose(got, right, rtol=0.04):
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


@grader("n12.weights", "Every class counts as much as any other, and the loss is as large as it was.")
def weights(function: Callable[[Numbers, int], Any]) -> str | None:
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
    with np.errstate(divide="ignore"):
        missing = [np.asarray(function(np.repeat(seen, [5, 3, 2]), 4), dtype=float) for seen in ([0, 1, 3], [0, 1, 2])]
    if missing[0].shape == (4,) and missing[1].shape != (4,):
        return "Yours lacks a weight for a class that has no photo and stands last: minlength=classes."
    if missing[0].shape != (4,):
        return "When there is no photo of a class, yours gives a weight too few, and the next class gets the wrong one."
    return None


def _misweighted(got: Numbers, right: Numbers, counts: Numbers) -> str:
    if got[0] == got.max():
        return "Yours weighs the commonest the most. The rarer a class, the more its photos must weigh."
    if np.allclose(got * counts, got[0] * counts[0], rtol=1e-3):
        return "Every class counts the same, but the loss is not as large as before: let a photo weigh 1 on average."
    if np.allclose(got, np.sqrt(right), rtol=1e-3):
        return "Halfway: with square roots the commonest still counts more. People do that; here all count the same."
    return f"Weight times number of photos must be the same for all classes; yours: {np.round(got * counts, 1)}."
