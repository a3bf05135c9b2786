"""What the training loop eats: batches, their labels, and the way from a batch to class scores."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import find_head, preprocessing
from chapter9_lib.training.cache import ActivationCache, CacheRefused
from chapter9_lib.training.data import PhotoBatches
from chapter9_lib.training.evaluation import as_logits
from chapter9_lib.training.history import History
from chapter9_lib.training.labels import check_labels

__all__ = ["Feed", "make_feeds"]


@dataclass(frozen=True)
class Feed:
    """One set of photos, ready for training or scoring.

    Attributes:
        source: gives the batch at given positions: photos, or what a frozen backbone made of them.
        labels: int64 [N], on the device.
        score: from a batch to class scores [n, C].
    """

    source: PhotoBatches | ActivationCache
    labels: Tensor
    score: Callable[[Tensor], Tensor]


def make_feeds(
    model: nn.Module,
    sets: dict[str, Sequence[Any]],
    history: History,
    *,
    device: torch.device,
    cache: str | bool = "auto",
    augment: bool = False,
    classes: list[str] | None = None,
) -> list[Feed]:
    """A feed for each set; all of them cached, or none. The history says which, and why.

    Args:
        model: on the device.
        sets: datasets by the name they go by in error messages.
        history: its `cache` and `cache_seconds` are filled in.
        device: where batches go.
        cache: "auto", True or False, as in `fine_tune`.
        augment: whether training sees random views.
        classes: what the head's outputs stand for, to match the sets' labels by name; None: by position.

    Raises:
        ValueError: for an empty set, a label or class without an output, or cache=True where it would be wrong.
        TypeError: for a path in place of photos.
    """
    head = find_head(model)
    labels = [check_labels(photos, head.out_features, name, classes).to(device) for name, photos in sets.items()]
    cached = _cached(model, sets, history, device, cache, augment)
    sources = cached or [PhotoBatches(photos, preprocessing(model), device) for photos in sets.values()]

    def score(batch: Tensor) -> Tensor:
        return head.module(batch).flatten(1) if cached else as_logits(model(batch))

    return [Feed(source, target, score) for source, target in zip(sources, labels, strict=True)]


def _cached(
    model: nn.Module, sets: dict, history: History, device: torch.device, cache: str | bool, augment: bool
) -> list[ActivationCache] | None:
    if cache not in ("auto", True, False):
        raise ValueError(f'cache={cache!r}: "auto", True or False is wanted')
    if cache is False:
        history.cache = "not used: cache=False"
        return None
    start = time.perf_counter()
    try:
        if reason := ActivationCache.reason_against(model, augment):
            raise CacheRefused(reason)
        caches = [ActivationCache(model, photos, device=device) for photos in sets.values()]
    except CacheRefused as refusal:
        if cache is True:
            raise
        history.cache = f"not used: {refusal}"
        return None
    history.cache_seconds = time.perf_counter() - start
    size = sum(4 * stored.features.numel() for stored in caches) / 2**20
    history.cache = f"used: the backbone ran once over {sum(map(len, caches))} photos, {size:.1f} MiB kept"
    return caches
