"""Whether a model is right as often as it says."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

__all__ = ["Calibration", "calibration"]


@dataclass(frozen=True)
class Calibration:
    """A reliability diagram in numbers; empty bins hold NaN and count 0.

    Attributes:
        ece: expected calibration error, the mean gap between confidence and accuracy, weighted by count
            (Guo et al. 2017, arXiv 1706.04599).
        edges: bin edges on the confidence, (B + 1,).
        confidence: mean confidence in each bin, (B,).
        accuracy: share right in each bin, (B,).
        count: photos in each bin, (B,).
    """

    ece: float
    edges: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray


def calibration(probabilities: np.ndarray | Tensor, labels: np.ndarray | Tensor, bins: int = 10) -> Calibration:
    """Compare confidence with accuracy in `bins` equal steps of confidence.

    Args:
        probabilities: (N, C), rows sum to 1.
        labels: (N,), the true classes.
        bins: number of steps between 0 and 1.

    Raises:
        ValueError: when there are not as many labels as rows, no photos, or no bins.
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise ValueError(
            f"Probabilities (N, C) and labels (N,) are wanted, not {probabilities.shape} and {labels.shape}"
        )
    if not len(labels):
        raise ValueError("There are no photos, and so nothing to be calibrated by")
    if bins < 1:
        raise ValueError(f"bins={bins}: at least one is wanted")
    confidence = probabilities.max(1)
    right = (probabilities.argmax(1) == labels).astype(float)
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.digitize(confidence, edges[1:-1], right=True), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(place, confidence, bins) / count
        accuracy = np.bincount(place, right, bins) / count
    ece = float(np.nansum(np.abs(mean_confidence - accuracy) * count) / len(labels))
    return Calibration(ece, edges, mean_confidence, accuracy, count)
