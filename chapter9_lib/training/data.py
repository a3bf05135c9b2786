"""Photos as batches of tensors, decoded once where they fit in memory."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from chapter9_lib.models import Preprocessing
from chapter9_lib.training.augmentation import augment_batch

__all__ = ["PhotoBatches", "check_labels", "epoch_batches", "labels_of"]

MEMORY_LIMIT = 1 << 30


class PhotoBatches:
    """Photos prepared for a network, batch by batch.

    Resized photos are kept as 8-bit pixels when all of them fit in `memory_limit`; otherwise each batch is
    decoded when it is asked for.

    Args:
        photos: a dataset of (PIL image, label), or a list of PIL images.
        preparation: what the network expects.
        device: where the batches go.
        memory_limit: bytes that the decoded photos may take.
    """

    def __init__(
        self,
        photos: Sequence[Any],
        preparation: Preprocessing,
        device: torch.device | str = "cpu",
        memory_limit: int = MEMORY_LIMIT,
    ) -> None:
        self.photos = photos
        self.preparation = preparation
        self.device = torch.device(device)
        size = 3 * preparation.size[0] * preparation.size[1] * len(photos)
        self.decoded = self._decode(range(len(photos))) if 0 < size <= memory_limit else None

    def __len__(self) -> int:
        return len(self.photos)

    def pixels(self, indices: Tensor) -> Tensor:
        """The resized photos at these positions, uint8 [N, 3, height, width], on the CPU."""
        return self._decode(indices.tolist()) if self.decoded is None else self.decoded[indices]

    def batch(self, indices: Tensor, augment: torch.Generator | None = None) -> Tensor:
        """The photos at these positions as the network wants them, float32 [N, 3, height, width], on the device.

        Args:
            indices: positions, int64 [N].
            augment: the generator of random views; None: the photos as they are.
        """
        images = self.pixels(indices).to(self.device).float().div(255)
        images = images if augment is None else augment_batch(images, augment)
        return self.preparation.normalize(images)

    def _decode(self, positions: Sequence[int]) -> Tensor:
        out = torch.empty(len(positions), 3, *self.preparation.size, dtype=torch.uint8)
        for row, position in enumerate(positions):
            item = self.photos[position]
            out[row] = self.preparation.pixels(item if isinstance(item, Image.Image) else item[0])
        return out


def labels_of(photos: Sequence[Any]) -> np.ndarray:
    """The labels of a dataset, int64 (N,): its `.labels`, or else the second of each item."""
    labels = getattr(photos, "labels", None)
    return np.asarray([label for _, label in photos] if labels is None else labels, dtype=np.int64)


def check_labels(photos: Sequence[Any], num_classes: int, what: str = "photos") -> Tensor:
    """The labels, int64 [N], once they are known to fit the model.

    Raises:
        ValueError: when there are no photos, or a label has no class; names the label and the count.
    """
    labels = labels_of(photos)
    if not len(labels):
        raise ValueError(f"The {what} are empty: there is no photo to learn or score on")
    wrong = labels[(labels < 0) | (labels >= num_classes)]
    if len(wrong):
        first = int(np.flatnonzero(labels == wrong[0])[0])
        cure = f"replace_head(model, {int(labels.max()) + 1})" if wrong[0] >= num_classes else "leave unlabelled out"
        raise ValueError(
            f"Label {wrong[0]} of {what}[{first}] is out of range: the model's head has {num_classes} classes, "
            f"labels 0 to {num_classes - 1} ({len(wrong)} such photos). Cure: {cure}."
        )
    return torch.from_numpy(labels)


def epoch_batches(count: int, batch_size: int, generator: torch.Generator | None = None) -> Iterator[Tensor]:
    """Positions 0..count-1 in batches; shuffled when a generator is given.

    When shuffled, a last batch of a single photo is left out (a batch norm can't learn from one).
    """
    order = torch.arange(count) if generator is None else torch.randperm(count, generator=generator)
    for batch in order.split(batch_size):
        if generator is None or len(batch) > 1 or count == 1 or batch_size == 1:
            yield batch
