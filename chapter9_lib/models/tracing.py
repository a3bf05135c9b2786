"""In which order a network enters its layers, seen by running it once."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from chapter9_lib.models.modes import evaluating
from chapter9_lib.models.preprocessing import preprocessing

__all__ = ["call_order", "example_images"]

_ORDERS: WeakKeyDictionary[nn.Module, tuple[int, tuple[str, ...]]] = WeakKeyDictionary()


def call_order(model: nn.Module, images: Tensor | None = None) -> tuple[str, ...]:
    """The names of all modules in the order in which a forward pass enters them, repeats included.

    The pass is made in evaluation mode with shapes only, on the meta device, so that the largest network costs nothing;
    a network whose path depends on numbers is really run, on two black photos. Nothing of the model changes. The order
    is remembered while the model keeps its layers.

    Args:
        model: a classifier of images.
        images: a batch that it takes, [N, channels, height, width]; None: as `example_images` finds it.

    Raises:
        ValueError: when the model can't be run; says why, and asks for `images`.
    """
    layers = hash(tuple((name, id(module)) for name, module in model.named_modules()))
    known = _ORDERS.get(model)
    if known is None or known[0] != layers:
        known = _ORDERS[model] = (layers, _run(model, images))
    return known[1]


def example_images(model: nn.Module) -> list[Tensor]:
    """Two black photos of the size that the model takes, as float32 on the CPU: of three channels, and, where that is
    another number, of as many as its first convolution has. Some networks rearrange photos before that one."""
    first = next((m.in_channels for m in model.modules() if isinstance(m, nn.Conv2d | nn.Conv3d)), 3)
    size = _own_size(model)
    return [torch.zeros(2, channels, *size) for channels in dict.fromkeys((3, first))]


def _own_size(model: nn.Module) -> tuple[int, int]:
    """The (height, width) that the model says of itself, where it does; else 224 x 224."""
    try:
        return preprocessing(model).size
    except ValueError:
        pass
    config = getattr(model, "config", None)
    edge = next(
        (size for size in (getattr(config, "image_size", None), getattr(model, "image_size", None)) if size), 224
    )
    return (edge, edge) if isinstance(edge, int) else (edge[0], edge[1])


def _run(model: nn.Module, images: Tensor | None) -> tuple[str, ...]:
    given = example_images(model) if images is None else [images]
    *others, (run, images) = product((_shapes_only, _for_real), given)
    for attempt, batch in others:
        try:
            return attempt(model, batch)
        except Exception:  # noqa: BLE001 - what a network raises there says nothing about whether it runs
            pass
    try:
        return run(model, images)
    except Exception as error:
        raise ValueError(
            f"{type(model).__name__} could not be run on images of shape {tuple(images.shape)} to see the order of its "
            f"layers ({type(error).__name__}: {error}). Pass a batch that it takes as images=..., or set "
            "model.preprocessing"
        ) from error


def _shapes_only(model: nn.Module, images: Tensor) -> tuple[str, ...]:
    shapes = {name: torch.empty_like(tensor, device="meta") for name, tensor in _tensors_of_each_module(model)}
    with _listening(model) as names, torch.device("meta"):
        torch.func.functional_call(model, shapes, (images.to("meta"),), tie_weights=False)
    return tuple(names)


def _tensors_of_each_module(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Shared parameters under all their names, but a shared module under one, or torch would not put it back."""
    for name, module in model.named_modules():
        for own, tensor in (*module._parameters.items(), *module._buffers.items()):
            if tensor is not None:
                yield f"{name}.{own}" if name else own, tensor


def _for_real(model: nn.Module, images: Tensor) -> tuple[str, ...]:
    like = next(model.parameters(), images)
    with _listening(model) as names:
        model(images.to(device=like.device, dtype=like.dtype))
    return tuple(names)


@contextmanager
def _listening(model: nn.Module) -> Iterator[list[str]]:
    """A list that every module called inside adds its name to."""
    called: list[str] = []
    before = [(module, *(dict(part) for part in _own(module))) for module in model.modules()]
    handles = [
        module.register_forward_pre_hook(lambda module, args, name=name: called.append(name))
        for name, module in model.named_modules()
    ]
    try:
        with evaluating(model), torch.no_grad(), warnings.catch_warnings(action="ignore"):
            yield called
    finally:
        for handle in handles:
            handle.remove()
        for module, *parts in before:
            for own, kept in zip(_own(module), parts, strict=True):
                own.clear()
                own.update(kept)


def _own(module: nn.Module) -> tuple[dict, ...]:
    """What a forward pass may leave in a module: masks and tables that it makes when it is first run."""
    return module.__dict__, module._buffers, module._parameters
