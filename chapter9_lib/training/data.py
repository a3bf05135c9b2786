"""Photos as batches of tensors, decoded once where they fit in memory."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from chapter9_lib.models import Preprocessing
from chapter9_lib.training.augmentation import Dice, Part, augment_batch
from chapter9_lib.training.devices import untouched_chance
from chapter9_lib.training.inputs import image_in, require_photos
from chapter9_lib.worlds import Photos

__all__ = ["PhotoBatches", "draw_views", "epoch_batches", "gives_its_files", "is_steady", "norms_in_words",
           "require_room"]  # fmt: skip

MEMORY_LIMIT = 1 << 30
_LOOKED_AT = 8
_AT_ONCE = 256_000
"""Pixels a CPU is given in a pass that learns nothing. What layers make of more is too large for the memory that is at
hand: the system hands out new memory each time, and that takes long."""
_ALIKE = 16
"""From so many photos on, a CPU's kernels round as for a training's batches; with fewer those of MobileNetV2 don't."""


class PhotoBatches:
    """Photos prepared for a network, batch by batch.

    Resized photos are kept as 8-bit pixels when all of them fit in `memory_limit`; otherwise, and where the dataset
    itself changes its photos at random (`is_steady`), each batch is decoded when it is asked for.

    Args:
        photos: a dataset of (PIL image, label), or a list of PIL images.
        preparation: what the network expects.
        device: where the batches go.
        memory_limit: bytes that the decoded photos may take.
        views: keep so many random views of each photo, and give one of those where random views are asked for;
            0: a new one each time.
        seed: of the kept views.

    Raises:
        TypeError: for a path, or items that are no PIL images; says how to open them.
        ValueError: when the views take more than `memory_limit`.
    """

    def __init__(
        self,
        photos: Sequence[Any],
        preparation: Preprocessing,
        device: torch.device | str = "cpu",
        memory_limit: int = MEMORY_LIMIT,
        views: int = 0,
        seed: int = 0,
    ) -> None:
        require_photos(photos)
        self.photos = photos
        self.preparation = preparation
        self.device = torch.device(device)
        require_room(views, photos, preparation, memory_limit)
        size = _bytes(photos, preparation)
        kept = 0 < size <= memory_limit and is_steady(photos)
        self.decoded = self._decode(range(len(photos))) if kept else None
        self.viewed = torch.empty(views, len(photos), 3, *preparation.size, dtype=torch.uint8)
        for view, indices, pixels in self.in_views(views, seed):
            self.viewed[view, indices] = pixels

    def __len__(self) -> int:
        return len(self.photos)

    def pixels(self, indices: Tensor) -> Tensor:
        """The resized photos at these positions, uint8 [N, 3, height, width], on the CPU."""
        return self._decode(indices.tolist()) if self.decoded is None else self.decoded[indices]

    def batch(self, indices: Tensor, augment: Dice | None = None) -> Tensor:
        """The photos at these positions as the network wants them, float32 [N, 3, height, width], on the device.

        Args:
            indices: positions, int64 [N].
            augment: the generator of random views; None: the photos as they are.
        """
        if augment is not None and len(self.viewed):
            return self.prepare(self.viewed[draw_views(len(self.viewed), indices, augment), indices])
        images = self.pixels(indices).to(self.device).float().div(255)
        images = images if augment is None else augment_batch(images, augment)
        return self.preparation.normalize(images)

    def prepare(self, pixels: Tensor) -> Tensor:
        """Pixels, uint8 [N, 3, height, width], as the network wants them, float32 on the device."""
        return self.preparation.normalize(pixels.to(self.device).float().div(255))

    def at_once(self, batch_size: int) -> int:
        """How many of so many photos to give a network in a pass that learns nothing, where their number is no matter:
        fewer of large ones on a CPU, which is faster."""
        if self.device.type != "cpu":
            return batch_size
        return min(batch_size, max(1, _AT_ONCE // (self.preparation.size[0] * self.preparation.size[1])))

    def steps(self, batch_size: int, alike: bool = False) -> Iterator[Tensor]:
        """The positions of all photos in such passes, one after the other; or in passes that round as a training
        does, where it is to go on from what they give."""
        size = self.at_once(batch_size)
        return epoch_batches(len(self), max(size, min(batch_size, _ALIKE)) if alike else size)

    def in_views(self, views: int, seed: int = 0) -> Iterator[tuple[int, Tensor, Tensor]]:
        """So many random views of every photo, always the same for a seed, in passes: which view, positions, pixels.

        A photo is decoded once for all of its views.
        """
        generators = [torch.Generator().manual_seed(seed + view) for view in range(views)]
        few_at_once = max(_ALIKE, self.at_once(64))
        for indices in epoch_batches(len(self), 64) if views else ():
            images = self.pixels(indices).float().div(255)
            for view, generator in enumerate(generators):
                seen = augment_batch(images, generator).mul(255).round().to(torch.uint8)
                for few, pixels in zip(*(rows.split(few_at_once) for rows in (indices, seen)), strict=True):
                    yield view, few, pixels

    def _decode(self, positions: Sequence[int]) -> Tensor:
        out = torch.empty(len(positions), 3, *self.preparation.size, dtype=torch.uint8)
        for row, position in enumerate(positions):
            out[row] = self.preparation.pixels(image_in(self.photos[position], position))
        return out


def require_room(
    views: int, photos: Sequence[Any], preparation: Preprocessing, memory_limit: int = MEMORY_LIMIT
) -> None:
    """Make sure that so many views of each photo can be kept.

    Raises:
        ValueError: when they take more than `memory_limit` bytes.
    """
    size = views * _bytes(photos, preparation)
    if size > memory_limit:
        raise ValueError(f"{views} views of {len(photos)} photos take {size / 2**30:.1f} GiB: keep fewer")


def _bytes(photos: Sequence[Any], preparation: Preprocessing) -> int:
    """What these photos take, decoded and resized."""
    return 3 * preparation.size[0] * preparation.size[1] * len(photos)


def is_steady(photos: Sequence[Any]) -> bool:
    """Whether a dataset gives the same photo each time it is asked for one; a few that are asked for twice tell.

    Neither may drawing random numbers of torch, numpy or Python come with it: what changes photos may do so rarely.
    These generators are left as they were.

    Raises:
        TypeError: for items that are no PIL images; says how to open them.
    """
    if gives_its_files(photos):
        return True
    few = np.unique(np.linspace(0, len(photos) - 1, min(_LOOKED_AT, len(photos))).astype(int)).tolist()
    with untouched_chance(), torch.random.fork_rng():
        return all(_same_again(photos, at) for at in few)


def gives_its_files(photos: Sequence[Any]) -> bool:
    """Whether a dataset's photos are what its `.paths` hold, all of it and nothing else: so it is of our own `Photos`.

    Other datasets may cut or change what they read.
    """
    return getattr(type(photos), "__getitem__", None) is Photos.__getitem__


def _same_again(photos: Sequence[Any], at: int) -> bool:
    first = np.asarray(image_in(photos[at], at))
    before = _dice()  # after the first time: it may seed its dice itself, by the photo's number, or draw once only
    again = np.asarray(image_in(photos[at], at))
    return np.array_equal(first, again) and _dice() == before


def _dice() -> tuple[object, ...]:
    """The state of torch's, numpy's and Python's own generators, ready to be compared."""
    kind, words, *rest = np.random.get_state()
    return torch.get_rng_state().numpy().tobytes(), kind, words.tobytes(), *rest, random.getstate()


def draw_views(views: int, indices: Tensor, generator: Dice) -> Tensor:
    """Which of its kept views each of these photos is seen in, int64 [N]."""
    if isinstance(generator, Part):
        return torch.randint(views, (generator.whole,), generator=generator.generator)[generator.positions]
    return torch.randint(views, indices.shape, generator=generator)


@contextmanager
def norms_in_words() -> Iterator[None]:
    """Inside, a batch norm that gets a single photo to learn from says so in words, with the cure."""
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise ValueError(
            "This batch is one photo, and a batch norm has nothing to measure a variance by. Cure: batch_size of two "
            "at least, and as many photos; or freeze_batchnorm(model), which holds the statistics that it has."
        ) from error


def epoch_batches(count: int, batch_size: int, generator: torch.Generator | None = None) -> Iterator[Tensor]:
    """Positions 0..count-1 in batches; shuffled when a generator is given.

    When shuffled, a last batch of a single photo is left out (a batch norm can't learn from one).

    Raises:
        ValueError: for batches of less than one.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size}: at least 1 is wanted")
    order = torch.arange(count) if generator is None else torch.randperm(count, generator=generator)
    for batch in order.split(batch_size):
        if generator is None or len(batch) > 1 or count == 1 or batch_size == 1:
            yield batch
