"""One step of training, watched, and then undone: what runs, what moves, what gets no gradient."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models.modes import as_logits, evaluating, training
from chapter9_lib.training.devices import seeded

__all__ = ["Look", "Probe", "probe", "undone"]

Optimizers = Sequence[torch.optim.Optimizer]
_PHOTOS = 32


@dataclass
class Look:
    """What a network said in one mode: scores [n, classes], and the features [n, width] that entered its head."""

    scores: Tensor | None = None
    features: Tensor | None = None


@dataclass
class Probe:
    """What one step showed.

    Attributes:
        failed: why the network could not be run; None when it could.
        evaluated, trained: in evaluation mode, and in training mode.
        moving: the names of the norms whose statistics moved while the network was in training mode.
        gradients: {parameter: the length of its gradient, None where it got none}; of those that are trained.
        steps: {parameter: how far the optimizers moved it at their highest rate, as a share of its length}; empty
            without an optimizer, or where it takes no plain step.
        no_step: why there are none.
    """

    failed: str | None = None
    evaluated: Look = field(default_factory=Look)
    trained: Look = field(default_factory=Look)
    moving: list[str] = field(default_factory=list)
    gradients: dict[str, float | None] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    no_step: str = "no optimizer was handed in"


def probe(
    model: nn.Module, images: Tensor, labels: Tensor | None, optimizers: Optimizers = (), head: nn.Module | None = None
) -> Probe:
    """Run a network on a few photos, in evaluation and in training mode, and take one step of its optimizers.

    Afterwards weights, buffers, gradients, modes, the optimizers' groups and states and the random numbers of torch,
    numpy and Python are what they were, bit for bit.

    Args:
        model: any classifier.
        images: [n, 3, height, width], as it wants them; the first 32 are used.
        labels: [n]; where there are none, or they don't fit the head, the step follows the scores' squares.
        optimizers: take the step, each at the highest rate that its groups name.
        head: the model's last layer, whose input is kept.

    Raises:
        MemoryError: when the photos are too many for the device's memory.
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    kind = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
    images = images[:_PHOTOS].to(device, kind)
    labels = None if labels is None else labels[: len(images)].to(device)
    found = Probe()
    try:
        with seeded(device, 0), undone(model, optimizers):
            with torch.no_grad(), evaluating(model), _listening(head, found.evaluated):
                found.evaluated.scores = as_logits(model(images)).float().cpu()
            with training(model), torch.enable_grad(), _watched(model, found), _listening(head, found.trained):
                _step(model, images, labels, optimizers, found)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise MemoryError(f"{len(images)} photos at once are too many for {device}") from error
    except Exception as error:  # whatever a network raises on photos that don't suit it
        found.failed = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return found


def _step(model: nn.Module, images: Tensor, labels: Tensor | None, optimizers: Optimizers, found: Probe) -> None:
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    for parameter in model.parameters():
        if parameter.requires_grad or (parameter.grad is not None and bool(parameter.grad.any())):
            parameter.grad = None  # as the next zero_grad() will; only a gradient of zeros betrays that it will not
    scores = as_logits(model(images)).float()
    found.trained.scores = scores.detach().cpu()
    if scores.requires_grad:
        fits = labels is not None and scores.ndim == 2 and 0 <= int(labels.min()) <= int(labels.max()) < scores.shape[1]
        (F.cross_entropy(scores, labels) if fits else scores.square().mean()).backward()
    found.gradients = {name: None if p.grad is None else float(p.grad.norm()) for name, p in trained.items()}
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = _highest(group)
        try:
            optimizer.step()
        except Exception as error:  # wants a closure, or another loss
            found.no_step = f"{type(optimizer).__name__} takes no plain step ({type(error).__name__})"
            return
    if optimizers:
        found.no_step = ""
        found.steps = {
            name: float((p.detach() - before[name]).norm() / before[name].norm().clamp_min(1e-12))
            for name, p in model.named_parameters()
        }


def _highest(group: dict[str, Any]) -> Any:  # noqa: ANN401 - a number or a tensor
    """The rate that a group will have at the top of its schedule."""
    return max((group[name] for name in ("lr", "initial_lr", "max_lr") if group.get(name) is not None), key=float)


@contextmanager
def _listening(head: nn.Module | None, look: Look) -> Iterator[None]:
    """Keeps what enters the head."""

    def listen(module: nn.Module, args: tuple) -> None:
        if args and isinstance(args[0], Tensor):
            look.features = args[0].detach().flatten(1).float().cpu()

    hook = head.register_forward_pre_hook(listen) if head is not None else None
    try:
        yield
    finally:
        if hook is not None:
            hook.remove()


@contextmanager
def _watched(model: nn.Module, found: Probe) -> Iterator[None]:
    """Notes whose running statistics move."""
    before = {name: _statistics(module).clone() for name, module in model.named_modules() if _has_statistics(module)}
    try:
        yield
    finally:
        found.moving = [n for n, old in before.items() if not torch.equal(old, _statistics(model.get_submodule(n)))]


def _has_statistics(module: nn.Module) -> bool:
    return isinstance(getattr(module, "running_mean", None), Tensor)


def _statistics(module: nn.Module) -> Tensor:
    return torch.cat([module.running_mean.flatten().float(), module.running_var.flatten().float()])


@contextmanager
def undone(model: nn.Module, optimizers: Optimizers = ()) -> Iterator[None]:
    """Whatever happens inside to weights, buffers, gradients, modes and optimizers has not happened afterwards."""
    held = {id(p): p for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]}
    held |= {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    values = [(tensor, tensor.detach().clone()) for tensor in held.values()]
    gradients = [(tensor, tensor.grad, None if tensor.grad is None else tensor.grad.clone())
                 for tensor in held.values()]  # fmt: skip
    modes = [(module, module.training) for module in model.modules()]
    kept = [_keep(optimizer) for optimizer in optimizers]
    try:
        yield
    finally:
        model.train(model.training)  # for layers that do more than note their mode
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for tensor, value in values:
                tensor.copy_(value)
            for tensor, gradient, value in gradients:
                tensor.grad = gradient
                if gradient is not None:
                    gradient.copy_(value)
        for optimizer, before in zip(optimizers, kept, strict=True):
            _put_back(optimizer, before)


def _keep(optimizer: torch.optim.Optimizer) -> tuple[dict, list[dict[str, Any]], dict[str, Any]]:
    """Its moments, of which the step gets a copy; its groups' numbers; its own small attributes."""
    state = dict(optimizer.state)
    optimizer.state.update({p: copy.deepcopy(moments) for p, moments in state.items()})
    groups = [copy.deepcopy({name: value for name, value in group.items() if name != "params"})
              for group in optimizer.param_groups]  # fmt: skip
    return state, groups, {name: value for name, value in vars(optimizer).items() if isinstance(value, (int, float))}


def _put_back(optimizer: torch.optim.Optimizer, before: tuple[dict, list[dict[str, Any]], dict[str, Any]]) -> None:
    state, groups, small = before
    optimizer.state.clear()
    optimizer.state.update(state)
    for group, numbers in zip(optimizer.param_groups, groups, strict=True):
        for name in [name for name in group if name not in numbers and name != "params"]:
            del group[name]
        group.update(numbers)
    for name in [n for n, value in vars(optimizer).items() if isinstance(value, (int, float)) and n not in small]:
        delattr(optimizer, name)
    vars(optimizer).update(small)
