"""Exercises of notebook 05, Silent failures."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chapter9_lib.classroom.clinic import HEALTHY
from chapter9_lib.classroom.exercises import grader, same
from chapter9_lib.classroom.graders.n05_answers import DIAGNOSES, REFERENCE, WRONG
from chapter9_lib.worlds.naming import nearest

__all__ = ["REFERENCE", "WRONG"]

_LOOK = {
    "optimizer-holds-strangers": "compare what the optimizer holds with what the model has now, by id()",
    "wrong-normalisation": "look at the smallest and largest value of a photo, and at preprocessing(model)",
    "live-batchnorm": "train() it, run a batch, and look at running_mean before and after",
    "class-order-differs": "hold train.classes against val.classes",
    HEALTHY: "not everybody in a waiting room is ill",
    "head-unused": "which of its linear layers gets a gradient?",
    "same-photo-on-both-sides": "compare the files of both sides",
    "softmax-before-loss": "what do the rows of model(images) sum to?",
    "rate-too-high": "how far does a single step move a layer, as a share of its length?",
    "frozen-would-move": "which frozen weights are in the optimizer, and what is their .grad?",
}


@grader("n05.clinic", "All ten, and the healthy one sent home. The doctor needed seconds, but you know why.")
def clinic(answer: Any) -> str | None:  # noqa: ANN401
    """What each patient has: {1: "live-batchnorm", …, 10: …}, or "healthy"."""
    from chapter9_lib.studies.doctor.catalogue import AILMENTS

    if not isinstance(answer, dict):
        return 'The answer is a dictionary: {1: "…", 2: "…"}, or "healthy".'
    if waiting := [number for number in DIAGNOSES if answer.get(number, ...) in (..., None, "")]:
        return f"{len(waiting)} are still in the waiting room: {', '.join(map(str, waiting))}."
    given = {number: str(answer[number]).strip() for number in DIAGNOSES}
    if strange := [name for name in given.values() if name not in (*AILMENTS, HEALTHY)]:
        return f"{strange[0]!r} is in no catalogue. {nearest(strange[0], [*AILMENTS, HEALTHY])}"
    wrong = [number for number, name in given.items() if name != DIAGNOSES[number]]
    if not wrong:
        return None
    return f"{10 - len(wrong)} of 10 are right. Have another look at patient {wrong[0]}: {_LOOK[DIAGNOSES[wrong[0]]]}."


@grader(
    "n05.constants", "Two numbers of a tensor, and a pipeline has confessed. Try it on the next one you are handed."
)
def constants(function: Callable[[float, float], tuple[float, float]]) -> str | None:
    """The mean and deviation that were taken off, from what black and white have become: `constants(black, white)`."""
    if not callable(function):
        return f"constants should be a function; this is a {type(function).__name__}."
    for mean, std in ((0.485, 0.229), (0.5, 0.5), (0.0, 1.0), (0.3, 0.1)):
        black, white = -mean / std, (1 - mean) / std
        got = function(black, white)
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            return f"Two numbers are wanted, mean and deviation; this is {got!r}."
        if same(got[0], mean) and same(got[1], std):
            continue
        if same(got[1], white - black):
            return "That is the middle and the width of what came out. Go the other way: black is (0 - mean) / std."
        if same(got[0], -mean) and mean:
            return f"The mean of photos is not below 0: black is (0 - mean) / std. Yours says {got[0]:.3f}."
        if same(got[1], std):
            return f"The deviation is right. The mean is not: black = {black:.2f} is (0 - mean) / std, with std {std}."
        return f"With black at {black:.2f} and white at {white:.2f}, yours says {tuple(got)}; check: (0 - mean) / std."
    return None


@grader("n05.by_camera", "A score from cameras that the network has never looked through: the one that counts.")
def by_camera(function: Callable[[np.ndarray, float, int], np.ndarray]) -> str | None:
    """Which photos to hold out, whole cameras at a time: `by_camera(cameras, share, seed)`, a boolean array."""
    if not callable(function):
        return f"by_camera should be a function; this is a {type(function).__name__}."
    cameras = np.repeat([f"camera {n:02}" for n in range(12)], [40, 10, 25, 5, 30, 20, 15, 35, 10, 20, 25, 15])
    cameras, answers = np.random.default_rng(0).permutation(cameras), []
    for share, seed in ((0.25, 0), (0.25, 1), (0.25, 2), (0.5, 3)):
        got = np.asarray(function(cameras.copy(), share, seed))
        if got.dtype != bool or got.shape != cameras.shape:
            return f"True or False for each of the {len(cameras)} photos is wanted; this is {got.dtype}, {got.shape}."
        if both := sorted(set(cameras[got]) & set(cameras[~got])):
            return f"{both[0]} has photos on both sides, and so have {len(both) - 1} others."
        if not share <= got.mean() <= share + 0.2:
            return f"A share of {share:.0%} was asked for, or a little more; yours holds out {got.mean():.0%}."
        answers.append(got)
    if all(np.array_equal(answers[0], other) for other in answers[1:3]):
        return "Another seed should hold out other cameras; yours are always the same."
    return None
