"""Part of a network started afresh, and still alive."""

from torch import nn

from chapter9_lib.models.stages import stage_index, stages

__all__ = ["reinitialize"]

_SPREAD = 0.02


def reinitialize(model: nn.Module, start: str) -> list[str]:
    """Give the stages from `start` up to the head fresh weights, in place: partial re-initialisation.

    Module by module, as each layer begins when it is built; norms with weight 1, bias 0 and no statistics. (By the
    shape of the tensors alone a norm's weight is easily taken for a bias and put to 0, which shuts the layer for good.)
    The head stays as it is: `replace_head` renews it.

    Args:
        model: a classifier.
        start: the first stage that starts afresh, by its name in `stages(model)`; "stem" for all of them.

    Returns:
        The names of the parameters that were drawn anew or set back.

    Raises:
        ValueError: when there is no such stage, or it is the head.
    """
    found = stages(model)
    at = stage_index(found, start, "start")
    if at == len(found) - 1:
        raise ValueError(f"start={start!r} is the head: replace_head(model, classes) gives it a fresh one")
    renewed = {name for stage in found[at:-1] for name in stage.tensors}
    for name, module in model.named_modules():
        own = [f"{name}.{inner}".lstrip(".") for inner, _ in (*module.named_parameters(recurse=False),
                                                             *module.named_buffers(recurse=False))]  # fmt: skip
        if own and all(tensor in renewed for tensor in own):
            _renew(module)
        elif loose := [tensor for tensor in own if tensor in renewed]:
            _renew_loose(module, [tensor.rpartition(".")[2] for tensor in loose])
    return [name for name, _ in model.named_parameters() if name in renewed]


def _renew(module: nn.Module) -> None:
    """As it begins when it is built, where it says how; a norm's weight is 1 even where its block began it at 0."""
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()
    else:
        _renew_loose(module, [name for name, _ in module.named_parameters(recurse=False)])


def _renew_loose(module: nn.Module, names: list[str]) -> None:
    """Parameters that no layer of torch's owns, such as class tokens, position embeddings, scales of a branch."""
    for name in names:
        parameter = module._parameters.get(name)
        if parameter is None:
            continue
        if parameter.ndim > 1:
            nn.init.trunc_normal_(parameter, std=_SPREAD)
        elif "bias" in name or "beta" in name:
            nn.init.zeros_(parameter)
        else:
            nn.init.ones_(parameter)
