"""Photos from several sets, under labels of one's own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from chapter9_lib.training.inputs import image_in, require_photos

__all__ = ["Gathered"]


class Gathered:
    """Several datasets as one: all photos of the first, then all of the second, and so on.

    Args:
        parts: datasets of (PIL image, anything) or PIL images, each with the labels that its photos get, int64 [N];
            -1: none. What labels the datasets have themselves is not looked at.
        classes: what the labels point to; None where nobody knows.

    Raises:
        TypeError: for a path in place of photos.
        ValueError: when a dataset and its labels differ in number.
    """

    def __init__(
        self, parts: Sequence[tuple[Sequence[Any], Tensor | np.ndarray]], classes: Sequence[str] | None = None
    ) -> None:
        for photos, labels in parts:
            require_photos(photos)
            if len(photos) != len(labels):
                raise ValueError(f"{len(photos)} photos, but {len(labels)} labels")
        self.parts = [photos for photos, _ in parts]
        self.labels = torch.cat([torch.as_tensor(labels, dtype=torch.int64) for _, labels in parts]).numpy()
        self.starts = np.cumsum([0, *map(len, self.parts)])
        self.classes = None if classes is None else list(classes)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, at: int) -> tuple[Image.Image, int]:
        if not 0 <= at < len(self):
            raise IndexError(f"There is no photo {at}: there are {len(self)}, counted from 0")
        part = int(np.searchsorted(self.starts, at, side="right")) - 1
        position = at - int(self.starts[part])
        return image_in(self.parts[part][position], position), int(self.labels[at])
