"""Exercises of notebook 05: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import Any

import numpy as np

from chapter9_lib.classroom.clinic import HEALTHY, PATIENTS

__all__ = ["ALSO_RIGHT", "DIAGNOSES", "REFERENCE", "TWO_WORDS", "WRONG"]

DIAGNOSES: dict[int, str] = dict(enumerate(PATIENTS, start=1))
"""What each of the ten patients has."""
TWO_WORDS: dict[int, str] = {1: "optimizer-lacks-parameters"}
"""Where the doctor says it in another word as well: an optimizer that holds strangers lacks what is there."""
_RANDOM = np.random.default_rng(0)


def _constants(black: float, white: float) -> tuple[float, float]:
    std = 1 / (white - black)
    return -black * std, std


def _by_camera(cameras: np.ndarray, share: float, seed: int) -> np.ndarray:
    held: set[str] = set()
    for camera in np.random.default_rng(seed).permutation(np.unique(cameras)):
        if np.isin(cameras, list(held)).mean() >= share:
            break
        held.add(camera)
    return np.isin(cameras, list(held))


def _by_photo(cameras: np.ndarray, share: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(len(cameras)) < share


def _unseeded(cameras: np.ndarray, share: float, seed: int) -> np.ndarray:
    return _by_camera(cameras, share, int(_RANDOM.integers(1000)))


def _one_too_many(cameras: np.ndarray, share: float, seed: int) -> np.ndarray:
    order = np.random.default_rng(seed).permutation(np.unique(cameras))
    enough = len(set(cameras[_by_camera(cameras, share, seed)]))
    return np.isin(cameras, order[: enough + 1])


def _by_black(black: float, white: float) -> tuple[float, float]:
    mean = 1 / (1 - white / black)
    return mean, -mean / black


def _always_the_first(cameras: np.ndarray, share: float, seed: int) -> np.ndarray:
    return _by_camera(cameras, share, 0)


def _one_camera(cameras: np.ndarray, share: float, seed: int) -> np.ndarray:
    return cameras == np.random.default_rng(seed).choice(np.unique(cameras))


def _other_side(cameras: np.ndarray, share: float, seed: int) -> np.ndarray:
    return ~_by_camera(cameras, share, seed)


REFERENCE: dict[str, Any] = {
    "n05.clinic": DIAGNOSES, "n05.constants": _constants, "n05.by_camera": _by_camera}  # fmt: skip

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n05.clinic": {
        "all healthy": (dict.fromkeys(DIAGNOSES, HEALTHY), "1 of 10"),
        "another ailment": ({**DIAGNOSES, 1: "frozen-would-move"}, "patient 1"),
        "the healthy one accused": ({**DIAGNOSES, 5: "rate-too-high"}, "patient 5"),
        "a word that nobody knows": ({**DIAGNOSES, 3: "batchnorm"}, "live-batchnorm"),
        "five seen": ({n: DIAGNOSES[n] for n in range(1, 6)}, "5 of 5 are right. 5 are still in the waiting room: 6"),
        "two seen": ({1: DIAGNOSES[1], 2: DIAGNOSES[3]}, "1 of 2 are right. Have another look at patient 2"),
        "nobody seen": ({}, "10 are still in the waiting room"),
        "a list": (list(PATIENTS), "a dictionary"),
    },
    "n05.constants": {
        "middle and width": (lambda black, white: ((black + white) / 2, white - black), "the other way"),
        "sign forgotten": (lambda black, white: (black / (white - black), 1 / (white - black)), "below 0"),
        "deviation alone": (lambda black, white: 1 / (white - black), "Two numbers"),
        "mean not scaled": (lambda black, white: (-black, 1 / (white - black)), "mean"),
        "black as a divisor": (_by_black, "black is still 0, and yours stops"),
        "never 0": (lambda black, white: (-black / (white - black) or 0.5, 1 / (white - black)), "white 1; yours says"),
        "the other way round": (lambda black, white: _constants(black, white)[::-1], "the mean comes first"),
        "a pair of numbers": ((0.5, 0.5), "a function"),
    },
    "n05.by_camera": {
        "photo by photo": (_by_photo, "both sides"),
        "unseeded": (_unseeded, "twice with the same seed"),
        "one too many": (_one_too_many, "stop earlier"),
        "always the same": (_always_the_first, "seed"),
        "one camera": (_one_camera, "share"),
        "the other side": (_other_side, "share"),
        "positions": (lambda *args: np.flatnonzero(_by_camera(*args)), "True or False"),
        "a number": (0.25, "a function"),
    },
}

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n05.clinic": {"a consequence": {**DIAGNOSES, **TWO_WORDS}},
    "n05.constants": {"an array": lambda black, white: np.array(_constants(black, white))},
    "n05.by_camera": {"a list": lambda *args: _by_camera(*args).tolist()},
}
