"""What belongs together is drawn together, and apart from all else in the batch."""

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["contrastive_loss"]


def contrastive_loss(photos: Tensor, texts: Tensor, scale: float | Tensor) -> Tensor:
    """CLIP's loss (Radford et al. 2021, arXiv 2103.00020, figure 3; InfoNCE, van den Oord et al. 2018, both ways).

    The mean of two cross-entropies: which of the batch's texts belongs to each photo, and which photo to each text.

    Args:
        photos, texts: unit vectors [N, D]; row n of the one belongs to row n of the other.
        scale: what cosines are multiplied by.

    Raises:
        ValueError: for other shapes.
    """
    if photos.shape != texts.shape or photos.ndim != 2:
        raise ValueError(f"Vectors [N, D] of as many are wanted, not {list(photos.shape)} and {list(texts.shape)}")
    scores = scale * photos @ texts.T
    own = torch.arange(len(scores), device=scores.device)
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
