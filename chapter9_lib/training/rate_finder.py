"""Which learning rates are worth trying: one short run in which the rate grows step by step."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from chapter9_lib.models import find_head, frozen_until
from chapter9_lib.models.modes import training
from chapter9_lib.training.data import epoch_batches, norms_in_words
from chapter9_lib.training.devices import grad_scaler, mixed_precision, pick_device, place, seeded
from chapter9_lib.training.feeds import Feed, Feeds
from chapter9_lib.training.history import History
from chapter9_lib.training.inputs import require_photos
from chapter9_lib.training.labels import classes_to_train
from chapter9_lib.training.optimizers import parameter_groups
from chapter9_lib.training.progress import progress_bar

__all__ = ["RateSweep", "learning_rate_finder"]


@dataclass(frozen=True)
class RateSweep:
    """Loss against learning rate, each rate for one step, on top of the steps before.

    Attributes:
        rates: (S,), growing by the same factor.
        losses: (S,), of the batch before the step, smoothed.
    """

    rates: np.ndarray
    losses: np.ndarray

    @property
    def steepest(self) -> float:
        """The rate at which the loss falls fastest: a good one to begin with."""
        return float(self.rates[self._falling()])

    @property
    def highest(self) -> float:
        """The rate with the lowest loss: beyond it training breaks; stay a few times below."""
        return float(self.rates[self.losses.argmin()])

    def _falling(self) -> int:
        last = max(1, int(self.losses.argmin()))
        return int(np.diff(self.losses[: last + 1]).argmin())


def learning_rate_finder(
    model: nn.Module,
    train: Sequence[Any],
    *,
    lowest: float = 1e-6,
    highest: float = 1.0,
    steps: int = 100,
    batch_size: int = 64,
    weight_decay: float = 0.01,
    smoothing: float = 0.9,
    seed: int = 0,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> RateSweep:
    """The learning rate range test (Smith 2017, arXiv 1506.01186), for what takes gradients, with AdamW.

    A copy is trained: weights, norm statistics, gradients, modes and random numbers of the model stay as they are.

    Args:
        model: a classifier that carries its preprocessing, frozen as it will be trained.
        train: a dataset of (PIL image, label).
        lowest, highest: the first and the last rate.
        steps: how many rates.
        batch_size: photos a step.
        weight_decay: as in `fine_tune`.
        smoothing: share of the earlier losses in the running mean; 0: none.
        seed: of the shuffling and of the dropout.
        device: where to; None picks.
        progress: show a bar.

    Returns:
        The sweep, up to the step at which the loss was four times its best, or no longer a number.

    Raises:
        ValueError: for rates or steps that make no sense, a lowest rate at which the loss breaks already, nothing to
            train, or labels without an output.
    """
    if not 0 < lowest < highest or steps < 2 or not 0 <= smoothing < 1:
        raise ValueError(f"lowest={lowest}, highest={highest}, steps={steps}: 0 < lowest < highest, 2 steps are wanted")
    require_photos(train, "training photos")
    chosen = pick_device(device)
    rates = np.geomspace(lowest, highest, steps)
    with seeded(chosen, seed):
        tried = place(copy.deepcopy(model), chosen)
        classes = classes_to_train(tried, train, find_head(tried).out_features)
        feeds = Feeds(tried, {"training photos": train}, [(frozen_until(tried), False)], device=chosen, classes=classes)
        feed = feeds.for_phase(0, History())[0]
        optimizer = torch.optim.AdamW(parameter_groups(tried, lowest, weight_decay))
        with training(tried):
            losses = _losses(tried, feed, optimizer, rates, batch_size, smoothing, seed, progress)
    if len(losses) < 2:
        raise ValueError(f"The loss broke at the first rates: lower lowest={lowest}, or look at weights and photos")
    return RateSweep(rates[: len(losses)], np.array(losses))


def _losses(
    model: nn.Module, feed: Feed, optimizer: torch.optim.Optimizer, rates: np.ndarray, batch_size: int,
    smoothing: float, seed: int, show: bool,
) -> list[float]:  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    batches = islice(cycle(list(epoch_batches(len(feed.labels), batch_size, generator))), len(rates))
    losses: list[float] = []
    mean, scaler = 0.0, grad_scaler(feed.labels.device)
    for step, (rate, indices) in enumerate(progress_bar(list(zip(rates, batches, strict=True)), "rates", show)):
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        with mixed_precision(feed.labels.device), norms_in_words():
            scores = feed.score(feed.source.batch(indices))
        loss = F.cross_entropy(scores.float(), feed.labels[indices.to(feed.labels.device)])
        mean = smoothing * mean + (1 - smoothing) * loss.item()
        smooth = mean / (1 - smoothing ** (step + 1))
        if not math.isfinite(smooth) or (losses and smooth > 4 * min(losses)):
            break
        losses.append(smooth)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    return losses
