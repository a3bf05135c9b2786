"""Exercises of notebook 04: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chapter9_lib.training.phases import Phase

if TYPE_CHECKING:
    from torch import nn

__all__ = ["RATES", "REFERENCE", "WRONG"]

Step = Callable[["nn.Module"], object]
RATES: dict[str, float] = {"conv1": 0, "layer1": 0, "layer2": 0, "layer3": 1e-5, "layer4": 1e-4, "head": 1e-3}
"""The highest rate of each stage when the last two are thawed, at 1e-3 in the head and a tenth a stage."""
_TRIANGLE = "slanted_triangular"


def _moved(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    before = {name: model.state_dict()[name].clone() for name in names}
    step(model)
    after = model.state_dict()
    return sorted(name for name in names if not after[name].equal(before[name]))


def _without_clone(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    before = model.state_dict()
    step(model)
    return sorted(name for name in names if not model.state_dict()[name].equal(before[name]))


def _parameters_only(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    before = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}
    step(model)
    after = dict(model.named_parameters())
    return sorted(name for name in names if name in before and not after[name].equal(before[name]))


def _by_gradient(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    step(model)
    parameters = dict(model.named_parameters())
    return sorted(name for name in names if name in parameters and parameters[name].requires_grad)


def _everything(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    return _moved(model, step, list(model.state_dict()))


def _no_step(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    return _moved(model, lambda model: None, names)


def _nearly_equal(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    before = {name: model.state_dict()[name].clone() for name in names}
    step(model)
    after = model.state_dict()
    return sorted(name for name in names if not after[name].float().allclose(before[name].float(), atol=1e-3))


def _standing_still(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    return sorted(set(names) - set(_moved(model, step, names)))


def _phases(decay: float = 1 / 3, schedule: str = _TRIANGLE, epochs: int = 4) -> list[Phase]:
    thawing = [Phase(until, epochs, 1e-3, decay, schedule) for until in ("layer4", "layer3")]
    return [Phase("head", epochs, 1e-3), *thawing]


REFERENCE: dict[str, Any] = {"n04.rates": RATES, "n04.moved": _moved, "n04.phases": _phases()}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n04.rates": {
        "all the way down": (
            {"conv1": 1e-8, "layer1": 1e-7, "layer2": 1e-6, "layer3": 1e-5, "layer4": 1e-4, "head": 1e-3},
            "is frozen",
        ),
        "one rate for the backbone": ({**RATES, "layer3": 1e-4}, "a tenth of layer4"),
        "one rate for all": ({**RATES, "layer3": 1e-3, "layer4": 1e-3}, "a tenth of the head"),
        "one step too far": ({**RATES, "layer4": 1e-5, "layer3": 1e-6}, "a tenth of the head"),
        "layer3 frozen too": ({**RATES, "layer3": 0}, "the first stage that is trained"),
        "upside down": ({**RATES, "layer3": 1e-3, "head": 1e-5}, "The head learns fastest"),
        "no frozen ones": ({"layer3": 1e-5, "layer4": 1e-4, "head": 1e-3}, "Still without a rate: conv1"),
        "a list": ([1e-5, 1e-4, 1e-3], "a dictionary"),
        "words": ({**RATES, "conv1": "frozen"}, "a number"),
    },
    "n04.moved": {
        "not cloned": (_without_clone, "clone()"),
        "parameters only": (_parameters_only, "a buffer"),
        "asks requires_grad": (_by_gradient, "says what may move"),
        "everything": (_everything, "not among the names"),
        "never steps": (_no_step, "never called"),
        "nearly equal": (_nearly_equal, "Frozen is bit for bit"),
        "what stood still": (_standing_still, "stood still"),
        "a yes or no": (lambda *args: bool(_moved(*args)), "A list of names"),
        "a number": (3, "a function"),
    },
    "n04.phases": {
        "a tenth": (_phases(decay=0.1), "a third"),
        "one rate": (_phases(decay=1.0), "a third"),
        "two thirds": (_phases(decay=2 / 3), "a third"),
        "cosine": (_phases(schedule="cosine"), "slanted"),
        "twelve epochs each": (_phases(epochs=12), "12 epochs in all"),
        "too few": (_phases()[:2], "three phases"),
        "upside down": (_phases()[::-1], "The head comes first"),
        "skips a stage": ([_phases()[0], _phases()[2], _phases()[2]], "one stage at a time"),
        "slow head": ([Phase("head", 4, 1e-4), *_phases()[1:]], "1e-3"),
        "all at once": ([Phase("head", 4, 1e-3), Phase("stem", 4, 1e-3, 1 / 3, _TRIANGLE), _phases()[2]],
                        "one stage at a time"),
        "a dictionary": ({"head": 4}, "a list of Phase"),
    },
}  # fmt: skip
