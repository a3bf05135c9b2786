"""The landscape around a solution: the loss along a line between two sets of weights, and in random directions."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models import find_head, freeze_batchnorm, preprocessing, unfreeze
from chapter9_lib.models.freezing import keeps_statistics
from chapter9_lib.models.modes import as_logits, evaluating
from chapter9_lib.training.data import PhotoBatches, epoch_batches
from chapter9_lib.training.devices import mixed_precision, pick_device, place
from chapter9_lib.training.labels import check_labels, learned_classes

__all__ = ["LossLine", "loss_line", "sharpness"]

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class LossLine:
    """Loss along a straight line in the space of weights.

    Attributes:
        places: (P,), 0 at the first weights, 1 at the second.
        losses: (P,), mean cross-entropy.
        accuracies: (P,), share named right.
    """

    places: np.ndarray
    losses: np.ndarray
    accuracies: np.ndarray

    @property
    def barrier(self) -> float:
        """How far the loss rises above the straight line between its two ends; 0 where it never does."""
        ends = np.interp([0.0, 1.0], self.places, self.losses)
        between = (self.places >= 0) & (self.places <= 1)
        chord = ends[0] + (ends[1] - ends[0]) * self.places[between]
        return float(max(0.0, (self.losses[between] - chord).max()))


def loss_line(
    model: nn.Module, first: Weights, second: Weights, photos: Sequence[Any], *, places: Iterable[float] | None = None,
    batch_size: int = 64, device: str | torch.device | None = None,
) -> LossLine:  # fmt: skip
    """Loss and accuracy of the networks between two sets of weights (Goodfellow et al. 2015, arXiv 1412.6544).

    The statistics of batch norms are measured anew on the photos at every place: a mean of two networks' statistics
    belongs to neither, and would build a hill where there is none.

    Args:
        model: gives the architecture; stays as it is.
        first, second: two of its state dicts, such as those before and after a training.
        photos: (PIL image, label).
        places: where to look, 0 the first weights, 1 the second; None: 31 places from -0.25 to 1.25.
        batch_size: photos a step.
        device: where to; None picks.

    Raises:
        ValueError: when the two are not of the model's architecture, or labels don't fit its head.
        TypeError: for networks in place of their weights.
    """
    if isinstance(first, nn.Module) or isinstance(second, nn.Module):
        raise TypeError(
            "Weights are wanted, not networks: loss_line(model, first.state_dict(), second.state_dict(), ...)"
        )
    if first.keys() != second.keys() or first.keys() != model.state_dict().keys():
        raise ValueError("The two sets of weights are not of this model: pass two of its state_dict()s")
    probe = _Probe(model, photos, batch_size, device)
    spots = np.linspace(-0.25, 1.25, 31) if places is None else np.array(sorted(places), dtype=float)
    found = []
    for spot in spots:
        probe.put({name: _between(first[name], second[name], float(spot)) for name in first})
        found.append(probe.score(refresh=True))
    losses, accuracies = np.array(found).T
    return LossLine(spots, losses, accuracies)


def sharpness(
    model: nn.Module, photos: Sequence[Any], *, radius: float = 0.1, directions: int = 10, seed: int = 0,
    batch_size: int = 64, device: str | torch.device | None = None,
) -> np.ndarray:  # fmt: skip
    """How far the loss rises when every filter is moved by `radius` of its own length, in random directions.

    Filter-wise normalised directions (Li et al. 2018, arXiv 1712.09913), so that networks of different scale can be
    compared; norms and biases stay as they are.

    Args:
        model: a classifier; stays as it is.
        photos: (PIL image, label).
        radius: length of the step, as a share of each filter's.
        directions: how many.
        seed: of the directions.
        batch_size: photos a step.
        device: where to; None picks.

    Returns:
        (directions,), loss there minus loss here.

    Raises:
        ValueError: for no direction, or labels that don't fit the head.
    """
    if directions < 1:
        raise ValueError(f"directions={directions}: at least one is wanted")
    probe = _Probe(model, photos, batch_size, device)
    here, generator = probe.score()[0], torch.Generator().manual_seed(seed)
    weights = {name: tensor.clone() for name, tensor in probe.model.state_dict().items()}
    matrices = {name for name, parameter in probe.model.named_parameters() if parameter.ndim > 1}
    rises = []
    for _ in range(directions):
        moved = {name: _moved(tensor, radius, generator) for name, tensor in weights.items() if name in matrices}
        probe.put(weights | moved)
        rises.append(probe.score()[0] - here)
    return np.array(rises)


class _Probe:
    """A copy of a model that is given weights and scored on the same photos again and again."""

    def __init__(
        self, model: nn.Module, photos: Sequence[Any], batch_size: int, device: str | torch.device | None
    ) -> None:
        self.device = pick_device(device)
        self.model = freeze_batchnorm(unfreeze(place(copy.deepcopy(model), self.device)), frozen=False)
        outputs = find_head(model).out_features
        self.labels = check_labels(photos, outputs, classes=learned_classes(model, outputs)).to(self.device)
        self.batches, self.step = PhotoBatches(photos, preprocessing(model), self.device), batch_size

    def put(self, weights: Weights) -> None:
        self.model.load_state_dict(weights)

    def score(self, refresh: bool = False) -> tuple[float, float]:
        """(mean loss, share right); with `refresh` the norms' statistics are measured first."""
        steps = list(epoch_batches(len(self.labels), self.step))
        if refresh:
            self._refresh(steps)
        loss, right = 0.0, 0
        with torch.inference_mode(), evaluating(self.model), mixed_precision(self.device):
            for indices in steps:
                scores, labels = as_logits(self.model(self.batches.batch(indices))).float(), self.labels[indices]
                loss += F.cross_entropy(scores, labels, reduction="sum").item()
                right += int((scores.argmax(1) == labels).sum())
        return loss / len(self.labels), right / len(self.labels)

    def _refresh(self, steps: Sequence[Tensor]) -> None:
        norms = list(filter(keeps_statistics, self.model.modules()))
        if not norms:
            return
        before = [(norm, norm.momentum, norm.training) for norm in norms]
        with evaluating(self.model), torch.no_grad(), mixed_precision(self.device):
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None  # a plain mean over the batches
                norm.train()
            for indices in _without_crumbs(steps):
                self.model(self.batches.batch(indices))
        for norm, momentum, mode in before:
            norm.momentum, norm.training = momentum, mode


def _without_crumbs(steps: Sequence[Tensor]) -> list[Tensor]:
    """Batches of which each counts the same in a mean: a last one of less than half joins the one before."""
    *before, last = steps
    crumb = bool(before) and len(last) < len(before[-1]) / 2
    return [*before[:-1], torch.cat([before[-1], last])] if crumb else [*before, last]


def _between(first: Tensor, second: Tensor, place: float) -> Tensor:
    if not first.is_floating_point():
        return second
    return torch.lerp(first.float().cpu(), second.float().cpu(), place)


def _moved(tensor: Tensor, radius: float, generator: torch.Generator) -> Tensor:
    step = torch.randn(tensor.shape, generator=generator).to(tensor)
    rows = tensor.flatten(1).norm(dim=1) / step.flatten(1).norm(dim=1).clamp_min(1e-12)
    return tensor + radius * step * rows.view(-1, *[1] * (tensor.ndim - 1))
