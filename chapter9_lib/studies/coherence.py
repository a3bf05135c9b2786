"""Whether mini-batches pull a network the same way."""

import copy
from collections.abc import Sequence
from itertools import islice
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from chapter9_lib.models import find_head, preprocessing, stages
from chapter9_lib.models.modes import as_logits, evaluating
from chapter9_lib.training.data import PhotoBatches, epoch_batches
from chapter9_lib.training.devices import pick_device, place
from chapter9_lib.training.labels import check_labels, learned_classes

__all__ = ["gradient_coherence"]


def gradient_coherence(
    model: nn.Module, photos: Sequence[Any], *, batches: int = 16, batch_size: int = 32, seed: int = 0,
    device: str | torch.device | None = None,
) -> dict[str, float]:  # fmt: skip
    """Mean cosine between the loss gradients of different mini-batches, for each stage.

    1: every batch pulls the same way; 0: each its own way, and steps mostly undo one another. (Gradient coherence, as
    in Chatterjee 2020, arXiv 2002.10657, by its cosines.) Gradients are taken in evaluation mode, of all parameters,
    frozen or not; the model itself stays as it is.

    Args:
        model: a classifier.
        photos: (PIL image, label), at least two batches of them.
        batches: how many.
        batch_size: photos a batch; no photo is in two.
        seed: of the drawing.
        device: where to; None picks.

    Returns:
        The cosine for each stage, by its name, from stem to head.

    Raises:
        ValueError: for fewer photos than two batches, or labels that don't fit the head.
    """
    chosen = pick_device(device)
    tried = place(copy.deepcopy(model), chosen).requires_grad_(True)
    outputs = find_head(tried).out_features
    labels = check_labels(photos, outputs, classes=learned_classes(tried, outputs)).to(chosen)
    shown = PhotoBatches(photos, preprocessing(tried), chosen, memory_limit=0)
    order = epoch_batches(len(shown), batch_size, torch.Generator().manual_seed(seed))
    whole = [indices for indices in islice(order, batches) if len(indices) == batch_size]
    if len(whole) < 2:
        raise ValueError(
            f"{len(shown)} photos in at most {batches} batches of {batch_size} give {len(whole)}; "
            "two at least are wanted"
        )
    found: dict[str, list[torch.Tensor]] = {stage.name: [] for stage in stages(tried)}
    for indices in whole:
        tried.zero_grad(set_to_none=True)
        with evaluating(tried):
            F.cross_entropy(as_logits(tried(shown.batch(indices))).float(), labels[indices]).backward()
        for stage in stages(tried):
            slopes = [p.grad.flatten() for p in stage.parameters() if p.grad is not None]
            found[stage.name].append(F.normalize(torch.cat(slopes), dim=0) if slopes else torch.zeros(1))
    return {name: _mean_cosine(torch.stack(slopes)) for name, slopes in found.items()}


def _mean_cosine(directions: torch.Tensor) -> float:
    """Of all pairs of different rows, each of length 1."""
    count = len(directions)
    return float((directions.sum(0).square().sum() - directions.square().sum()) / (count * (count - 1)))
