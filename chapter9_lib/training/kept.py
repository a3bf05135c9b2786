"""Activations at one boundary, in memory or in files."""

import math
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor

from chapter9_lib.training.activation_files import FeatureFile
from chapter9_lib.training.augmentation import Dice
from chapter9_lib.training.boundary import Boundary
from chapter9_lib.training.crossing import CacheRefused, record
from chapter9_lib.training.data import draw_views
from chapter9_lib.training.head_boundary import HeadBoundary

__all__ = ["VIEWS_NEEDED", "KeptActivations"]

VIEWS_NEEDED = "random augmentation shows the backbone other photos every epoch"


class KeptActivations:
    """What crosses one boundary, for every photo.

    Args:
        boundary: where.
        photos: how many there are.
        views: how many augmented views of each are kept; 0: the photos as they are.
        device: where batches go.
        half: whether they are kept in half precision.

    Attributes:
        tensors: [max(1, views) * photos, ...] on the CPU, one for each of the boundary's crossings; first all photos'
            first views, then all their second ones.
        reused: True when they were found on disk.
    """

    def __init__(
        self, boundary: Boundary | HeadBoundary, photos: int, views: int, device: torch.device, half: bool
    ) -> None:
        self.boundary, self.photos, self.views, self.device = boundary, photos, views, device
        self.format = torch.float16 if half else torch.float32
        self.tensors: list[Tensor] = []
        self.files: list[FeatureFile] = []
        self.reused = False

    def __len__(self) -> int:
        return self.photos

    def at_once(self, batch_size: int) -> int:
        """How many of so many photos to give the thawed part in a pass that learns nothing: all of them."""
        return batch_size

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the tensors."""
        count = max(1, self.views) * self.photos
        return [(count, *c.shape) if c.rows else c.shape for c in self.boundary.crossings]

    @property
    def bytes(self) -> int:
        """What they take, in memory or on disk."""
        return sum(math.prod(shape) for shape in self.shapes) * self.format.itemsize

    def describe(self, seed: int) -> str:
        """What a file of these depends on, beside weights, photos and boundary."""
        return f"{self.views} views of seed {seed}, {self.format}" if self.views else f"{self.format}"

    def find(self, folder: Path, key: str, first: Tensor) -> None:
        """Settle on files, and see whether they are there and begin with what the network says of the first photo."""
        self.files = [FeatureFile(folder, f"{key}-{n}", shape, self.format) for n, shape in enumerate(self.shapes)]
        if not all(file.exists() for file in self.files):
            return
        seen = record(self.boundary.model, self.boundary.crossings, first)
        pairs = zip(self.boundary.crossings, self.files, strict=True)
        self.reused = all(
            torch.allclose(file.read()[:1].float(), seen[c.call, c.place][:1].float().cpu(), rtol=1e-2, atol=1e-3)
            for c, file in pairs
        )

    def open(self, stack: ExitStack) -> None:
        """Make room: in the files, which take their names when the stack closes well, or in memory."""
        if self.files:
            self.tensors = [stack.enter_context(file.writing()) for file in self.files]
        else:
            self.tensors = [torch.empty(shape, dtype=self.format) for shape in self.shapes]

    def let_go(self) -> None:
        """Forget what was written to files, so that they can take their names."""
        if self.files:
            self.tensors = []

    def read(self) -> None:
        """Read what lies in files."""
        if self.files:
            self.tensors = [file.read() for file in self.files]

    def store(self, seen: dict[tuple, Tensor], rows: Tensor) -> None:
        """Put what `record` saw of some photos where it belongs."""
        for crossing, tensor in zip(self.boundary.crossings, self.tensors, strict=True):
            came = seen[crossing.call, crossing.place].cpu()
            value = came.to(self.format)
            if crossing.whole and not torch.equal(value.to(crossing.whole), came):
                raise CacheRefused(f"{crossing.call[0]} hands over whole numbers too large for {self.format}")
            if self.format is torch.float16 and not torch.isfinite(value).all():
                raise CacheRefused(f"activations at {self.boundary.until} lie beyond half precision: half=False")
            if crossing.rows:
                tensor[rows] = value
            else:
                tensor.copy_(value)

    def batch(self, indices: Tensor, augment: Dice | None = None) -> list[Tensor]:
        """What crosses for these photos, float32 on the device; with a generator, one of each photo's views.

        Raises:
            CacheRefused: when random views are asked for and none are kept.
        """
        if augment is not None and not self.views:
            raise CacheRefused(VIEWS_NEEDED)
        if augment is not None:
            indices = indices + self.photos * draw_views(self.views, indices, augment)
        pairs = zip(self.boundary.crossings, self.tensors, strict=True)
        return [(tensor[indices] if c.rows else tensor.clone()).to(self.device).float() for c, tensor in pairs]

    def score(self, batch: list[Tensor]) -> Tensor:
        """Class scores [n, C] of such a batch: only the thawed part runs."""
        return self.boundary.play(batch)
