"""How near a new task is to what a network has learned: what its features know of the labels, and how its norms find
the photos. Measured, not judged by the look of them."""

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models import reinitialize
from chapter9_lib.models.freezing import keeps_statistics
from chapter9_lib.studies.statistics_shift import statistics_shift
from chapter9_lib.studies.transferability import leep, logme
from chapter9_lib.training import adapt_batchnorm, head_features, linear_probe, predict
from chapter9_lib.training.devices import seeded
from chapter9_lib.training.inputs import known_of
from chapter9_lib.training.labels import labels_of
from chapter9_lib.worlds.splits import assign_groups

__all__ = ["Similarity", "domain_similarity"]

_FOLDS, _LEAST = 5, 2


@dataclass(frozen=True)
class Similarity:
    """What a network's features know of a task that it was never trained for.

    Attributes:
        borrowed: share of photos that a linear probe on its features names right, cross-validated.
        untrained: the same for the same network with random weights, its norms measured on these photos.
        commonest: share of the commonest class.
        logme: evidence of the features, in nats a photo.
        logme_untrained: that of the random network's.
        leep: of the network's own answers; None where it was borrowed without them.
        photos: how many were asked.
        shift: how unlike the network's own photos these look to its norms, in nats a channel (`statistics_shift`); None
            where no norm keeps statistics.
    """

    borrowed: float
    untrained: float
    commonest: float
    logme: float
    logme_untrained: float
    leep: float | None
    photos: int
    shift: float | None = None

    @property
    def known(self) -> float:
        """Of what random features leave wrong, the share that borrowed ones name right: 1 all of it, 0 none; below 0
        where random features do better."""
        return (self.borrowed - self.untrained) / max(1 - self.untrained, 1e-3)

    def __str__(self) -> str:
        probed = (
            f"a linear probe names {self.borrowed:.0%} right on borrowed features and {self.untrained:.0%} on random "
            f"ones (always the commonest class: {self.commonest:.0%}); known already: {self.known:.0%}"
        )
        if self.shift is None:
            return probed
        return f"{probed}; shift of its batch norms: {self.shift:.2g} nats (0: just like its own photos)"


def domain_similarity(
    model: nn.Module, photos: Sequence[Any], *, own_head: bool = False, seed: int = 0,
    device: str | torch.device | None = None,
) -> Similarity:  # fmt: skip
    """Measure how near a task is to what a network was trained on: what its features know of the labels, and how unlike
    its own photos these look to it. The two need not go together.

    Cross-validated in up to five folds, whole groups at a time where the photos know theirs; so every class needs two
    groups. The control is the same network with random weights: what it names right, any features do.

    Args:
        model: a borrowed classifier; its weights and statistics are left as they were.
        photos: a dataset of (PIL image, label) with `.labels`, and perhaps `.groups`.
        own_head: the model still has the head that it came with, so that LEEP (`leep`) can be told as well.
        seed: of the folds and of the random weights.
        device: where to; None picks.

    Raises:
        ValueError: when a class has fewer than two groups of photos.
    """
    labels = labels_of(photos, "photos")
    folds = _folds(labels, known_of(photos, "groups"), seed)
    networks = (model, _untrained(model, photos, seed, device))
    found = [head_features(network, photos, device=device) for network in networks]
    probed = [_cross_validated(rows, labels, folds) for rows in found]
    evidence = [logme(rows, labels) for rows in found]
    answers = predict(model, photos, device=device) if own_head else None
    return Similarity(
        *probed, float(np.bincount(labels).max() / len(labels)), *evidence,
        None if answers is None else leep(answers, labels), len(labels), statistics_shift(model, photos, device=device),
    )  # fmt: skip


def _untrained(model: nn.Module, photos: Sequence[Any], seed: int, device: str | torch.device | None) -> nn.Module:
    """The network with fresh weights in every stage, its norms measured on the photos."""
    twin = copy.deepcopy(model)
    with seeded(next(twin.parameters()).device, seed):
        reinitialize(twin, "stem")
    if any(map(keeps_statistics, twin.modules())):
        adapt_batchnorm(twin, photos, device=device)
    return twin


def _folds(labels: np.ndarray, groups: Sequence[object] | None, seed: int) -> np.ndarray:
    """The fold of each photo, whole groups at a time, the groups of each class spread over the folds."""
    names = np.arange(len(labels)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    random, fold = np.random.default_rng(seed), np.full(len(labels), -1)
    pairs = set(zip(names.tolist(), labels.tolist(), strict=True))
    fewest = min(Counter(label for _, label in pairs).values())
    if fewest < _LEAST:
        raise ValueError("A class has photos of one group only: similarity needs two, to learn from and to score on")
    count, of = min(_FOLDS, fewest), {}
    if len(pairs) > len(set(names.tolist())):  # a group shows several classes, as a camera does
        return assign_groups(labels, names, np.full(count, 1 / count), seed)
    firsts = {group: label for group, label in zip(names[::-1], labels[::-1], strict=True)}
    own = {label: random.permutation([g for g, first in firsts.items() if first == label]) for label in set(labels)}
    for some in own.values():
        of |= {group: at % count for at, group in enumerate(some)}
    for at, group in enumerate(names):
        fold[at] = of[group]
    return fold


def _cross_validated(rows: Tensor, labels: np.ndarray, folds: np.ndarray) -> float:
    right = 0.0
    for number in np.unique(folds):
        held = folds == number
        share = linear_probe(rows[~held], labels[~held], rows[held], labels[held])
        right += share * held.sum()
    return right / len(labels)
