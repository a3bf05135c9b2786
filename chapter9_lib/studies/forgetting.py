"""What a fine-tuned network still knows of the task that it was borrowed from."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import find_head, unfreeze
from chapter9_lib.models.lora import require_merged
from chapter9_lib.training import Evaluation, evaluate

__all__ = ["with_old_head", "still_known"]


def with_old_head(tuned: nn.Module, original: nn.Module) -> nn.Module:
    """A copy of the original whose backbone is the tuned one's, norm statistics included.

    Args:
        tuned: trained on; its own head is left out.
        original: the network that was borrowed, with its head.

    Raises:
        ValueError: when the two backbones are not of the same build, or adapters are not merged.
    """
    require_merged(tuned, "which its old head would never see")
    whole, head = unfreeze(copy.deepcopy(original)), find_head(original)
    heads = tuple(f"{one.name}." for one in (head, *head.extra))
    own, given = whole.state_dict(), tuned.state_dict()
    names = [name for name in own if not name.startswith(heads)]
    if strange := [name for name in names if name not in given or given[name].shape != own[name].shape]:
        raise ValueError(f"The two networks are not of the same build: {strange[0]} differs, or is missing")
    with torch.no_grad():
        for name in names:
            own[name].copy_(given[name])
    return whole


def still_known(
    tuned: nn.Module, original: nn.Module, photos: Sequence[Any], *, device: str | torch.device | None = None
) -> Evaluation:
    """What a fine-tuned backbone scores on its old task, under its old head.

    Catastrophic forgetting (McCloskey and Cohen 1989), measured as what is left: the head is the original's and has
    not moved, so whatever is lost was lost by the backbone.

    Args:
        tuned: a network after fine-tuning.
        original: the one it was borrowed as, with its head.
        photos: of the original's task, (PIL image, label).
        device: where to; None picks.

    Raises:
        ValueError: when the two backbones are not of the same build, adapters are not merged, or the labels are not
            the original's.
    """
    return evaluate(with_old_head(tuned, original), photos, device=device)
