"""What the training loop eats: batches, their labels, and the way from a batch to class scores."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import find_head, preprocessing, stages
from chapter9_lib.models.modes import as_logits
from chapter9_lib.training.cache import ActivationCache, CacheRefused
from chapter9_lib.training.data import PhotoBatches, require_room
from chapter9_lib.training.history import History
from chapter9_lib.training.kept import VIEWS_NEEDED, KeptActivations
from chapter9_lib.training.labels import check_labels

__all__ = ["Feed", "Feeds"]

AUTO_LIMIT = 8 << 30


@dataclass(frozen=True)
class Feed:
    """One set of photos, ready for training or scoring.

    Attributes:
        source: gives the batch at given positions: photos, or what the frozen part of a network made of them.
        labels: int64 [N], on the device.
        score: from a batch to class scores [n, C].
    """

    source: PhotoBatches | KeptActivations
    labels: Tensor
    score: Callable[[Any], Tensor]


class Feeds:
    """The feeds of each phase of a training: all sets cached, or none. The history says which, and why.

    Args:
        model: on the device.
        sets: datasets by the name they go by in error messages; the first is trained on.
        phases: for each phase, the first stage that is trained, and whether training photos are seen in random views.
        device: where batches go.
        cache: "auto", "half", True or False, as in `fine_tune`.
        views: augmented views to keep of each training photo; 0: none.
        classes: what the head's outputs stand for, to match the sets' labels by name; None: by position.

    Raises:
        ValueError: for an empty set, a label or class without an output, an unknown `cache`, or what a later phase is
            known to fail at: cache=True where it would be wrong, views that take too much memory.
        TypeError: for a path in place of photos.
    """

    def __init__(
        self,
        model: nn.Module,
        sets: dict[str, Sequence[Any]],
        phases: Sequence[tuple[str, bool]],
        *,
        device: torch.device,
        cache: str | bool = "auto",
        views: int = 0,
        classes: list[str] | None = None,
    ) -> None:
        if cache not in ("auto", "half", True, False):
            raise ValueError(f'cache={cache!r}: "auto", "half", True or False is wanted')
        outputs = find_head(model).out_features
        self.labels = [check_labels(photos, outputs, name, classes).to(device) for name, photos in sets.items()]
        self.model, self.photos, self.phases, self.device = model, list(sets.values()), list(phases), device
        self.cache, self.views = cache, views
        self.kept: dict[tuple[str, bool], list[KeptActivations]] = {}
        self.decoded: list[PhotoBatches] = []
        for number, (until, augment) in enumerate(self.phases[1:], 2):
            self._refuse_ahead(number, until, augment)

    def for_phase(self, number: int, history: History) -> list[Feed]:
        """A feed for each set, for the model as it is frozen now.

        Args:
            number: of the phase.
            history: what is said of the cache is added to it, and the seconds it took.

        Raises:
            ValueError: with cache=True where it would be wrong.
        """
        self._forget_what_it_trains(number)
        kept = self._kept_for(number, history)
        sources = kept or self._photos()
        return [
            Feed(source, labels, source.score if kept else lambda batch: as_logits(self.model(batch)))
            for source, labels in zip(sources, self.labels, strict=True)
        ]

    def _refuse_ahead(self, number: int, until: str, augment: bool) -> None:
        """Say now what a later phase would say after those before it have been trained."""
        whole = until != "head" and until == stages(self.model)[0].name
        reasons = [f"nothing is frozen in front of {until}, the first stage"] if whole else []
        reasons += [VIEWS_NEEDED] if augment and not self.views else []
        if self.cache is True and reasons:
            raise CacheRefused(f"cache=True, but phase {number} can have none: {'; besides, '.join(reasons)}")
        if whole and self.views:
            require_room(self.views, self.photos[0], preprocessing(self.model))

    def _photos(self) -> list[PhotoBatches]:
        if not self.decoded:
            self.decoded = [
                PhotoBatches(photos, preprocessing(self.model), self.device, views=0 if at else self.views)
                for at, photos in enumerate(self.photos)
            ]
        return self.decoded

    def _kept_for(self, number: int, history: History) -> list[KeptActivations] | None:
        if self.cache is False:
            history.note_cache("not used: cache=False")
            return None
        start, (until, augment) = time.perf_counter(), self.phases[number]
        try:
            if reason := ActivationCache.reason_against(self.model, augment and not self.views, until):
                raise CacheRefused(reason)
            if (until, augment) not in self.kept:
                self._fill(number, history)
        except CacheRefused as refusal:
            if self.cache is True:
                raise
            history.note_cache(f"not used: {refusal}")
            return None
        finally:
            history.cache_seconds += time.perf_counter() - start
        return self.kept[until, augment]

    def _fill(self, number: int, history: History) -> None:
        """One pass over the photos, for this phase and all those after it whose boundary it can serve."""
        coming, augment = self._served_too(number), self.phases[number][1]
        try:
            caches = self._caches(coming, augment)
        except CacheRefused:
            if self.cache is True or len(coming) == 1:
                raise
            coming = coming[:1]  # a later phase's boundary must not cost this one its cache
            caches = self._caches(coming, augment)
        self.kept |= {(until, augment): [cache.kept[until] for cache in caches] for until in coming}
        size = sum(kept.bytes for cache in caches for kept in cache.kept.values()) / 2**20
        parts = ", ".join(f"{share:.0%} up to {until}" for until, share in caches[0].saved.items())
        history.note_cache(
            f"used: the backbone ran once over {sum(map(len, caches))} photos"
            f"{f' in {self.views} views' if augment else ''} (of its arithmetic {parts}), {size:.1f} MiB kept"
        )

    def _caches(self, untils: Sequence[str], augment: bool) -> list[ActivationCache]:
        """One for each set; the boundaries are found on the first."""
        limit = None if self.cache is True else AUTO_LIMIT
        caches: list[ActivationCache] = []
        for photos in self.photos:
            views, like = (0, caches[0]) if caches else (self.views if augment else 0, None)
            caches.append(ActivationCache(
                self.model, photos, until=untils, like=like, views=views, device=self.device, limit=limit,
                half=self.cache == "half",
            ))  # fmt: skip
        return caches

    def _forget_what_it_trains(self, number: int) -> None:
        """Boundaries behind the first stage that this phase trains are no good once it has begun."""
        if self.kept:
            names = [stage.name for stage in stages(self.model)]
            first = names.index(self.phases[number][0])
            self.kept = {cut: feeds for cut, feeds in self.kept.items() if names.index(cut[0]) <= first}

    def _served_too(self, number: int) -> list[str]:
        """The boundaries of this phase and of those after it, as far as nothing in front of them is trained before."""
        first, seen = self.phases[number]
        served = [first]
        if len(self.phases) > number + 1:
            names = [stage.name for stage in stages(self.model)]
            lowest = names.index(first)
            for until, augment in self.phases[number + 1 :]:
                place = names.index(until)
                if 0 < place < lowest and augment == seen and (self.views or not augment):
                    served.append(until)
                lowest = min(lowest, place)
        return served
