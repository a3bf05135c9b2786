"""Exercises of notebook 05: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import Any

import numpy as np

from chapter9_lib.classroom.clinic import HEALTHY, PATIENTS

__all__ = ["DIAGNOSES", "REFERENCE", "WRONG"]

DIAGNOSES: dict[int, str] = dict(enumerate(PATIENTS, start=1))
"""What each of the ten patients has."""


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
        "a consequence": ({**DIAGNOSES, 1: "optimizer-lacks-parameters"}, "patient 1"),
        "the healthy one accused": ({**DIAGNOSES, 5: "rate-too-high"}, "patient 5"),
        "a word that nobody knows": ({**DIAGNOSES, 3: "batchnorm"}, "live-batchnorm"),
        "not all seen": ({1: DIAGNOSES[1]}, "still in the waiting room"),
        "a list": (list(PATIENTS), "a dictionary"),
    },
    "n05.constants": {
        "middle and width": (lambda black, white: ((black + white) / 2, white - black), "the other way"),
        "sign forgotten": (lambda black, white: (black / (white - black), 1 / (white - black)), "below 0"),
        "deviation alone": (lambda black, white: 1 / (white - black), "Two numbers"),
        "mean not scaled": (lambda black, white: (-black, 1 / (white - black)), "mean"),
        "a pair of numbers": ((0.5, 0.5), "a function"),
    },
    "n05.by_camera": {
        "photo by photo": (_by_photo, "both sides"),
        "always the same": (_always_the_first, "seed"),
        "one camera": (_one_camera, "share"),
        "the other side": (_other_side, "share"),
        "positions": (lambda *args: np.flatnonzero(_by_camera(*args)), "True or False"),
        "a number": (0.25, "a function"),
    },
}
