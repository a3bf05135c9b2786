"""Frozen layers are run once: what they hand to the thawed ones is kept, and training goes on from there."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import frozen_until, preprocessing, stages, what_moves
from chapter9_lib.paths import home
from chapter9_lib.training.activation_files import fingerprint, make_room
from chapter9_lib.training.arithmetic import share_run_once
from chapter9_lib.training.boundary import Boundary, boundary_at
from chapter9_lib.training.crossing import CacheRefused, record
from chapter9_lib.training.data import PhotoBatches, is_steady
from chapter9_lib.training.devices import pick_device, place
from chapter9_lib.training.head_boundary import HeadBoundary
from chapter9_lib.training.inputs import require_photos
from chapter9_lib.training.kept import VIEWS_NEEDED, KeptActivations

__all__ = ["ActivationCache", "CacheRefused"]

MEMORY_LIMIT = 512 << 20
_PROBED = 6


class ActivationCache:
    """What the frozen part of a network hands to the rest, for every photo, computed in one pass.

    Small caches live in memory. Larger ones, or those given a folder, are memory-mapped files named by a
    fingerprint of weights, photos and preprocessing, so that a later run finds them and a stale one never is. Under
    `home()` the longest unused give way to new ones (`activation_files.BUDGET`).

    Args:
        model: frozen by `freeze(model, until)`; carries its preprocessing.
        photos: a dataset of (PIL image, label).
        until: the first stage that is trained on what is kept, or several such stages, for the phases of a training,
            all filled in the same pass; None: the first thawed one.
        directory: keep the activations in files here; None: in memory while they fit, else under `home()`.
        device: where the backbone runs; None picks.
        batch_size: photos a step of the one pass.
        views: how many augmented views of each photo to keep; 0: the photos as they are.
        half: keep half-precision numbers, in half the space; training then differs by their rounding.
        seed: of the views.
        limit: the most bytes they may take; None: as many as there are.
        like: a cache of other photos for this very model, whose boundaries serve here too; stands in for `until`.

    Attributes:
        kept: the activations at each boundary, by the stage's name.
        features: [N, ...], the first tensor at the first boundary: with "head", what enters the head.
        reused: True when all activations were found on disk.
        saved: the share of a forward pass's arithmetic that is not run again, at each boundary, by the stage's name.

    Raises:
        CacheRefused: a ValueError, where a cache would be wrong (see `reason_against`; or a dataset changes its photos
            at random itself) or larger than `limit`.
        ValueError: when there are no photos, no such stage, or a number makes no sense.
        TypeError: for a path in place of photos.
        OSError: when the disk is full; nothing half-written stays behind.
    """

    def __init__(
        self,
        model: nn.Module,
        photos: Sequence[Any],
        *,
        until: str | Sequence[str] | None = None,
        directory: str | Path | None = None,
        device: str | torch.device | None = None,
        batch_size: int = 64,
        views: int = 0,
        half: bool = False,
        seed: int = 0,
        limit: int | None = None,
        like: "ActivationCache | None" = None,
    ) -> None:
        require_photos(photos)
        if not len(photos):
            raise ValueError("The photos are empty: there is nothing to cache")
        if isinstance(until, Sequence) and not until:
            raise ValueError("until names no stage: name the first one that is trained, or several")
        if views < 0:
            raise ValueError(f"views={views}: at least 0 is wanted")
        if not is_steady(photos):
            raise CacheRefused("the dataset changes its photos each time it is asked (random transforms of its own)")
        self.device = pick_device(device)
        batches = PhotoBatches(photos, preprocessing(place(model, self.device)), self.device, memory_limit=0)
        if like is None:
            wanted = [frozen_until(model)] if until is None else [until] if isinstance(until, str) else list(until)
            probe = batches.batch(_spread(len(batches)))
            boundaries = [self._boundary(model, stage, probe) for stage in wanted]
            self.saved = {cut.until: share_run_once(model, cut.crossings, probe[:3]) for cut in boundaries}
        else:
            boundaries, self.saved = [kept.boundary for kept in like.kept.values()], like.saved
        self.kept = {cut.until: KeptActivations(cut, len(batches), views, self.device, half) for cut in boundaries}
        if limit is not None and (size := sum(kept.bytes for kept in self.kept.values())) > limit:
            raise CacheRefused(f"the activations would take {size / 2**30:.1f} GiB")
        self._fill(model, photos, batches, directory, batch_size, seed)
        self.reused = all(kept.reused for kept in self.kept.values())
        self.features = next(iter(self.kept.values())).tensors[0]

    def _boundary(self, model: nn.Module, until: str, probe: Tensor) -> Boundary | HeadBoundary:
        if reason := self.reason_against(model, until=until):
            raise CacheRefused(reason)
        return boundary_at(model, until, probe)

    @staticmethod
    def reason_against(model: nn.Module, augment: bool = False, until: str = "head") -> str | None:
        """Why cached activations would differ from running the frozen part each time; None where they don't.

        Args:
            model: the model to be trained.
            augment: whether training sees random views that are not kept.
            until: the first stage that is trained; the very first one has nothing in front of it.
        """
        if until != "head" and until == stages(model)[0].name:
            until = "head"  # which names what keeps the whole backbone from standing still
        reasons = [reason for reason in (what_moves(model, until), VIEWS_NEEDED if augment else None) if reason]
        return "; besides, ".join(reasons) or None

    def __len__(self) -> int:
        return len(next(iter(self.kept.values())))

    def batch(self, indices: Tensor, augment: torch.Generator | None = None) -> Tensor:
        """The first tensor at the first boundary for these photos, on the device: with "head", what enters the head."""
        return next(iter(self.kept.values())).batch(indices, augment)[0]

    def _fill(
        self, model: nn.Module, photos: Sequence[Any], batches: PhotoBatches, directory: str | Path | None,
        batch_size: int, seed: int,
    ) -> None:  # fmt: skip
        """Find on disk what is there, and compute the rest in one pass."""
        folder, room = Path(directory).expanduser() if directory else home() / "activations", MEMORY_LIMIT
        for kept in self.kept.values():
            if directory is None and kept.bytes <= room:
                room -= kept.bytes
            else:
                key = fingerprint(model, photos, batches, self.device, kept.boundary.until, kept.describe(seed))
                kept.find(folder, key, self._first(batches, views=kept.views, seed=seed))
        missing = [kept for kept in self.kept.values() if not kept.reused]
        if directory is None:
            found = [file.path for kept in self.kept.values() if kept.reused for file in kept.files]
            make_room(folder, sum(kept.bytes for kept in missing if kept.files), keep=found)
        with ExitStack() as stack:
            for kept in missing:
                kept.open(stack)
            if missing:
                self._run(model, batches, missing, batch_size, seed)
            for kept in missing:
                kept.let_go()
        for kept in self.kept.values():
            kept.read()

    @staticmethod
    def _first(batches: PhotoBatches, views: int, seed: int) -> Tensor:
        """The first photo as the network gets it, or its first view."""
        pixels = next(batches.in_views(1, seed))[2][:1] if views else batches.pixels(torch.arange(1))
        return batches.prepare(pixels)

    def _run(
        self, model: nn.Module, batches: PhotoBatches, missing: list[KeptActivations], batch_size: int, seed: int
    ) -> None:
        crossings = [crossing for kept in missing for crossing in kept.boundary.crossings]
        plain = ((0, at, batches.pixels(at)) for at in batches.steps(batch_size, alike=True))
        views = missing[0].views
        for view, indices, pixels in batches.in_views(views, seed) if views else plain:
            seen = record(model, crossings, batches.prepare(pixels))
            for kept in missing:
                kept.store(seen, indices + view * len(batches))


def _spread(photos: int) -> Tensor:
    """Positions of the photos that a boundary is tried on, from both ends inwards: in a folder they stand by class."""
    inwards = torch.linspace(0, (photos - 1) / 2, _PROBED // 2).long()
    return torch.stack([inwards, photos - 1 - inwards], 1).flatten()
