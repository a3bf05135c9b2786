"""Exercises of notebook 02: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ALSO_RIGHT", "ARMS", "REFERENCE", "WRONG"]

ARMS: dict[str, str] = {"features": "A7B", "fine-tuning": "A7B+", "control": "B5B", "thawed": "A5B+"}
"""What four set-ups are called in Yosinski's shorthand, for a network of eight layers."""

Layers = Sequence[str]


def _causes(base: float, bnb: float, anb: float) -> tuple[float, float]:
    return base - bnb, bnb - anb


def _transplant(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    given = donor.state_dict()
    for name, tensor in receiver.state_dict().items():
        if name.split(".")[0] in layers:
            tensor.copy_(given[name])


def _parameters_only(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    given = dict(donor.named_parameters())
    for name, parameter in receiver.named_parameters():
        if name.split(".")[0] in layers:
            parameter.data.copy_(given[name])


def _shared(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    for name in layers:
        setattr(receiver, name, getattr(donor, name))


def _everything(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    receiver.load_state_dict(donor.state_dict())


def _by_beginning(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    given = donor.state_dict()
    for name, tensor in receiver.state_dict().items():
        if name.startswith(tuple(layers)):
            tensor.copy_(given[name])


def _the_wrong_way(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    _transplant(receiver, donor, layers)


def _always_the_same(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    _transplant(donor, receiver, ["conv1", "conv2"])


def _batches_uncounted(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    given = donor.state_dict()
    for name, tensor in receiver.state_dict().items():
        if name.split(".")[0] in layers and "num_batches" not in name:
            tensor.copy_(given[name])


def _layer_by_layer(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    for name in layers:
        getattr(receiver, name).load_state_dict(getattr(donor, name).state_dict())


def _loaded(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> None:
    receiver.load_state_dict(_nowhere(donor, receiver, layers), strict=False)


def _nowhere(donor: "nn.Module", receiver: "nn.Module", layers: Layers) -> dict[str, Any]:
    return {name: tensor for name, tensor in donor.state_dict().items() if name.split(".")[0] in layers}


def _of_two_numbers(change: Callable[[float, float, float], Any]) -> Callable[..., Any]:
    return lambda base, bnb, anb: change(base, bnb, anb)


REFERENCE: dict[str, Any] = {"n02.arms": ARMS, "n02.causes": _causes, "n02.transplant": _transplant}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n02.arms": {
        "the head too": ({**ARMS, "features": "A8B"}, "new head"),
        "layers that are trained": ({**ARMS, "features": "A1B"}, "layers taken over"),
        "the wrong donor": ({**ARMS, "features": "B7B"}, "taken over from A"),
        "no plus": ({**ARMS, "fine-tuning": "A7B"}, "the plus"),
        "a plus too many": ({**ARMS, "features": "A7B+"}, "stand still"),
        "the same again": ({**ARMS, "control": "A5B"}, "from B itself"),
        "a control that learns": ({**ARMS, "control": "B5B+"}, "one thing only"),
        "another cut": ({**ARMS, "control": "B7B"}, "cut in the same place"),
        "the donor's task": ({**ARMS, "fine-tuning": "B7A+"}, "donor first"),
        "thawed, frozen": ({**ARMS, "thawed": "A5B"}, "the plus"),
        "incomplete": ({"features": "A7B"}, "Still without an answer"),
        "a list": (["A7B", "A7B+", "B5B", "A5B+"], "a dictionary"),
    },
    "n02.causes": {
        "twice": (_of_two_numbers(lambda base, bnb, anb: (base - bnb, base - anb)), "twice"),
        "the other way round": (_of_two_numbers(lambda base, bnb, anb: (bnb - anb, base - bnb)), "other way round"),
        "negative losses": (_of_two_numbers(lambda base, bnb, anb: (bnb - base, anb - bnb)), "sign"),
        "never below zero": (
            _of_two_numbers(lambda base, bnb, anb: (max(0, base - bnb), max(0, bnb - anb))), "may be below zero"),
        "sizes": (_of_two_numbers(lambda base, bnb, anb: (abs(base - bnb), abs(bnb - anb))), "may be below zero"),
        "shares": (
            _of_two_numbers(lambda base, bnb, anb: ((base - bnb) / base, (bnb - anb) / base)), "shares of base"),
        "their sum": (_of_two_numbers(lambda base, bnb, anb: base - anb), "Two numbers"),
        "a pair of numbers": ((3.1, 1.6), "a function"),
    },
    "n02.transplant": {
        "parameters only": (_parameters_only, "running_mean"),
        "shared": (_shared, "share"),
        "everything": (_everything, "head"),
        "by the beginning of the name": (_by_beginning, "conv10"),
        "the wrong way": (_the_wrong_way, "donor"),
        "nothing written": (_nowhere, "Nothing has changed"),
        "always the same": (_always_the_same, "conv10"),
        "batches uncounted": (_batches_uncounted, "num_batches_tracked"),
        "a number": (7, "a function"),
    },
}  # fmt: skip

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n02.arms": {
        "in small letters, with spaces": {
            "features": "a7b",
            "fine-tuning": "A7B +",
            "control": " B5B",
            "thawed": "A5B+",
        },
    },
    "n02.causes": {
        "an array": lambda base, bnb, anb: np.array([base - bnb, bnb - anb]),
        "NumPy numbers": lambda base, bnb, anb: [np.float64(base - bnb), np.float64(bnb - anb)],
    },
    "n02.transplant": {"layer by layer": _layer_by_layer, "loaded": _loaded},
}
