"""What a training would take, counted before it is begun."""

import copy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from chapter9_lib.models import preprocessing

__all__ = ["operations"]

_BACK = 2.0
"""A step back takes about twice what the step forward took: gradients of the inputs, and of the weights."""


def operations(model: nn.Module, photos: int, epochs: int) -> float:
    """Additions and multiplications of training every layer, forward and back, as torch counts them.

    They are the same on every machine, as seconds are not; what a machine does in a second differs by the layers.

    Args:
        model: left as it is.
        photos: a pass.
        epochs: passes.
    """
    height, width = preprocessing(model).size
    parameter = next(model.parameters())
    image = torch.zeros(1, 3, height, width, device=parameter.device, dtype=parameter.dtype)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        copy.deepcopy(model).eval()(image)
    return counter.get_total_flops() * (1 + _BACK) * photos * epochs
