"""Which parameters an optimizer gets, how fast each of them learns, and which of them decay."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import stages
from chapter9_lib.models.modes import unwrapped

__all__ = ["OPTIMIZERS", "build_optimizer", "learning_rate_groups", "parameter_groups"]


def parameter_groups(model: nn.Module, lr: float, weight_decay: float) -> list[dict[str, Any]]:
    """Two groups for torch's optimizers: weights that decay, and those that don't.

    Norms, biases, and what the model itself names in `no_weight_decay()` (position embeddings, tokens) don't
    decay. Only parameters that take gradients are in a group, each of them once.

    Raises:
        ValueError: when nothing is trainable, or weight_decay is negative.
    """
    return _some(_two_groups(model, model.named_parameters(), lr, weight_decay))


def learning_rate_groups(
    model: nn.Module, head_lr: float = 1e-3, layer_decay: float = 0.1, weight_decay: float = 0.01
) -> list[dict[str, Any]]:
    """Groups for torch's optimizers in which each stage learns slower than the one after it, head first.

    Discriminative fine-tuning (Howard and Ruder 2018, arXiv 1801.06146, section 3.2). The rates stand under "lr",
    where every optimizer and scheduler reads them. They follow from a stage's distance to the head among all stages,
    whether those between are frozen or not.

    Args:
        model: with the stages to be trained thawed (`freeze(model, until)`).
        head_lr: the head's rate.
        layer_decay: each stage's rate as a share of the next one's. A tenth suits networks of four or five stages;
            with a block a stage, as in vision transformers, it stands still after a few: try 0.65 to 0.8.
        weight_decay: on weights; never on norms, biases, and what the model names in `no_weight_decay()`.

    Returns:
        Groups with "params", "lr", "weight_decay" and the stage's "name". Only parameters that take gradients are in
        a group, each of them once.

    Raises:
        ValueError: when nothing is trainable, the model has no stages, layer_decay is outside (0, 1] or weight_decay is
            negative.
    """
    if not 0 < layer_decay <= 1:
        raise ValueError(f"layer_decay={layer_decay}: a share in (0, 1] is wanted; 1 gives all stages the same rate")
    groups, rate = [], head_lr
    for stage in reversed(stages(model)):
        groups += [{**group, "name": stage.name}
                   for group in _two_groups(model, stage.named_parameters(), rate, weight_decay)]  # fmt: skip
        rate *= layer_decay
    return _some(groups)


def build_optimizer(
    name: str, groups: list[dict[str, Any]], earlier: torch.optim.Optimizer | None = None
) -> torch.optim.Optimizer:
    """An optimizer for these groups; parameters that an earlier one held keep the moments they had there.

    Args:
        name: "adamw" (Loshchilov and Hutter 2019, arXiv 1711.05101), or "sgd", with momentum 0.9.
        groups: from `learning_rate_groups` or `parameter_groups`.
        earlier: of the same kind, from the phase before.

    Raises:
        ValueError: naming the optimizers that exist.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer={name!r}: choose one of {', '.join(OPTIMIZERS)}")
    optimizer = OPTIMIZERS[name](groups)
    if earlier is not None:
        optimizer.state.update(earlier.state)  # those it does not hold wait for a later phase
    return optimizer


OPTIMIZERS: dict[str, Callable[[list[dict[str, Any]]], torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "sgd": partial(torch.optim.SGD, momentum=0.9),
}


def _two_groups(
    model: nn.Module, named: Iterable[tuple[str, nn.Parameter]], lr: float, weight_decay: float
) -> list[dict[str, Any]]:
    if not weight_decay >= 0:  # torch looks at the default alone, not at the groups
        raise ValueError(f"weight_decay={weight_decay}: at least 0 is wanted")
    spared = _spared(model)
    trainable = [p for _, p in named if p.requires_grad]
    decaying = [p for p in trainable if p.ndim > 1 and id(p) not in spared]
    still = [p for p in trainable if p.ndim <= 1 or id(p) in spared]
    groups = [(decaying, weight_decay), (still, 0.0)]
    return [{"params": params, "lr": lr, "weight_decay": decay} for params, decay in groups if params]


def _spared(model: nn.Module) -> set[int]:
    """The ids of the parameters that the network names in `no_weight_decay()`, whatever it or a part is wrapped in."""
    model = unwrapped(model)
    names = {_plain(name) for name in model.no_weight_decay()} if hasattr(model, "no_weight_decay") else set()
    return {id(parameter) for name, parameter in model.named_parameters() if _plain(name) in names}


def _plain(name: str) -> str:
    return name.replace("_orig_mod.", "")


def _some(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if groups:
        return groups
    raise ValueError(
        "Nothing to train: no parameter takes gradients. Call unfreeze(model), or freeze(model) "
        "to train the head alone."
    )
