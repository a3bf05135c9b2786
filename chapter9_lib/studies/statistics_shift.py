"""How far photos are from those that a network's batch norms have seen: feature statistics, no labels."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models.freezing import keeps_statistics
from chapter9_lib.training import predict

__all__ = ["statistics_shift"]


@dataclass
class _Moments:
    """Of the channels of all that a norm is given: sums of values and of squares."""

    count: int = 0
    sums: Tensor | float = 0.0
    squares: Tensor | float = 0.0

    def add(self, norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """A forward pre-hook: (photos, channels, ...) as the norm is given it."""
        values = inputs[0].detach().transpose(0, 1).flatten(1)
        variance, mean = (found.cpu().double() for found in torch.var_mean(values.float(), dim=1, correction=0))
        many = values.shape[1]
        self.count += many
        self.sums = self.sums + many * mean
        self.squares = self.squares + many * (variance + mean**2)

    def divergence(self, norm: nn.Module) -> float:
        """The median over channels of the Kullback-Leibler divergence, in nats, from what the norm keeps."""
        mean = self.sums / self.count
        variance = (self.squares / self.count - mean**2).clamp_min(norm.eps)
        kept, spread = norm.running_mean.cpu().double(), norm.running_var.cpu().double().clamp_min(norm.eps)
        found = 0.5 * ((spread / variance).log() + (variance + (mean - kept) ** 2) / spread - 1)
        return float(found.median())


def statistics_shift(
    model: nn.Module, photos: Sequence[Any], *, device: str | torch.device | None = None
) -> float | None:  # fmt: skip
    """How unlike the photos a network was trained on these look to it, in nats a channel: 0, just like them.

    Every batch norm keeps the mean and variance of each channel as it met them in training (Ioffe and Szegedy 2015,
    arXiv 1502.03167). Here they are measured on other photos, on their way through the network in evaluation mode, and
    compared as normal distributions: the Kullback-Leibler divergence of the new one from the kept one, the median over
    a norm's channels (some are all but dead), the mean over norms. Such statistics are what tells domains apart (Li et
    al. 2016, arXiv 1603.04779); labels are not looked at, so it says nothing of what is known of a task.

    Args:
        model: a classifier; it is left as it was.
        photos: a dataset of (PIL image, anything), or PIL images.
        device: where to; None picks.

    Returns:
        None for a network without norms that keep statistics, or that never calls them.

    Raises:
        ValueError: without a photo.
    """
    norms = [module for module in model.modules() if keeps_statistics(module)]
    if not norms:
        return None
    if not len(photos):
        raise ValueError("No photos: nothing can be said of how they look")
    met = {norm: _Moments() for norm in norms}
    with ExitStack() as hooks:
        for norm, moments in met.items():
            hooks.callback(norm.register_forward_pre_hook(moments.add).remove)
        if "torch._dynamo" in sys.modules:
            torch.compiler.reset()  # compiled code knows nothing of hooks that came later
        predict(model, photos, device=device)
    found = [moments.divergence(norm) for norm, moments in met.items() if moments.count]
    return fmean(found) if found else None
