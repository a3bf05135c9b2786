"""Photos of one set as small and as lossy as those of another: how they were stored must not tell them apart."""

from collections.abc import Iterable, Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from chapter9_lib.worlds.photos import Photos

__all__ = ["StoredAs"]


class StoredAs(Photos):
    """The same photos, labels and groups; each is shrunk, then compressed, as the other set's are.

    Args:
        photos: of the lab.
        name: of the other set, such as "night".

    Raises:
        KeyError: when there is no such set.
    """

    def __init__(self, photos: Photos, name: str) -> None:
        from chapter9_lib.worlds.trailcam.sets import SETS

        super().__init__(photos.paths, photos.labels, photos.classes, manifest=photos.manifest)
        self.name, self.size, self.quality = name, SETS[name].size, SETS[name].quality

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        from chapter9_lib.worlds.trailcam.sets import encode

        photo, label = super().__getitem__(index)
        small = photo.resize(self.size, Image.Resampling.BOX)
        return Image.open(BytesIO(encode(small, self.quality))).convert("RGB"), label

    def subset(self, indices: Iterable[int] | np.ndarray) -> "StoredAs":
        """See `Photos.subset`; the parts are stored alike."""
        return StoredAs(super().subset(indices), self.name)

    def only(self, classes: Sequence[str]) -> "StoredAs":
        """See `Photos.only`; those are stored alike."""
        return StoredAs(super().only(classes), self.name)
