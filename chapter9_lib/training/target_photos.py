"""What photos of another domain can teach without a single label: their statistics, and a model's own best guesses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from chapter9_lib.models import preprocessing
from chapter9_lib.models.freezing import keeps_statistics, released
from chapter9_lib.models.modes import evaluating
from chapter9_lib.training.data import PhotoBatches, epoch_batches
from chapter9_lib.training.devices import mixed_precision, pick_device, place
from chapter9_lib.training.evaluation import predict

__all__ = ["PseudoLabels", "adapt_batchnorm", "pseudo_label"]


def adapt_batchnorm(
    model: nn.Module, photos: Sequence[Any], *, batch_size: int = 64, device: str | torch.device | None = None
) -> nn.Module:
    """Measure the statistics of every batch norm anew on other photos, in place: AdaBN (Li et al. 2016, arXiv
    1603.04779). Weights stay; labels are not looked at.

    Each norm gets the mean, over batches, of their means and variances, norm after norm in one pass: what a norm sees
    is what the norms before it make of the batch. Batches are drawn at random: in a folder that is sorted by class or
    camera, neighbours are too much alike for a variance.
    Broken off, it leaves the statistics as they were.

    Args:
        model: a classifier.
        photos: of the target: a dataset of (PIL image, anything), or PIL images.
        batch_size: photos a step; small ones measure variances badly.
        device: where to; None picks.

    Raises:
        ValueError: when the model has no batch norms, or there are fewer than two photos, in all or a step.
    """
    norms = list(filter(keeps_statistics, model.modules()))
    if not norms:
        raise ValueError(f"This {type(model).__name__} has no batch norms, so there are no statistics to adapt")
    if len(photos) < 2:
        raise ValueError(f"{len(photos)} photos have no variance: at least two are wanted, better some hundreds")
    if batch_size < 2:
        raise ValueError(f"batch_size={batch_size}: one photo has no variance; two at least are wanted, better dozens")
    chosen = pick_device(device)
    batches = PhotoBatches(photos, preprocessing(place(model, chosen)), chosen, memory_limit=0)
    with torch.no_grad(), evaluating(model), released(norms), mixed_precision(chosen):
        before = [(norm, norm.momentum) for norm in norms]
        held = [(buffer, buffer.clone()) for norm in norms for buffer in norm.buffers(recurse=False)]
        try:
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None  # a plain mean over the batches
                norm.train()
            for indices in epoch_batches(len(batches), batch_size, torch.Generator().manual_seed(0)):
                model(batches.batch(indices))
        except BaseException:
            for buffer, value in held:
                buffer.copy_(value)
            raise
        finally:
            for norm, momentum in before:
                norm.momentum = momentum
    return model


@dataclass(frozen=True)
class PseudoLabels:
    """A model's own answers, taken for labels where it is sure.

    Attributes:
        positions: of the photos that are kept, int64 [K].
        labels: what the model named them, int64 [K].
        confidence: how sure it was, [K].
        threshold: from which confidence on.
        of: how many photos were asked about.
    """

    positions: np.ndarray
    labels: np.ndarray
    confidence: np.ndarray
    threshold: float
    of: int

    @property
    def share(self) -> float:
        """The share of photos that are kept."""
        return len(self.positions) / self.of

    def right(self, truth: np.ndarray) -> float:
        """The share of the kept ones that are right, by labels that nobody has who adapts: for looking behind it."""
        return float((np.asarray(truth)[self.positions] == self.labels).mean()) if len(self.positions) else float("nan")


def pseudo_label(
    model: nn.Module, photos: Sequence[Any], threshold: float = 0.9, *, balance: bool = False,
    device: str | torch.device | None = None,
) -> PseudoLabels:  # fmt: skip
    """Label photos by the model itself, where it is sure (Lee 2013).

    Args:
        model: a classifier.
        photos: a dataset of (PIL image, anything), or PIL images. Their labels are not looked at.
        threshold: the least confidence, 0 to 1.
        balance: keep of each class as many as of the one that is named least among those named at all, the surest
            first; without it, a class that is named too often teaches the next model to name it more often still.
        device: where to; None picks.

    Raises:
        ValueError: when the threshold is outside 0 to 1, or there are no photos.
    """
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold={threshold}: a confidence from 0 to 1 is wanted")
    if not len(photos):
        raise ValueError("There is no photo to label")
    probabilities = predict(model, photos, device=device).numpy()
    labels, confidence = probabilities.argmax(1), probabilities.max(1)
    kept = np.flatnonzero(confidence >= threshold)
    if balance and len(kept):
        least = np.unique(labels[kept], return_counts=True)[1].min()
        surest = [kept[labels[kept] == name] for name in np.unique(labels[kept])]
        kept = np.sort(np.concatenate([own[np.argsort(-confidence[own], kind="stable")][:least] for own in surest]))
    return PseudoLabels(kept, labels[kept].astype(np.int64), confidence[kept], threshold, len(photos))
