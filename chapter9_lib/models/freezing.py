"""Freezing: parameters, norm statistics and dropout of a part of the network stand still."""

from collections.abc import Callable

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from chapter9_lib.models.heads import Head, find_head

__all__ = ["freeze", "freeze_batchnorm", "unfreeze", "what_moves"]


def freeze(model: nn.Module, until: str = "head") -> nn.Module:
    """Freeze everything before `until`, in place.

    Frozen parameters take no gradient. Frozen layers run as in evaluation whatever `train()` says: norms
    use and keep their running statistics, dropout and stochastic depth are off. Forward pre-hooks do this,
    so it survives `train()` and `copy.deepcopy` and leaves the state dict alone.

    Args:
        model: a classifier whose head `find_head` finds.
        until: the first part left trainable; "head" freezes the whole backbone.

    Returns:
        The same model.

    Raises:
        ValueError: for another `until`, or when there is no head.
    """
    if until != "head":
        raise ValueError(f"until={until!r}: only 'head' is known, which freezes the whole backbone")
    head = find_head(model)
    unfreeze(model)
    trainable = {id(parameter) for parameter in head.parameters()}
    frozen = [name for name, p in model.named_parameters() if p.requires_grad and id(p) not in trainable]
    for name in frozen:
        parameter = model.get_parameter(name)
        parameter.requires_grad_(False)
        parameter.grad = None
    for parameter in head.parameters():
        parameter.requires_grad_(True)
    _hold_backbone(model, head)
    model._frozen_parameters = frozen
    return model


def unfreeze(model: nn.Module) -> nn.Module:
    """Undo `freeze`, in place: what it froze is trainable again. Norms held by `freeze_batchnorm` stay held.

    Returns:
        The same model.
    """
    for module in model.modules():
        _remove(module._forward_pre_hooks, _stand_still, _quiet)
        for key in _remove(module._forward_hooks, _restore):
            module._forward_hooks_always_called.pop(key, None)
    names = set(model.__dict__.pop("_frozen_parameters", ()))
    for name, parameter in model.named_parameters():
        if name in names:
            parameter.requires_grad_(True)
    return model


def freeze_batchnorm(model: nn.Module, frozen: bool = True) -> nn.Module:
    """Hold the running statistics of every batch norm in the model still, in place.

    Every kind that keeps running statistics: 1-d, 2-d, 3-d, synchronised, and timm's fused ones. The scale
    and shift of the norms go on learning. `unfreeze` leaves this alone.

    Args:
        model: any network.
        frozen: False lets the statistics move again.

    Returns:
        The same model.
    """
    for module in model.modules():
        _remove(module._forward_pre_hooks, _use_running_statistics)
        if frozen and _keeps_statistics(module):
            module.register_forward_pre_hook(_use_running_statistics)
    return model


def what_moves(model: nn.Module) -> str | None:
    """What in front of the head can change during training; None when the backbone stands entirely still."""
    head = find_head(model)
    inside = {id(layer) for layer in head.modules()}
    trainable = {id(parameter) for parameter in head.parameters()}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and id(parameter) not in trainable:
            return f"the backbone is not frozen: {name} takes gradients; freeze(model) trains the head alone"
    loose = [(name, m) for name, m in model.named_modules() if id(m) not in inside and not _is_held(m)]
    for name, module in model.named_modules():
        if id(module) not in inside and isinstance(module, _BatchNorm) and module.running_mean is None:
            return f"{name} ({type(module).__name__}) always normalises with the batch it is in"
    for name, module in loose:
        if _keeps_statistics(module):
            return f"the batch norm {name} is alive; call freeze(model)"
    for name, module in loose:
        if "drop" in type(module).__name__.lower() or "stochasticdepth" in type(module).__name__.lower():
            return f"the dropout {name} is alive; call freeze(model)"
    return f"nothing keeps {loose[0][0] or 'the model'} in evaluation mode; call freeze(model)" if loose else None


def _hold_backbone(model: nn.Module, head: Head) -> None:
    inside = {id(layer) for layer in head.modules()}
    around = {id(module) for part in (head, *head.extra) for module in _containers(model, part.name)}
    for module in model.modules():
        if id(module) in around:
            module.register_forward_pre_hook(_quiet)
            module.register_forward_hook(_restore, always_call=True)
        elif id(module) not in inside:
            module.register_forward_pre_hook(_stand_still)


def _containers(model: nn.Module, name: str) -> list[nn.Module]:
    parts = name.split(".")
    return [model.get_submodule(".".join(parts[:depth])) for depth in range(len(parts))]


def _keeps_statistics(module: nn.Module) -> bool:
    return getattr(module, "running_mean", None) is not None


def _is_held(module: nn.Module) -> bool:
    return any(hook in (_stand_still, _quiet, _use_running_statistics) for hook in module._forward_pre_hooks.values())


def _stand_still(module: nn.Module, args: tuple) -> None:
    module.training = False


def _use_running_statistics(module: nn.Module, args: tuple) -> None:
    module.training = False


# The containers around the head (the model itself, for one) may apply dropout as a function, by their own flag.
def _quiet(module: nn.Module, args: tuple) -> None:
    module.__dict__["_resumes_training"] = module.training
    module.training = False


def _restore(module: nn.Module, args: tuple, output: object) -> None:
    module.training = module.__dict__.pop("_resumes_training", module.training)


def _remove(hooks: dict[int, Callable], *unwanted: Callable) -> list[int]:
    keys = [key for key, hook in hooks.items() if hook in unwanted]
    for key in keys:
        del hooks[key]
    return keys
