"""How much of a forward pass lies in front of a boundary."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from chapter9_lib.models.modes import evaluating
from chapter9_lib.training.crossing import Crossing, record

__all__ = ["share_run_once"]


def share_run_once(model: nn.Module, crossings: Iterable[Crossing], images: Tensor) -> float:
    """The share (0 to 1) of a forward pass's multiplications that are done once all of `crossings` are seen.

    Counted are convolutions, matrix products and attention, as torch's counter knows them.

    Args:
        model: on the device.
        crossings: of one boundary.
        images: a few photos as the network wants them.
    """
    with torch.no_grad(), evaluating(model):
        with FlopCounterMode(display=False) as whole:
            model(images)
        with FlopCounterMode(display=False) as part:
            record(model, crossings, images)
    return part.get_total_flops() / max(1, whole.get_total_flops())
