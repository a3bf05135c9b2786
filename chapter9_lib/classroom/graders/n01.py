"""Exercises of notebook 01, The borrowed kitchen."""

import math
from collections.abc import Callable
from typing import Any

from chapter9_lib.classroom.exercises import grader, same
from chapter9_lib.classroom.graders.n01_answers import REFERENCE, WRONG

__all__ = ["REFERENCE", "WRONG"]

FEATURES, SPECIES = 256, 5
SetUp = dict[str, Any]
Fair = Callable[[SetUp, SetUp], bool]
Reach = Callable[[list[float], list[float], float], float | None]
_reach: Reach = REFERENCE["n01.photos_needed"]


@grader(
    "n01.head_parameters",
    "1,285: 256 weights and one bias for each of 5 species. All the rest of the network stays as it was borrowed.",
)
def head_parameters(answer: Any) -> str | None:  # noqa: ANN401
    """Trainable parameters of a linear head from 256 features to 5 species."""
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        return f"A count is a number; this is a {type(answer).__name__}."
    mistakes = {
        FEATURES * SPECIES: "1,280 are the weights. Each species also has a bias of its own.",
        FEATURES * SPECIES + 1: "One bias for all? Each species has its own.",
        FEATURES
        * (
            SPECIES + 1
        ): "1,536 is one bias a feature, or a sixth output. The bias belongs to the output: one a species.",
        (FEATURES + 1) * (SPECIES + 1): "That head has 6 outputs. An “other” was not asked for: one output a species.",
        FEATURES + SPECIES: "That adds the two sizes. Every feature is wired to every species: they multiply.",
        0: "The backbone is frozen; the head is not. It is the one part that learns.",
    }
    if answer == (FEATURES + 1) * SPECIES:
        return None
    if answer > 100_000:
        return "That is about the whole network. Count only what is left to train: the head."
    return mistakes.get(answer, "Not that many. Each of 5 species takes a weighted sum of 256 features, plus a bias.")


_BASE: SetUp = {
    "name": "scratch",
    "photos": "200 of train, draw 0",
    "learning_rates_tried": 5,
    "learning_rate": 1e-2,
    "augmentation": True,
    "epochs": [20],
}
_PAIRS: list[tuple[SetUp, bool, str]] = [
    ({}, True, "Two set-ups with the same budget are a fair pair, but yours says they are not."),
    (
        {"name": "borrowed", "learning_rate": 1e-4},
        True,
        "Each method may settle on its own learning rate. What must agree is how many were tried.",
    ),
    ({"photos": "800 of train, draw 0"}, False, "One side has four times the photos, and yours calls it fair."),
    (
        {"photos": "200 of train, draw 1"},
        False,
        "As many photos, but not the same ones: one draw may be luckier. Compare the draw, not only the count.",
    ),
    (
        {"learning_rates_tried": 1},
        False,
        "One side tried 5 learning rates and the other 1: more tries, better luck. Yours calls it fair.",
    ),
    ({"augmentation": False}, False, "Only one side was augmented, and yours calls it fair."),
    ({"epochs": [100]}, False, "20 epochs against 100, and nothing shown in common. Yours calls it fair."),
    (
        {"epochs": [20, 100]},
        True,
        "One side shows 20 and 100 epochs, the other 20: they can be read at 20. Longer is fair when both are shown.",
    ),
]


@grader(
    "n01.fair_comparison",
    "Fair is: the same photos, as many learning rates tried, the same augmentation, and a number of epochs in common.",
)
def fair_comparison(is_fair: Fair) -> str | None:
    """Whether two set-ups may be compared: `is_fair(a, b)` on eight pairs, both ways round."""
    if not callable(is_fair):
        return f"is_fair should be a function of two set-ups; this is a {type(is_fair).__name__}."
    for change, fair, message in _PAIRS:
        other = {**_BASE, **change}
        for a, b in ((_BASE, other), (other, _BASE)):
            answer = is_fair(dict(a), dict(b))
            if answer is None:
                return "is_fair returned None for some pair. Every path must return True or False."
            if bool(answer) != fair:
                return message
    return None


_CURVES: list[tuple[list[float], list[float], float, str]] = [
    (
        [10, 100],
        [40, 80],
        60,
        "Halfway up from 10 to 100 photos you should land on 31.6, the middle of a log axis. {got}",
    ),
    ([10, 25, 50, 100], [40, 55, 70, 80], 70, "The curve passes 70 exactly at 50 photos. {got}"),
    ([25, 50, 100, 200], [50, 60, 70, 80], 65, "Between two points that both exist, interpolate. {got}"),
    ([10, 25, 50], [40, 50, 60], 75, "This curve never reaches the target: the answer is None, not a number. {got}"),
    (
        [10, 25, 50],
        [40, 50, 60],
        30,
        "The first point is already above the target: answer with its photos, and go no lower. {got}",
    ),
    (
        [10, 20, 40, 80, 160],
        [40, 60, 55, 60, 75],
        58,
        "This curve dips. Its first crossing counts, so walk along it rather than assume that it only climbs. {got}",
    ),
]


@grader("n01.photos_needed", "Right on every curve, the one that dips and the one that never arrives included.")
def photos_needed(photos_to_reach: Reach) -> str | None:
    """Photos at which a learning curve first reaches a target: linear on log-photos, None if never."""
    if not callable(photos_to_reach):
        return f"photos_to_reach should be a function; this is a {type(photos_to_reach).__name__}."
    for photos, accuracy, target, message in _CURVES:
        right = _reach(photos, accuracy, target)
        try:
            got = photos_to_reach(list(photos), list(accuracy), target)
        except NotImplementedError:
            raise
        except Exception as error:
            where = "a curve that never reaches the target: return None there" if right is None else f"{photos}"
            return f"It stopped with {type(error).__name__} ({error}) on {where}."
        if not same(got, right):
            return _named(photos, accuracy, target, got) or message.format(got=f"Yours says {_short(got)}.")
    return None


def _named(photos: list[float], accuracy: list[float], target: float, got: Any) -> str | None:  # noqa: ANN401
    """The mistake by name, where the value gives it away."""
    right = _reach(photos, accuracy, target)
    if right is None or got is None or target <= accuracy[0]:
        return None
    i = next(i for i, a in enumerate(accuracy) if a >= target)
    share = (target - accuracy[i - 1]) / (accuracy[i] - accuracy[i - 1])
    if same(got, photos[i - 1] + share * (photos[i] - photos[i - 1])):
        return f"{_short(got)} is halfway in photos. On a log axis it is halfway in log(photos): {right:.1f}."
    if same(got, photos[i]):
        return (
            f"{_short(got)} is the first measured point above the target. The line crosses it earlier, at {right:.1f}."
        )
    if same(got, math.log10(right)) or same(got, math.log(right)) or same(got, math.log2(right)):
        return f"{_short(got)} is the logarithm of the answer. Raise it again: {right:.1f} photos."
    return None


def _short(value: Any) -> str:  # noqa: ANN401
    return f"{value:.4g}" if isinstance(value, (int, float)) else repr(value)
