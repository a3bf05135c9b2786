"""A fresh head in the old one's place."""

import torch
from torch import nn

from chapter9_lib.given import whole_number
from chapter9_lib.models.classes import forget_classes
from chapter9_lib.models.heads import Head, NewHead, find_head, layer_like, linear_layers, made_headless

__all__ = ["replace_head"]

_EXCHANGEABLE = (nn.Linear, nn.Conv2d, NewHead)


def replace_head(model: nn.Module, num_classes: int, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
    """Put a fresh head on the model, in place, on the old one's device and in its number format.

    Args:
        model: a classifier.
        num_classes: outputs of the new head.
        hidden: width of a layer between the features and the outputs; None for none.
        dropout: share of inputs dropped before the last layer.

    Returns:
        The same model. `model.num_classes` says the new number; the preprocessing stays; which classes they are,
        `fine_tune` learns from its photos.

    Raises:
        ValueError: when there is no head, or for numbers that make no sense.
        TypeError: for a number of classes, or a width, that is not whole.
    """
    num_classes = whole_number("num_classes", num_classes)
    hidden, dropout = None if hidden is None else whole_number("hidden", hidden), float(dropout)
    _check_numbers(num_classes, hidden, dropout)
    timm_like = hasattr(model, "reset_classifier")
    like = next(iter(_old_parameters(model, timm_like)))
    _put_plain(model, num_classes, timm_like)
    head = find_head(model)
    if hidden or dropout:
        _build_up(model, head, num_classes, hidden, dropout, extras=timm_like)
        head = find_head(model)
    for new in (head, *head.extra):
        new.module.to(device=like.device, dtype=like.dtype).train(model.training)
    _say_number(model, num_classes)
    forget_classes(model)
    _update_card(model, num_classes, hidden, dropout)
    return model


def _check_numbers(num_classes: int, hidden: int | None, dropout: float) -> None:
    if num_classes < 1:
        raise ValueError(f"num_classes={num_classes}: a head needs at least one class")
    if hidden is not None and hidden < 1:
        raise ValueError(f"hidden={hidden}: a width of at least 1 is wanted, or None for no hidden layer")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout={dropout}: a share in [0, 1) is wanted")


def _put_plain(model: nn.Module, num_classes: int, timm_like: bool) -> None:
    """Linear layers are exchanged one for one; what timm has built of several layers, timm builds again."""
    head = None if timm_like and made_headless(model) else find_head(model)
    parts = [] if head is None else [head, *head.extra]
    if timm_like and not (parts and all(isinstance(part.module, _EXCHANGEABLE) for part in parts)):
        model.reset_classifier(num_classes)
        return
    for old in parts:
        layers = linear_layers(old.module)
        _put(model, old.name, layer_like(layers[0], num_classes, bias=layers[-1].bias is not None))
        for depth in range(old.name.count(".") + 1):
            around = model.get_submodule(".".join(old.name.split(".")[:depth]))
            if hasattr(around, "num_classes"):
                around.num_classes = num_classes


def _put(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, module)


def _build_up(model: nn.Module, head: Head, num_classes: int, hidden: int | None, dropout: float, extras: bool) -> None:
    parts = (head, *(head.extra if extras else ()))
    for part in parts:
        names = {id(layer): inner for inner, layer in part.module.named_modules()}
        for layer in linear_layers(part.module):
            if num_classes in (getattr(layer, "out_features", None), getattr(layer, "out_channels", None)):
                name = f"{part.name}.{names[id(layer)]}".rstrip(".")
                _put(model, name, NewHead(layer, num_classes, hidden, dropout))


def _say_number(model: nn.Module, num_classes: int) -> None:
    """Wherever the model's library looks for it; Hugging Face's looks into the model's configuration."""
    model.num_classes = num_classes
    if hasattr(getattr(model, "config", None), "num_labels"):
        model.config.num_labels = num_classes
        model.num_labels = num_classes


def _old_parameters(model: nn.Module, timm_like: bool) -> list[nn.Parameter]:
    try:
        return find_head(model).parameters()
    except ValueError:
        if not timm_like:
            raise
        return list(model.parameters())[-1:] or [nn.Parameter(torch.empty(0))]


def _update_card(model: nn.Module, num_classes: int, hidden: int | None, dropout: float) -> None:
    """The card keeps saying how to build the model; what it said of the old head's classes goes."""
    card = getattr(model, "card", None)
    if card is None:
        return
    stale = {"classes", "labels", "accuracy", "head"}
    model.card = {key: value for key, value in card.items() if key not in stale} | {"num_classes": num_classes}
    if hidden or dropout:
        model.card["head"] = {"hidden": hidden, "dropout": dropout}
