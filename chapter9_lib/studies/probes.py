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
from chapter9_lib.training.linear_probe import linear_probe

__all__ = ["probe_stages"]


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
        output = output.cpu() if output.device.type == "mps" else output  # whose pooling wants sizes that divide
        fields = tuple(min(wanted, size) for wanted, size in zip(grid, output.shape[2:], strict=True))
        return F.adaptive_avg_pool2d(output, fields).flatten(1)
    return output.mean(1) if output.dim() == 3 else output.flatten(1)
