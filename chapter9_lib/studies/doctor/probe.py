"""One step of training, watched, and then undone: what runs, what moves, what gets no gradient."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models.modes import as_logits, evaluating, training
from chapter9_lib.training.devices import seeded

__all__ = ["Probe", "probe", "undone"]

_PHOTOS = 32


@dataclass
class Probe:
    """What one step showed.

    Attributes:
        failed: why the network could not be run; None when it could.
        scores: [n, classes], in evaluation mode.
        features: [n, width], what enters the head then; None where that can't be told.
        moving: the names of the norms whose statistics moved while the network was in training mode.
        gradients: {parameter: the length of its gradient, None where it got none}; of those that are trained.
        steps: {parameter: how far the optimizer moved it, as a share of its length}; empty without an optimizer.
    """

    failed: str | None = None
    scores: Tensor | None = None
    features: Tensor | None = None
    moving: list[str] = field(default_factory=list)
    gradients: dict[str, float | None] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)


def probe(
    model: nn.Module, images: Tensor, labels: Tensor, optimizer: torch.optim.Optimizer | None = None,
    head: nn.Module | None = None,
) -> Probe:  # fmt: skip
    """Run a network on a few photos, in evaluation and in training mode, and take one step of its optimizer.

    Afterwards weights, buffers, gradients, modes, the optimizer's state and torch's random numbers are what they were,
    bit for bit.

    Args:
        model: any classifier.
        images: [n, 3, height, width], as it wants them; the first 32 are used.
        labels: [n]; where they don't fit the head, the step follows the scores' squares.
        optimizer: takes the step; None: none is taken.
        head: the model's last layer, whose input is kept.
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    images, labels = images[:_PHOTOS].to(device), labels[:_PHOTOS].to(device)
    found = Probe()
    with seeded(device, 0), undone(model, optimizer):
        try:
            with torch.no_grad(), evaluating(model), _listening(head, found):
                found.scores = as_logits(model(images)).float().cpu()
            with training(model), torch.enable_grad(), _watched(model, found):
                _step(model, images, labels, optimizer, found)
        except Exception as error:  # whatever a network raises on photos that don't suit it
            found.failed = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return found


def _step(
    model: nn.Module, images: Tensor, labels: Tensor, optimizer: torch.optim.Optimizer | None, found: Probe
) -> None:
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    for parameter in trained.values():
        parameter.grad = None
    scores = as_logits(model(images)).float()
    if scores.requires_grad:
        fits = labels.min() >= 0 and labels.max() < scores.shape[1]
        (F.cross_entropy(scores, labels) if fits else scores.square().mean()).backward()
    found.gradients = {name: None if p.grad is None else float(p.grad.norm()) for name, p in trained.items()}
    if optimizer is not None:
        optimizer.step()
        found.steps = {
            name: float((p.detach() - before[name]).norm() / before[name].norm().clamp_min(1e-12))
            for name, p in model.named_parameters()
        }


@contextmanager
def _listening(head: nn.Module | None, found: Probe) -> Iterator[None]:
    """Keeps what enters the head."""

    def listen(module: nn.Module, args: tuple) -> None:
        found.features = args[0].detach().flatten(1).float().cpu()

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
def undone(model: nn.Module, optimizer: torch.optim.Optimizer | None) -> Iterator[None]:
    """Whatever happens inside to weights, buffers, gradients and the optimizer's state has not happened afterwards."""
    held = {id(p): p for group in (optimizer.param_groups if optimizer else ()) for p in group["params"]}
    held |= {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    values = [(tensor, tensor.detach().clone()) for tensor in held.values()]
    gradients = [(tensor, tensor.grad, None if tensor.grad is None else tensor.grad.clone())
                 for tensor in held.values()]  # fmt: skip
    state = dict(optimizer.state) if optimizer else {}
    flags = {name: value for name, value in vars(optimizer).items() if isinstance(value, int)} if optimizer else {}
    if optimizer:
        optimizer.state.update({p: copy.deepcopy(moments) for p, moments in state.items()})
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, value in values:
                tensor.copy_(value)
            for tensor, gradient, value in gradients:
                tensor.grad = gradient
                if gradient is not None:
                    gradient.copy_(value)
        if optimizer:
            optimizer.state.clear()
            optimizer.state.update(state)
            vars(optimizer).update(flags)
