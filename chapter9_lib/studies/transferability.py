"""How well a network's features or answers fit new labels, without training it: LogME and LEEP."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

__all__ = ["leep", "logme", "rank_correlation"]

_ROUNDS, _TOLERANCE = 300, 1e-8
_MOST_CERTAIN = 1e12
"""The highest precision that noise may be given: labels that features fit without any error have no end to it."""

Numbers = np.ndarray | Tensor


def leep(probabilities: Numbers, labels: Numbers) -> float:
    """Log expected empirical prediction (Nguyen et al. 2020, arXiv 2002.12462, eq. 2): at most 0, higher is better.

    Read the network's answers in its own classes as a dummy: how well do they, by what each of its classes stood for
    among these photos, predict the new labels?

    Args:
        probabilities: [N, Z], what the borrowed network, head and all, says of N photos in its own Z classes.
        labels: [N], the new ones, any whole numbers.

    Raises:
        ValueError: for rows that are no probabilities, or as many labels as there are not rows.
    """
    rows, classes = _floats(probabilities), _classes(labels, len(probabilities))
    if rows.ndim != 2 or (rows < 0).any() or not np.allclose(rows.sum(1), 1, atol=1e-3):
        raise ValueError("LEEP wants probabilities [N, Z], rows that sum to 1: scores.softmax(1)")
    joint = np.eye(classes.max() + 1)[classes].T @ rows / len(rows)  # [Y, Z]
    mass = joint.sum(0)
    given = np.divide(joint, mass, out=np.zeros_like(joint), where=mass > 0)
    return float(np.log((rows @ given.T)[np.arange(len(rows)), classes]).mean())


def logme(features: Numbers, labels: Numbers) -> float:
    """Log maximum evidence of a linear model on the features, per photo (You et al. 2021, arXiv 2102.11005).

    One Bayesian regression a class, on 0 and 1, with its two precisions at the maximum of the evidence; then the mean.
    Exact for fewer photos than features too, where the authors' fast form drops the determinant's terms of the
    directions in which there are no photos.

    Args:
        features: [N, D], of N photos.
        labels: [N], any whole numbers.

    Returns:
        Nats a photo; higher is better. Comparable between features of the same photos only.

    Raises:
        ValueError: when features and labels don't go together, or there is one class only.
    """
    rows, classes = _floats(features), _classes(labels, len(features))
    if rows.ndim != 2:
        raise ValueError(f"LogME wants features [N, D], one row a photo, not {rows.shape}")
    if classes.max() < 1:
        raise ValueError("LogME compares classes: these labels have one only")
    left, singular, _ = np.linalg.svd(rows, full_matrices=False)
    targets = np.eye(classes.max() + 1)[classes].T
    return float(np.mean([_evidence(left, singular**2, rows.shape, target) for target in targets]))


def _evidence(left: np.ndarray, squares: np.ndarray, shape: tuple[int, int], target: np.ndarray) -> float:
    """The highest log evidence of one regression, per photo (Bishop 2006, eq. 3.86, with MacKay's fixed point)."""
    count, width = shape
    along = (left.T @ target) ** 2  # of the target, in each direction of the features
    beyond = max(float(target @ target - along.sum()), 0.0)  # what no weights can fit
    alpha, beta, best = 1.0, 1.0, -np.inf
    for _ in range(_ROUNDS):
        shrunk = alpha + beta * squares
        error = float((along * (alpha / shrunk) ** 2).sum()) + beyond
        length = float((along * squares * (beta / shrunk) ** 2).sum())
        determinant = float(np.log(shrunk).sum()) + (width - len(squares)) * np.log(alpha)
        value = 0.5 * (count * np.log(beta) + width * np.log(alpha) - count * np.log(2 * np.pi)
                       - beta * error - alpha * length - determinant)  # fmt: skip
        if abs(value - best) <= _TOLERANCE * max(abs(value), 1.0):
            break
        best = value
        free = float((beta * squares / shrunk).sum())
        alpha = min(free / length, _MOST_CERTAIN) if length > 0 else _MOST_CERTAIN
        beta = min((count - free) / error, _MOST_CERTAIN) if error > 0 else _MOST_CERTAIN
    return value / count


def _floats(values: Numbers) -> np.ndarray:
    return np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values, dtype=np.float64)


def _classes(labels: Numbers, count: int) -> np.ndarray:
    found = np.asarray(labels.detach().cpu() if isinstance(labels, Tensor) else labels)
    if found.shape != (count,):
        raise ValueError(f"{count} rows, but labels of shape {found.shape}: one label a row is wanted")
    if not count:
        raise ValueError("There are no rows, and so nothing that labels could fit")
    return np.unique(found, return_inverse=True)[1]


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Whether what one score puts first the other does too: 1 always, 0 no more than by chance, -1 the other way round.

    Spearman's: the correlation of the ranks, equal values sharing the mean of theirs.

    Args:
        one, other: scores of the same things, N each.

    Raises:
        ValueError: for fewer than three, or different numbers of them.
    """
    if len(one) != len(other) or len(one) < 3:
        raise ValueError(f"{len(one)} and {len(other)} scores: as many of each are wanted, three at least")
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray:
    _, place, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = counts.cumsum()
    return (last - (counts - 1) / 2)[place]
