"""Which parameters an optimizer gets, and which of them decay."""

from typing import Any

from torch import nn

__all__ = ["parameter_groups"]


def parameter_groups(model: nn.Module, lr: float, weight_decay: float) -> list[dict[str, Any]]:
    """Two groups for torch's optimizers: weights that decay, and those that don't.

    Norms, biases, and what the model itself names in `no_weight_decay()` (position embeddings, tokens) don't
    decay. Only parameters that take gradients are in a group, each of them once.

    Raises:
        ValueError: when nothing is trainable.
    """
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if not named:
        raise ValueError(
            "Nothing to train: no parameter takes gradients. Call unfreeze(model), or freeze(model) "
            "to train the head alone."
        )
    spared = set(model.no_weight_decay()) if hasattr(model, "no_weight_decay") else set()
    decaying = [p for name, p in named if p.ndim > 1 and name not in spared]
    still = [p for name, p in named if p.ndim <= 1 or name in spared]
    groups = [(decaying, weight_decay), (still, 0.0)]
    return [{"params": params, "lr": lr, "weight_decay": decay} for params, decay in groups if params]
