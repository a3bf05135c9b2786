"""One number that makes a network as sure as it should be: temperature scaling."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models import find_head
from chapter9_lib.models.heads import linear_layers
from chapter9_lib.models.tying import tied_elsewhere

__all__ = ["fit_temperature", "fold_temperature"]

_RANGE = (0.05, 20.0)


def fit_temperature(
    probabilities: np.ndarray | Tensor, labels: np.ndarray | Tensor, *, doubt: float | None = None
) -> float:
    """The temperature at which the photos' true classes are likeliest (Guo et al. 2017, arXiv 1706.04599, 4.2).

    Class scores divided by it give probabilities that can be believed; which class is likeliest stays the same.

    Args:
        probabilities: (N, C) of photos that were not trained on; rows sum to 1.
        labels: (N,).
        doubt: how far from 1 it is likely to be, as a standard deviation of its logarithm, for sets so small that
            chance would decide (0.5 keeps it between 0.6 and 1.6 unless the photos say otherwise); None: as they say.

    Returns:
        Between 0.05 and 20; above 1 for a network that was too sure of itself.

    Raises:
        ValueError: without any photo, or for labels that are no columns.
    """
    logs = torch.as_tensor(probabilities, dtype=torch.float64).clamp_min(1e-12).log()
    truth = torch.as_tensor(labels, dtype=torch.long)
    if not len(logs) or len(logs) != len(truth) or int(truth.min()) < 0 or int(truth.max()) >= logs.shape[1]:
        raise ValueError(f"{tuple(logs.shape)} probabilities and {len(truth)} labels don't go together")

    def surprise(log_temperature: float) -> float:
        unlikely = 0.0 if doubt is None else (log_temperature / doubt) ** 2 / (2 * len(truth))
        return float(nn.functional.cross_entropy(logs / math.exp(log_temperature), truth)) + unlikely

    low, high = (math.log(bound) for bound in _RANGE)
    golden = (math.sqrt(5) - 1) / 2  # the loss has one valley in 1 / temperature, and so in its logarithm
    for _ in range(60):
        one, other = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, other) if surprise(one) < surprise(other) else (one, high)
    return math.exp((low + high) / 2)


@torch.no_grad()
def fold_temperature(model: nn.Module, temperature: float) -> nn.Module:
    """Divide a model's scores by a temperature, in place, by dividing its last layer's weights: nothing else is needed.

    Args:
        model: a classifier whose head ends in a linear layer, or a convolution of one by one.
        temperature: from `fit_temperature`.

    Raises:
        ValueError: when that layer's weights are used elsewhere too, or are computed from others (weight norm); nothing
            is changed then.
    """
    head = find_head(model)
    layers = [linear_layers(part.module)[-1] for part in (head, *head.extra)]
    if tied := next(filter(None, (tied_elsewhere(model, last) for last in layers)), None):
        raise ValueError(f"The head shares its weights with {tied}, which would be divided too: divide the scores")
    if any("weight" not in last._parameters for last in layers):
        raise ValueError("The head's weights are computed anew from others (weight norm, say): divide the scores")
    for last in layers:
        for parameter in (last.weight, last.bias):
            if parameter is not None:
                parameter.div_(temperature)
    return model
