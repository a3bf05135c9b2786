"""Exercises of notebook 05, Silent failures."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chapter9_lib.classroom.clinic import HEALTHY
from chapter9_lib.classroom.exercises import as_array, as_pair, grader, same
from chapter9_lib.classroom.graders.n05_answers import DIAGNOSES, REFERENCE, TWO_WORDS, WRONG
from chapter9_lib.worlds.naming import nearest

__all__ = ["REFERENCE", "WRONG"]

Split = Callable[[np.ndarray, float, int], np.ndarray]

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
    told = {number: answer.get(number, ...) for number in DIAGNOSES}
    given = {number: str(name).strip() for number, name in told.items() if name not in (..., None, "")}
    if strange := [name for name in given.values() if name not in (*AILMENTS, HEALTHY)]:
        return f"{strange[0]!r} is in no catalogue. {nearest(strange[0], [*AILMENTS, HEALTHY])}"
    wrong = [number for number, name in given.items() if name not in (DIAGNOSES[number], TWO_WORDS.get(number))]
    waiting = [str(number) for number in DIAGNOSES if number not in given]
    said = [f"{len(given) - len(wrong)} of {len(given)} are right."] if given else []
    if wrong:
        said.append(f"Have another look at patient {wrong[0]}: {_LOOK[DIAGNOSES[wrong[0]]]}.")
    if waiting:
        said.append(f"{len(waiting)} are still in the waiting room: {', '.join(waiting)}.")
    return " ".join(said) if wrong or waiting else None


@grader(
    "n05.constants",
    "Two numbers of a tensor, and a pipeline has confessed. Try it on the next one you are handed.",
    wants="constants(black, white)",
)
def constants(function: Callable[[float, float], tuple[float, float]]) -> str | None:
    """The mean and deviation that were taken off, from what black and white have become: `constants(black, white)`."""
    for mean, std in ((0.485, 0.229), (0.5, 0.5), (0.0, 1.0), (0.3, 0.1)):
        black, white = (0 - mean) / std, (1 - mean) / std
        try:
            got = function(black, white)
        except ZeroDivisionError as error:
            if black:
                raise
            return f"Where no mean was taken off, black is still 0, and yours stops (ZeroDivisionError: {error})."
        pair = as_pair(got)
        if pair is None:
            return f"Two numbers are wanted, mean and deviation; this is {got!r}."
        if not (same(pair[0], mean) and same(pair[1], std)):
            return _misread(pair, black, white, mean, std)
    return None


def _misread(got: tuple[float, float], black: float, white: float, mean: float, std: float) -> str:
    if not mean:
        said = "Where no mean was taken off and nothing was divided, black is still 0 and white 1"
        return f"{said}; yours says {got[0]:.3g} and {got[1]:.3g}."
    if same(got[1], white - black):
        return "That is the middle and the width of what came out. Go the other way: black is (0 - mean) / std."
    if same(got[0], std) and same(got[1], mean):
        return "The right two numbers, but the mean comes first, and then the deviation."
    if same(got[0], -mean):
        return f"The mean of photos is not below 0: black is (0 - mean) / std. Yours says {got[0]:.3f}."
    if same(got[1], std):
        return f"The deviation is right. The mean is not: black = {black:.2f} is (0 - mean) / std, with std {std}."
    said = f"With black at {black:.2f} and white at {white:.2f}, yours says {got[0]:.3g} and {got[1]:.3g}"
    return f"{said}; check: (0 - mean) / std."


@grader(
    "n05.by_camera",
    "A score from cameras that the network has never looked through: the one that counts.",
    wants="by_camera(cameras, share, seed)",
)
def by_camera(function: Split) -> str | None:
    """Which photos to hold out, whole cameras at a time: `by_camera(cameras, share, seed)`, a boolean array."""
    cameras = np.repeat([f"camera {n:02}" for n in range(12)], [40, 10, 25, 5, 30, 20, 15, 35, 10, 20, 25, 15])
    cameras, answers = np.random.default_rng(0).permutation(cameras), []
    for share, seed in ((0.25, 0), (0.25, 1), (0.25, 2), (0.5, 3)):
        held, again = (as_array(function(cameras.copy(), share, seed)) for _ in range(2))
        if held is None or held.dtype != bool or held.shape != cameras.shape:
            told = "something else" if held is None else f"{held.dtype}, {held.shape}"
            return f"True or False for each of the {len(cameras)} photos is wanted; this is {told}."
        if mistake := _badly_held(held, cameras, share):
            return mistake
        if not np.array_equal(held, again):
            return "Called twice with the same seed, yours holds out other cameras. Draw by default_rng(seed)."
        answers.append(held)
    if all(np.array_equal(answers[0], other) for other in answers[1:3]):
        return "Another seed should hold out other cameras; yours are always the same."
    return None


def _badly_held(held: np.ndarray, cameras: np.ndarray, share: float) -> str | None:
    """Cameras on both sides, or too many or too few of them held out."""
    if both := sorted(set(cameras[held]) & set(cameras[~held])):
        others = f", and so have {len(both) - 1} others" if len(both) > 1 else ""
        return f"{both[0]} has photos on both sides{others}."
    if not share <= held.mean() <= share + 0.2:
        return f"A share of {share:.0%} was asked for, or a little more; yours holds out {held.mean():.0%}."
    names, counts = np.unique(cameras[held], return_counts=True)
    without = held.mean() - counts.max() / len(cameras)
    if without >= share:
        name = names[counts.argmax()]
        return f"Without {name} yours would still hold out {without:.0%}, and {share:.0%} is enough: stop earlier."
    return None
