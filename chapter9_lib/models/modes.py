"""Evaluation or training mode for a while, what a network answers, and what it is when it is not compiled."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

__all__ = ["as_logits", "evaluating", "training", "uncompiled", "unwrapped"]


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode inside, every layer's own mode again afterwards."""
    with _in_mode(model, training=False):
        yield


@contextmanager
def training(model: nn.Module) -> Iterator[None]:
    """Training mode inside, every layer's own mode again afterwards."""
    with _in_mode(model, training=True):
        yield


@contextmanager
def _in_mode(model: nn.Module, training: bool) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def uncompiled(model: nn.Module) -> nn.Module:
    """The network itself, without what `torch.compile` has put around it."""
    return getattr(model, "_orig_mod", model)


def unwrapped(model: nn.Module) -> nn.Module:
    """The network itself, without what parallel training or compilation has put around it."""
    while isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)) or hasattr(model, "_orig_mod"):
        model = model._orig_mod if hasattr(model, "_orig_mod") else model.module
    return model


def as_logits(output: Any) -> Tensor:  # noqa: ANN401 - what networks return
    """The class scores [N, C] in what a network returned: alone, first of several, or under `.logits`."""
    if isinstance(output, Tensor):
        return output
    return output.logits if hasattr(output, "logits") else output[0]
