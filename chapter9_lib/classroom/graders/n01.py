"""Exercises of notebook 01, The borrowed kitchen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import a_type, as_number, grader
from chapter9_lib.classroom.graders.n01_answers import REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import nn

    from chapter9_lib.worlds import Photos

__all__ = ["REFERENCE", "WRONG"]

FEATURES, SPECIES = 256, 5
SetUp = dict[str, Any]
Fair = Callable[[SetUp, SetUp], bool]
Borrow = Callable[["nn.Module", "Photos"], "nn.Module"]
_FEW, _LEARNED = 25, 0.6


@grader(
    "n01.head_parameters",
    "1,285: 256 weights and one bias for each of 5 species. All the rest of the network stays as it was borrowed.",
)
def head_parameters(answer: Any) -> str | None:  # noqa: ANN401
    """Trainable parameters of a linear head from 256 features to 5 species."""
    number = as_number(answer)
    if number is None:
        return f"A count is a number; this is {a_type(answer)}."
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
    if number == (FEATURES + 1) * SPECIES:
        return None
    if number > 100_000:
        return "That is about the whole network. Count only what is left to train: the head."
    return mistakes.get(number, "Not that many. Each of 5 species takes a weighted sum of 256 features, plus a bias.")


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


_LENGTHS: list[tuple[list[int], SetUp, bool, str]] = [
    (
        [20, 50],
        {"epochs": [50, 100]},
        True,
        "20 and 50 epochs against 50 and 100: both show 50. One length in common is enough, wherever it stands.",
    ),
    (
        [20, 50],
        {"epochs": [30, 100]},
        False,
        "20 and 50 epochs against 30 and 100: the ranges overlap, but no length is shown by both. Yours calls it fair.",
    ),
]


@grader(
    "n01.fair_comparison",
    "Fair is: the same photos, as many learning rates tried, the same augmentation, and a number of epochs in common.",
    wants="is_fair(a, b)",
)
def fair_comparison(is_fair: Fair) -> str | None:
    """Whether two set-ups may be compared: `is_fair(a, b)` on ten pairs, both ways round."""
    pairs = [(_BASE, change, fair, message) for change, fair, message in _PAIRS]
    pairs += [({**_BASE, "epochs": epochs}, *rest) for epochs, *rest in _LENGTHS]
    for one, change, fair, message in pairs:
        other = {**_BASE, **change}
        for a, b in ((one, other), (other, one)):
            answer = is_fair(dict(a), dict(b))
            if answer is None:
                return "is_fair returned None for some pair. Every path must return True or False."
            if bool(answer) != fair:
                return message
    return None


@grader(
    "n01.borrow",
    "Only the head has learned. All that was borrowed is as you found it, thermostats included.",
    wants="borrow(model, photos)",
)
def borrow(function: Borrow) -> str | None:
    """`borrow(model, photos)` on 25 photos: the head learns, nothing else moves, and the model comes back."""
    import torch
    from torch import nn

    from chapter9_lib.models import find_head
    from chapter9_lib.training import evaluate
    from chapter9_lib.worlds import open_world

    world = open_world("lab")
    photos = world.photos("train").sample(_FEW, seed=3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = world.model()
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        got = function(model, photos)
    if not isinstance(got, nn.Module):
        return f"borrow(model, photos) should return the model; it returned {a_type(got)}."
    head, weights = f"{find_head(got).name}.", {name for name, _ in got.named_parameters()}
    moved = [name for name, tensor in got.state_dict().items() if not tensor.cpu().equal(before[name])]
    if not any(name.startswith(head) for name in moved):
        return "The head is as random as it was. It is the one part that should learn."
    if outside := [name for name in moved if name in weights and not name.startswith(head)]:
        return f"{outside[0]} has moved: freeze what you borrowed before you train."
    if outside := [name for name in moved if not name.startswith(head)]:
        return f"No borrowed weight has moved, but a thermostat has: {outside[0]}. freeze(model) holds both."
    if (right := evaluate(got, photos).accuracy) < _LEARNED:
        return f"The head names {right:.0%} of its own {_FEW} photos: train it for longer, or faster."
    return None
