"""How a model sees two domains, told without labels of the second one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models import preprocessing
from chapter9_lib.models.features import head_input
from chapter9_lib.models.modes import evaluating
from chapter9_lib.training.data import PhotoBatches
from chapter9_lib.training.devices import mixed_precision, pick_device, place
from chapter9_lib.training.evaluation import predict
from chapter9_lib.training.inputs import require_photos
from chapter9_lib.training.linear_probe import linear_probe

__all__ = ["head_features", "information", "told_apart"]


def head_features(
    model: nn.Module, photos: Sequence[Any], *, device: str | torch.device | None = None, batch_size: int = 64
) -> Tensor:
    """What enters the head, [N, features] in float32 on the CPU.

    Args:
        model: a classifier; it is run in evaluation mode, and its weights and modes are left as they were.
        photos: a dataset of (PIL image, anything), or PIL images.
        device: where to, and the model stays there; None picks.
        batch_size: the most photos a pass.

    Raises:
        ValueError: for no photos.
    """
    _require_some(photos)
    chosen = pick_device(device)
    batches = PhotoBatches(photos, preprocessing(place(model, chosen)), chosen, memory_limit=0)
    with torch.no_grad(), evaluating(model), mixed_precision(chosen):
        rows = [head_input(model, batches.batch(indices)).float().cpu() for indices in batches.steps(batch_size)]
    return torch.cat(rows)


def told_apart(source: Tensor, target: Tensor, *, seed: int = 0) -> float:
    """How well a linear probe tells two domains apart: the share of held-out photos whose domain it names right.

    0.5 where it can't, 1 where it always can (Ben-David et al. 2007 make a distance of it, 2 (2 share - 1)). Half of
    the photos of each domain are learned from, as many of the one as of the other.

    Args:
        source, target: features [N, d] and [M, d], such as `head_features` gives; at least four rows each.
        seed: of the halves.

    Raises:
        ValueError: for too few photos.
    """
    count = min(len(source), len(target))
    if count < 4:
        raise ValueError(f"{len(source)} and {len(target)} photos are too few to learn from half of them")
    dice = torch.Generator().manual_seed(seed)
    drawn = [rows[torch.randperm(len(rows), generator=dice)[:count]] for rows in (source, target)]
    half = count // 2
    train, test = (torch.cat([rows[part] for rows in drawn]) for part in (slice(half), slice(half, count)))
    labels = [np.repeat([0, 1], size) for size in (half, count - half)]
    return linear_probe(train, labels[0], test, labels[1], decay=1e-2)


def information(model: nn.Module, photos: Sequence[Any], *, device: str | torch.device | None = None) -> float:
    """How sure a model is of each photo and how varied its answers are, in nats: an unsupervised score.

    The entropy of its mean answer less the mean entropy of its answers: 0 for a model that says the same of all, the
    logarithm of the classes for one that is sure and names each as often. It needs no label, and so may choose among
    methods and strengths where accuracy mustn't. It is no accuracy: one can be sure, varied and wrong. (Information
    maximisation, Krause et al. 2010; as a validator, Musgrave et al. 2022, arXiv 2208.07360.)

    Args:
        model: a classifier.
        photos: a dataset of (PIL image, anything), or PIL images, evenly of all classes as far as one knows.
        device: where to; None picks.

    Raises:
        ValueError: for no photos.
    """
    _require_some(photos)
    answers = predict(model, photos, device=device).double().clamp_min(1e-12)
    mean = answers.mean(0)
    return float((answers * answers.log()).sum(1).mean() - (mean * mean.log()).sum())


def _require_some(photos: Sequence[Any]) -> None:
    require_photos(photos)
    if not len(photos):
        raise ValueError("There are no photos, and so nothing to say of them")
