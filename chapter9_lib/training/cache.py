"""Frozen layers are run once: their activations are kept, and only the head is trained on them."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import find_head, preprocessing, what_moves
from chapter9_lib.paths import home
from chapter9_lib.training.activation_files import FeatureFile, fingerprint
from chapter9_lib.training.data import PhotoBatches, epoch_batches
from chapter9_lib.training.devices import mixed_precision, pick_device, place
from chapter9_lib.training.evaluation import as_logits, evaluating
from chapter9_lib.training.inputs import require_photos

__all__ = ["ActivationCache", "CacheRefused"]

MEMORY_LIMIT = 512 << 20
_VIEWS = "random augmentation shows the backbone other photos every epoch"


class CacheRefused(ValueError):
    """Cached activations would differ from running the backbone each time; the message says why."""


class ActivationCache:
    """What a frozen backbone hands to the head, for every photo, computed once.

    Small caches live in memory. Larger ones, or those given a folder, are memory-mapped files named by a
    fingerprint of weights, photos and preprocessing, so that a later run finds them and a stale one never is.

    Args:
        model: frozen by `freeze(model)`; carries its preprocessing.
        photos: a dataset of (PIL image, label).
        directory: keep the activations in files here; None: in memory while they fit, else under `home()`.
        device: where the backbone runs; None picks.
        batch_size: photos a step of the one pass.

    Attributes:
        features: [N, ...], what enters the head, float32 on the CPU.
        reused: True when the activations were found on disk.

    Raises:
        CacheRefused: a ValueError, where a cache would be wrong (see `reason_against`).
        ValueError: when there are no photos.
        TypeError: for a path in place of photos.
        OSError: when the disk is full; nothing half-written stays behind.
    """

    def __init__(
        self,
        model: nn.Module,
        photos: Sequence[Any],
        *,
        directory: str | Path | None = None,
        device: str | torch.device | None = None,
        batch_size: int = 64,
    ) -> None:
        require_photos(photos)
        if not len(photos):
            raise ValueError("The photos are empty: there is nothing to cache")
        if reason := self.reason_against(model):
            raise CacheRefused(reason)
        self.device = pick_device(device)
        self.reused = False
        batches = PhotoBatches(photos, preprocessing(model), self.device, memory_limit=0)
        with evaluating(place(model, self.device)), torch.no_grad():
            first = self._probe(model, batches)
            shape = (len(batches), *first.shape)
            size = 4 * math.prod(shape)
            if directory is None and size <= MEMORY_LIMIT:
                self.features = torch.empty(shape)
                self._fill(model, batches, self.features, batch_size)
            else:
                folder = Path(directory) if directory else home() / "activations"
                self._fill_file(model, photos, batches, folder, first, batch_size)

    @staticmethod
    def reason_against(model: nn.Module, augment: bool = False) -> str | None:
        """Why cached activations would differ from running the backbone each time; None where they don't.

        Args:
            model: the model to be trained.
            augment: whether training sees random views.
        """
        reasons = [reason for reason in (what_moves(model), _VIEWS if augment else None) if reason]
        return "; besides, ".join(reasons) or None

    def __len__(self) -> int:
        return len(self.features)

    def batch(self, indices: Tensor, augment: torch.Generator | None = None) -> Tensor:
        """What enters the head for these photos, float32 [N, ...], on the device."""
        if augment is not None:
            raise CacheRefused(_VIEWS)
        return self.features[indices].to(self.device)

    def _probe(self, model: nn.Module, batches: PhotoBatches) -> Tensor:
        """What enters the head for the first photo, once it is sure that nothing but a flattening follows the head."""
        head = find_head(model).module
        answers: list[Tensor] = []

        def answer_known(module: nn.Module, args: tuple, output: Tensor) -> Tensor:
            answers.append(torch.linspace(-3, 3, output.numel()).view(output.shape).to(output))
            return answers[-1].clone()  # what follows may work in place

        handle = head.register_forward_hook(answer_known)
        try:
            features, output = _entering(model, head, batches.batch(torch.arange(1)), self.device)
        finally:
            handle.remove()
        if len(answers) != 1 or output.shape != answers[0].flatten(1).shape or not output.equal(answers[0].flatten(1)):
            raise CacheRefused(
                f"what {type(model).__name__} answers is not its head's output alone "
                "(several heads, or layers after the head)"
            )
        return features[0].float().cpu()

    def _fill(self, model: nn.Module, batches: PhotoBatches, out: Tensor, batch_size: int) -> None:
        head = find_head(model).module
        for indices in epoch_batches(len(batches), batch_size):
            out[indices] = _entering(model, head, batches.batch(indices), self.device)[0].float().cpu()

    def _fill_file(
        self, model: nn.Module, photos: Sequence[Any], batches: PhotoBatches, folder: Path, first: Tensor, step: int
    ) -> None:
        file = FeatureFile(folder, fingerprint(model, photos, batches, self.device), (len(batches), *first.shape))
        self.reused = file.exists() and torch.allclose(file.read()[0], first, rtol=1e-2, atol=1e-3)
        if not self.reused:
            with file.writing() as out:
                self._fill(model, batches, out, step)
        self.features = file.read()


def _entering(model: nn.Module, head: nn.Module, images: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    """What enters the head, and what leaves the model."""
    seen: list[Tensor] = []
    handle = head.register_forward_pre_hook(lambda module, args: seen.append(args[0].clone()))
    try:
        with mixed_precision(device):
            output = as_logits(model(images))
    finally:
        handle.remove()
    if not seen:
        raise CacheRefused(f"{type(model).__name__} never calls its head")
    return seen[-1], output
