"""A logistic regression on features: what can be read off them."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["linear_probe"]


def linear_probe(
    train: Tensor, labels: np.ndarray | Tensor, test: Tensor, test_labels: np.ndarray | Tensor, *, decay: float = 1e-3,
    standardise: bool = True,
) -> float:  # fmt: skip
    """The share of test rows that a logistic regression on the training rows names right.

    Multinomial, with the mean cross-entropy and `decay` times half the squared weights,
    minimised by L-BFGS.

    Args:
        train, test: [N, features], [M, features].
        labels, test_labels: [N], [M], from 0 on.
        decay: how much large weights cost.
        standardise: take each feature's mean on the training rows off, and divide by its deviation. (Not with a handful
            of rows: a deviation of five is hardly known.)

    Raises:
        ValueError: for rows and labels of different number, no rows, or labels below 0.
    """
    labels, test_labels = (torch.as_tensor(y, dtype=torch.long) for y in (labels, test_labels))
    if len(train) != len(labels) or len(test) != len(test_labels):
        raise ValueError(f"{len(train)} and {len(test)} rows, but {len(labels)} and {len(test_labels)} labels")
    if not (len(train) and len(test)):
        raise ValueError(f"{len(train)} rows to learn from and {len(test)} to score: some of each are wanted")
    if (lowest := int(min(labels.min(), test_labels.min()))) < 0:
        raise ValueError(f"A label is {lowest}: leave rows of no class out, rows[labels >= 0] and labels[labels >= 0]")
    train, test = train.float(), test.float()
    mean, deviation = (train.mean(0), train.std(0).clamp_min(1e-6)) if standardise else (0.0, 1.0)
    x, other = ((rows - mean) / deviation for rows in (train, test))
    classes = int(max(labels.max(), test_labels.max())) + 1
    weight, bias = torch.zeros(x.shape[1], classes, requires_grad=True), torch.zeros(classes, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = F.cross_entropy(x @ weight + bias, labels) + decay / 2 * weight.square().sum()
        value.backward()
        return value

    solver.step(loss)
    with torch.no_grad():
        return float(((other @ weight + bias).argmax(1) == test_labels).float().mean())
