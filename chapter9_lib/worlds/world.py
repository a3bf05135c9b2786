"""The two worlds behind one door: `open_world()`."""

import os
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from chapter9_lib.worlds.naming import nearest

if TYPE_CHECKING:
    from torch import nn

    from chapter9_lib.worlds.photos import Photos

__all__ = ["World", "open_world"]


@runtime_checkable
class World(Protocol):
    """Photos to learn from, and a model to borrow.

    Attributes:
        name: "lab", or "field/" and a collection.
        species: the class names, in the order of their labels.
        splits: names that `photos` understands.
        version: which edition of the photos this is.
        hash: changes whenever the photos do; stands in every record.
    """

    name: str
    species: list[str]
    splits: tuple[str, ...]

    @property
    def version(self) -> str:
        """Which edition of the photos this is."""

    @property
    def hash(self) -> str:
        """Changes whenever the photos do."""

    def photos(self, split: str, light: str | None = None) -> "Photos":
        """One split, in one light or in all."""

    def model(self, num_classes: int | None = None) -> "nn.Module":
        """The borrowed model with a new head."""

    def scratch_model(self, num_classes: int | None = None, *, frozen: bool = False) -> "nn.Module":
        """What one would train here from nothing; frozen: random features under a head that learns."""


def open_world(name: str | None = None, collection: str | None = None) -> World:
    """Open the lab (rendered photos, bundled) or the field (real photos).

    Args:
        name: "lab" or "field"; default: the environment variable CHAPTER9_WORLD, else "lab".
        collection: for the field: "trailcam" (default), "pacs/photo", "pacs/cartoon", "pacs/sketch", "spectrograms".

    Raises:
        ValueError: unknown name or collection, with the nearest one.
        FileNotFoundError: the photos are not there; says where they were looked for and how to get them.
    """
    chosen = (name or os.environ.get("CHAPTER9_WORLD") or "lab").strip().lower()
    if chosen == "lab":
        if collection is not None:
            raise ValueError(f"The lab has no collections: open_world('field', collection={collection!r})?")
        from chapter9_lib.worlds.lab import LabWorld

        return LabWorld()
    if chosen == "field":
        from chapter9_lib.worlds.field import FieldWorld

        return FieldWorld(collection)
    origin = "" if name else " (from the environment variable CHAPTER9_WORLD)"
    raise ValueError(f"There is no world {chosen!r}{origin}. {nearest(chosen, ('lab', 'field'))}")
