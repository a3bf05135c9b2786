"""Whether two networks see alike: centred kernel alignment between their stages."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.studies.outputs import stage_batches

__all__ = ["cka", "unbiased_hsic"]


def cka(
    first: nn.Module, second: nn.Module, photos: Sequence[Any], *, batch_size: int = 64,
    device: str | torch.device | None = None,
) -> np.ndarray:  # fmt: skip
    """Similarity of every stage of one network with every stage of another, on the same photos.

    Linear CKA (Kornblith et al. 2019, arXiv 1905.00414), from batches without bias (Nguyen et al. 2020,
    arXiv 2010.15327, eq. 3): 1 for features that differ by a rotation and a scale only, about 0 for unrelated ones.

    Args:
        first, second: two classifiers, each with its own preprocessing.
        photos: a dataset of (PIL image, label).
        batch_size: photos a batch; at least 4. A last batch of fewer than 4 is left out.
        device: where to; None picks.

    Returns:
        (stages of the first, stages of the second).

    Raises:
        ValueError: for batches or sets of fewer than four photos.
    """
    if batch_size < 4 or len(photos) < 4:
        raise ValueError(f"{len(photos)} photos in batches of {batch_size}: CKA needs at least four photos a batch")
    sums: tuple[Tensor, Tensor, Tensor] | None = None
    batches = (stage_batches(model, photos, batch_size=batch_size, device=device) for model in (first, second))
    for one, other in zip(*batches, strict=True):
        rows, columns = ([_gram(x) for x in outputs.values()] for outputs in (one, other))
        if len(rows[0]) < 4:
            continue
        cross = torch.tensor([[unbiased_hsic(k, m) for m in columns] for k in rows], dtype=torch.float64)
        own = [torch.tensor([unbiased_hsic(k, k) for k in grams], dtype=torch.float64) for grams in (rows, columns)]
        sums = (cross, *own) if sums is None else tuple(a + b for a, b in zip(sums, (cross, *own), strict=True))
    cross, left, right = sums
    return (cross / (left.clamp_min(0).sqrt()[:, None] * right.clamp_min(0).sqrt()[None, :])).numpy()


def unbiased_hsic(k: Tensor, m: Tensor) -> float:
    """The Hilbert-Schmidt independence criterion of two Gram matrices, without bias (Song et al. 2012, eq. 5).

    Args:
        k, m: [n, n], n of at least 4.
    """
    n = len(k)
    k, m = (gram - torch.diag(gram.diagonal()) for gram in (k, m))
    total = (k * m.T).sum() + k.sum() * m.sum() / ((n - 1) * (n - 2)) - 2 * (k.sum(0) @ m.sum(1)) / (n - 2)
    return float(total / (n * (n - 3)))


def _gram(features: Tensor) -> Tensor:
    features = features.flatten(1).cpu().double()  # MPS has no double
    return features @ features.T
