"""Between where a network came from and where it was tuned to."""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from chapter9_lib.models.lora import require_merged
from chapter9_lib.models.modes import uncompiled

__all__ = ["interpolated"]


def interpolated(tuned: nn.Module, start: Mapping[str, Tensor], share: float) -> nn.Module:
    """A network between two: WiSE-FT (Wortsman et al. 2022, arXiv 2109.01903, eq. 1).

    Args:
        tuned: after fine-tuning; stays as it is.
        start: the state dict it was borrowed with. What it has not, or in another shape, such as the new head, is the
            tuned one's.
        share: of the tuned weights: 0 is the borrowed network, 1 the tuned one.

    Returns:
        A copy of `tuned` with weights and norm statistics in between, not compiled.

    Raises:
        ValueError: when the share is outside 0 to 1, adapters are not merged, or the two have no tensor in common.
        TypeError: for a network in place of its weights.
    """
    if isinstance(start, nn.Module):
        raise TypeError("start is a network, where its weights are wanted: start.state_dict()")
    if not 0 <= share <= 1:
        raise ValueError(f"share={share}: from 0, the borrowed network, to 1, the tuned one")
    require_merged(tuned, "and no other adapter to walk from")
    model = copy.deepcopy(uncompiled(tuned))
    start = {name.removeprefix("_orig_mod."): tensor for name, tensor in start.items()}
    own = model.state_dict()
    common = [name for name, tensor in own.items() if name in start and start[name].shape == tensor.shape]
    if not common:
        raise ValueError("The two have no tensor in common: pass the state dict of the network that was borrowed")
    with torch.no_grad():
        between = {
            name: torch.lerp(start[name].to(own[name]), own[name], share)
            for name in common if own[name].is_floating_point()
        }  # fmt: skip
        for name, tensor in between.items():  # once all are known: a tied tensor stands under several names
            own[name].copy_(tensor)
    return model
