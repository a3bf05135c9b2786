"""Exercises of notebook 04: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["ALSO_RIGHT", "RATES", "REFERENCE", "WRONG"]

Step = Callable[["nn.Module"], object]
RATES: dict[str, float] = {"conv1": 0, "layer1": 0, "layer2": 0, "layer3": 1e-5, "layer4": 1e-4, "head": 1e-3}
"""The highest rate of each stage when the last two are thawed, at 1e-3 in the head and a tenth a stage."""


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
    return sorted(name for name in names if not after[name].float().allclose(before[name].float()))


def _steps_twice(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    return _moved(model, lambda model: (step(model), step(model)), names)


def _statistics_always(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    return sorted({*_moved(model, step, names), *(name for name in names if "running_" in name)})


def _standing_still(model: "nn.Module", step: Step, names: Sequence[str]) -> list[str]:
    return sorted(set(names) - set(_moved(model, step, names)))


def _grouped(
    model: "nn.Module", rates: dict[str, float], learning: tuple[str, ...] = ("layer4", "fc")
) -> "torch.optim.Optimizer":
    """An AdamW with a group for each stage that has a rate; only some stages take gradients."""
    import torch

    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.partition(".")[0] in learning
    return torch.optim.AdamW(
        [{"params": model.get_submodule(stage).parameters(), "lr": rate} for stage, rate in rates.items()]
    )


def _optimizer_for(model: "nn.Module", head_lr: float, decay: float) -> "torch.optim.Optimizer":
    return _grouped(model, {"fc": head_lr, "layer4": head_lr * decay})


def _all_parameters(model: "nn.Module", head_lr: float, decay: float) -> "torch.optim.Optimizer":
    import torch

    _optimizer_for(model, head_lr, decay)
    return torch.optim.AdamW(model.parameters(), lr=head_lr)


REFERENCE: dict[str, Any] = {"n04.rates": RATES, "n04.moved": _moved, "n04.optimizer": _optimizer_for}

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
        "steps twice": (_steps_twice, "called 2 times"),
        "statistics always": (_statistics_always, "in evaluation mode, this moves: nothing; yours says norm.running"),
        "as they come": (lambda *args: _moved(*args)[::-1], "not in order"),
        "a set": (lambda *args: set(_moved(*args)), "this is a set"),
        "a yes or no": (lambda *args: bool(_moved(*args)), "this is a bool"),
        "a number": (3, "a function"),
    },
    "n04.optimizer": {
        "all in one": (_all_parameters, "in the optimizer all the same"),
        "one rate": (lambda m, lr, d: _grouped(m, {"fc": lr, "layer4": lr}), "learn at one rate"),
        "swapped": (lambda m, lr, d: _grouped(m, {"fc": lr * d, "layer4": lr}), "changed places"),
        "the head alone": (lambda m, lr, d: _grouped(m, {"fc": lr}), "will never learn"),
        "more thawed": (
            lambda m, lr, d: _grouped(m, {"fc": lr, "layer4": lr * d}, ("layer3", "layer4", "fc")),
            "still takes gradients",
        ),
        "the head frozen": (
            lambda m, lr, d: _grouped(m, {"fc": lr, "layer4": lr * d}, ("layer4",)),
            "and should learn",
        ),
        "divided": (lambda m, lr, d: _grouped(m, {"fc": lr, "layer4": lr / d}), "layer4 should learn at"),
        "groups": (lambda m, lr, d: [{"params": m.fc.parameters(), "lr": lr}], "should return an AdamW"),
        "an optimizer": (3, "Write a function optimizer_for(model, head_lr, decay)"),
    },
}  # fmt: skip

ALSO_RIGHT: dict[str, dict[str, Any]] = {
    "n04.rates": {"NumPy numbers": {stage: np.float64(rate) for stage, rate in RATES.items()}},
    "n04.moved": {"a tuple": lambda *args: tuple(_moved(*args))},
}
