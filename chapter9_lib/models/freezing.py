"""Freezing: parameters, norm statistics and dropout of a part of the network stand still."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from chapter9_lib.models.heads import require_network
from chapter9_lib.models.stages import ThawedPart, stages, thawed_part

__all__ = ["containers_as_thawed", "freeze", "freeze_batchnorm", "frozen_until", "is_held", "keeps_statistics",
           "released", "unfreeze", "what_moves"]  # fmt: skip


def freeze(model: nn.Module, until: str = "head") -> nn.Module:
    """Freeze everything before the stage `until`, in place; that stage and all after it take gradients.

    Frozen parameters take no gradient. Frozen layers run as in evaluation whatever `train()` says: norms
    use and keep their running statistics, dropout and stochastic depth are off. Forward pre-hooks do this,
    so it survives `train()` and `copy.deepcopy` and leaves the state dict alone. What `torch.compile` has made knows
    nothing of later hooks, so it is forgotten, and compiled anew at the next call. In a thawed stage norms learn and
    their statistics move, unless `freeze_batchnorm` holds those.

    Args:
        model: a classifier whose head `find_head` finds.
        until: the first stage left trainable, by its name in `stages(model)`; "head" freezes the whole backbone,
            "stem" nothing.

    Returns:
        The same model.

    Raises:
        ValueError: when there is no such stage (listing those there are) or no head, or when the model can't be run
            to see the order of its layers.
    """
    thawed = thawed_part(model, until)
    unfreeze(model)
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is None:
                continue
            if id(parameter) in thawed.parameters:
                parameter.requires_grad_(True)
            elif parameter.requires_grad:
                parameter.requires_grad_(False)
                parameter.grad = None
                module.__dict__.setdefault("_frozen_parameters", []).append(name)
    _hold_the_rest(model, thawed)
    _forget_compiled()
    return model


def unfreeze(model: nn.Module) -> nn.Module:
    """Undo `freeze`, in place: what it froze is trainable again. Norms held by `freeze_batchnorm` stay held.

    Returns:
        The same model.

    Raises:
        TypeError: for what is no network.
    """
    require_network(model)
    for module in model.modules():
        _remove(module._forward_pre_hooks, _stand_still, _quiet, _hold_inside)
        for key in _remove(module._forward_hooks, _restore):
            module._forward_hooks_always_called.pop(key, None)
        module.__dict__.pop("_stands_still", None)
        module.__dict__.pop("_resumes_training", None)
        for name in module.__dict__.pop("_frozen_parameters", ()):
            for parameter in _known_as(module, name):
                parameter.requires_grad_(True)
    _forget_compiled()
    return model


def _known_as(module: nn.Module, name: str) -> list[nn.Parameter]:
    """The parameter of that name, or what a parametrization has made of it since."""
    if module._parameters.get(name) is not None:
        return [module._parameters[name]]
    changed = getattr(module, "parametrizations", {})
    return list(changed[name].parameters()) if name in changed else []


def freeze_batchnorm(model: nn.Module, frozen: bool = True) -> nn.Module:
    """Hold the running statistics of every batch norm in the model still, in place.

    Every kind that keeps running statistics: 1-d, 2-d, 3-d, synchronised, and timm's fused ones. The scale
    and shift of the norms go on learning. `unfreeze` leaves this alone.

    Args:
        model: any network.
        frozen: False lets the statistics move again.

    Returns:
        The same model.

    Raises:
        TypeError: for what is no network.
    """
    require_network(model)
    for module in model.modules():
        _remove(module._forward_pre_hooks, _use_running_statistics)
        if frozen and keeps_statistics(module):
            module.register_forward_pre_hook(_use_running_statistics, prepend=True)
    _forget_compiled()
    return model


def _forget_compiled() -> None:
    """Compiled code is kept by function, not by module, so that of all models goes."""
    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()


def what_moves(model: nn.Module, until: str = "head") -> str | None:
    """What in front of the stage `until` can change during training; None when all of it stands entirely still.

    Raises:
        ValueError: when there is no such stage, or no head.
    """
    return _loose_before(model, thawed_part(model, until))


def frozen_until(model: nn.Module) -> str:
    """The last stage in front of which everything stands still: "head" for a frozen backbone.

    The name of the first stage means that nothing is frozen.

    Raises:
        ValueError: when there is no head, or the model can't be run to see the order of its layers.
    """
    if what_moves(model) is None:
        return "head"
    found = stages(model)
    still = (stage.name for stage in reversed(found[1:-1]) if what_moves(model, stage.name) is None)
    return next(still, found[0].name)


def _loose_before(model: nn.Module, thawed: ThawedPart) -> str | None:
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and id(parameter) not in thawed.parameters:
            return f"the backbone is not frozen: {name} takes gradients; freeze(model) trains the head alone"
    dead = [(name, module) for name, module in model.named_modules() if id(module) not in thawed.modules]
    for name, module in dead:
        if isinstance(module, _BatchNorm) and module.running_mean is None:
            return f"{name} ({type(module).__name__}) always normalises with the batch it is in"
    around = set() if thawed.until == "head" else {id(m) for part in thawed.parts for m in _containers(model, part)}
    for name, module in dead:
        if id(module) not in around and (own := _trained_in(module, thawed)):
            return f"{name}.{own} is tied to a weight that is trained, and moves with it".removeprefix(".")
    around |= {id(m) for m in model.modules() if hasattr(m, "_orig_mod")}  # torch.compile's own, without a layer
    loose = [(name, module) for name, module in dead if id(module) not in around and not is_held(module)]
    for name, module in loose:
        if keeps_statistics(module):
            return f"the batch norm {name} is alive; call freeze(model)"
    for name, module in loose:
        if "drop" in type(module).__name__.lower() or "stochasticdepth" in type(module).__name__.lower():
            return f"the dropout {name} is alive; call freeze(model)"
    return f"nothing keeps {loose[0][0] or 'the model'} in evaluation mode; call freeze(model)" if loose else None


def _trained_in(module: nn.Module, thawed: ThawedPart) -> str | None:
    own = module._parameters.items()
    return next((name for name, p in own if id(p) in thawed.parameters and p.requires_grad), None)


def _hold_the_rest(model: nn.Module, thawed: ThawedPart) -> None:
    around = {id(module) for part in thawed.parts for module in _containers(model, part)}
    for module in model.modules():
        if id(module) in around:
            module.register_forward_pre_hook(_hold_inside, prepend=True)
            if thawed.until == "head":
                module.register_forward_pre_hook(_quiet, prepend=True)
                module.register_forward_hook(_restore, always_call=True)
        elif id(module) not in thawed.modules:
            module.__dict__["_stands_still"] = True
            module.register_forward_pre_hook(_stand_still, prepend=True)


def _containers(model: nn.Module, name: str) -> list[nn.Module]:
    parts = name.split(".")
    return [model.get_submodule(".".join(parts[:depth])) for depth in range(len(parts))]


def keeps_statistics(module: nn.Module) -> bool:
    """Whether a module is a norm with running statistics that can move: torchvision's frozen ones have no momentum."""
    return getattr(module, "running_mean", None) is not None and hasattr(module, "momentum")


def is_held(module: nn.Module) -> bool:
    """Whether `freeze` or `freeze_batchnorm` keeps a module in evaluation mode, whatever mode it is put into."""
    return any(hook in (_stand_still, _quiet, _use_running_statistics) for hook in module._forward_pre_hooks.values())


@contextmanager
def containers_as_thawed(model: nn.Module, until: str) -> Iterator[None]:
    """Inside, the modules around `until` and the later stages keep their own mode, as with `freeze(model, until)`.

    For looking ahead on a model that is frozen further up.
    """
    around = [module for part in thawed_part(model, until).parts for module in _containers(model, part)]
    for module in around if until != "head" else ():
        module.__dict__["_keeps_its_mode"] = True
    try:
        yield
    finally:
        for module in around:
            module.__dict__.pop("_keeps_its_mode", None)


@contextmanager
def released(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Inside, these modules keep the mode that they are given, frozen or held as they may be."""
    for module in modules:
        module.__dict__["_keeps_its_mode"] = True
    try:
        yield
    finally:
        for module in modules:
            module.__dict__.pop("_keeps_its_mode", None)


def _stand_still(module: nn.Module, args: tuple) -> None:
    if "_keeps_its_mode" not in module.__dict__:
        module.training = False


def _hold_inside(module: nn.Module, args: tuple) -> None:
    """A frozen module that is not called as such, but by one of its methods, has no hook of its own that fires."""
    for inner in module.modules():
        if "_stands_still" in inner.__dict__ and "_keeps_its_mode" not in inner.__dict__:
            inner.training = False


def _use_running_statistics(module: nn.Module, args: tuple) -> None:
    if "_keeps_its_mode" not in module.__dict__:
        module.training = False


# The containers around the head (the model itself, for one) may apply dropout as a function, by their own flag. Around
# a thawed stage they keep it: what they drop there may well belong to that stage.
def _quiet(module: nn.Module, args: tuple) -> None:
    modes = module.__dict__.setdefault("_resumes_training", [])  # it may call itself
    if module.training:
        modes.clear()  # left by a pass that Ctrl-C has ended, where torch calls no hook
    modes.append(module.training)
    if "_keeps_its_mode" not in module.__dict__:
        module.training = False


def _restore(module: nn.Module, args: tuple, output: object) -> None:
    modes = module.__dict__.get("_resumes_training")
    if modes:
        module.training = modes.pop()


def _remove(hooks: dict[int, Callable], *unwanted: Callable) -> list[int]:
    keys = [key for key, hook in hooks.items() if hook in unwanted]
    for key in keys:
        del hooks[key]
    return keys
