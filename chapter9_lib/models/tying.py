"""Weights that several layers share."""

from collections.abc import Collection

from torch import nn

__all__ = ["tied_elsewhere"]


def tied_elsewhere(model: nn.Module, layer: nn.Module, names: Collection[str] = ("weight", "bias")) -> str | None:
    """The name by which another layer of the model uses one of these parameters of a layer; None where none does."""
    own = {id(layer._parameters.get(name)) for name in names} - {id(None)}
    return next(
        (
            f"{name}.{used}".removeprefix(".")
            for name, module in model.named_modules()
            for used, parameter in module._parameters.items()
            if module is not layer and id(parameter) in own
        ),
        None,
    )
