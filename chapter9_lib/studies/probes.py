"""What can be read off each stage of a network: linear probes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models import preprocessing
from chapter9_lib.studies.outputs import stage_batches

__all__ = ["linear_probe", "probe_stages"]


def linear_probe(
    train: Tensor, labels: np.ndarray | Tensor, test: Tensor, test_labels: np.ndarray | Tensor, *, decay: float = 1e-3
) -> float:
    """The share of test rows that a logistic regression on the training rows names right.

    Multinomial, on standardised features, with the mean cross-entropy and `decay` times half the squared weights,
    minimised by L-BFGS.

    Args:
        train, test: [N, features], [M, features].
        labels, test_labels: [N], [M], from 0 on.
        decay: how much large weights cost.

    Raises:
        ValueError: for rows and labels of different number.
    """
    labels, test_labels = (torch.as_tensor(y, dtype=torch.long) for y in (labels, test_labels))
    if len(train) != len(labels) or len(test) != len(test_labels):
        raise ValueError(f"{len(train)} and {len(test)} rows, but {len(labels)} and {len(test_labels)} labels")
    train, test = train.float(), test.float()
    mean, deviation = train.mean(0), train.std(0).clamp_min(1e-6)
    x, other = ((rows - mean) / deviation for rows in (train, test))
    probe = nn.Linear(x.shape[1], int(max(labels.max(), test_labels.max())) + 1)
    nn.init.zeros_(probe.weight)
    nn.init.zeros_(probe.bias)
    solver = torch.optim.LBFGS(probe.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        value = F.cross_entropy(probe(x), labels) + decay / 2 * probe.weight.square().sum()
        value.backward()
        return value

    solver.step(loss)
    with torch.no_grad():
        return float((probe(other).argmax(1) == test_labels).float().mean())


def probe_stages(
    model: nn.Module, train: Sequence[Any], test: Sequence[Any], labels: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *, grid: tuple[int, int] = (2, 3), device: str | torch.device | None = None,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """How well each attribute of the photos can be read off each stage (Alain and Bengio 2016, arXiv 1610.01644).

    Args:
        model: a classifier.
        train: photos to fit the probes on.
        test: others, to score them on.
        labels: for each attribute, its labels for `train` and for `test`; -1 where a photo has none.
        grid: maps are averaged over so many fields (down, across), so that early stages are not judged by their size;
            tokens over all.
        device: where the model runs; None picks.

    Raises:
        ValueError: for an attribute that no photo of a set has.

    Returns:
        For each attribute, the share named right at each stage, by its name, from stem to head.
    """
    shown = [_features(model, photos, grid, device) for photos in (train, test)]
    found: dict[str, dict[str, float]] = {}
    for attribute, (known, asked) in labels.items():
        fit, score = (torch.as_tensor(y) for y in (known, asked))
        if not ((fit >= 0).any() and (score >= 0).any()):
            raise ValueError(f"No photo has a label for {attribute!r} in one of the two sets")
        found[attribute] = {
            stage: linear_probe(rows[fit >= 0], fit[fit >= 0], shown[1][stage][score >= 0], score[score >= 0])
            for stage, rows in shown[0].items()
        }
    return found


def _features(
    model: nn.Module, photos: Sequence[Any], grid: tuple[int, int], device: str | torch.device | None
) -> dict[str, Tensor]:
    height, width = preprocessing(model).size
    batches = [
        {name: _pooled(output, grid, height / width).cpu() for name, output in outputs.items()}
        for outputs in stage_batches(model, photos, device=device)
    ]
    return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}


def _pooled(output: Tensor, grid: tuple[int, int], aspect: float) -> Tensor:
    """One row of features a photo; of the two ways a map may lie in memory, the one with the photo's aspect."""
    if output.dim() == 4:
        _, one, two, three = output.shape
        off_first, off_last = (abs(math.log(ratio / aspect)) for ratio in (two / three, one / two))
        output = output.permute(0, 3, 1, 2) if off_last < off_first else output
        fields = tuple(min(wanted, size) for wanted, size in zip(grid, output.shape[2:], strict=True))
        return F.adaptive_avg_pool2d(output, fields).flatten(1)
    return output.mean(1) if output.dim() == 3 else output.flatten(1)
