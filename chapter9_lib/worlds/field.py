"""The field: real photos in a read-only folder, listed in its `photos/manifest.csv`."""

import hashlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chapter9_lib.paths import field_dir
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.naming import nearest
from chapter9_lib.worlds.photos import Photos

if TYPE_CHECKING:
    from torch import nn

__all__ = ["FieldWorld"]


class FieldWorld:
    """Real photos under `field_dir() / "photos"`, and a real ImageNet model.

    Collections: "trailcam" (bursts of a trail camera), "pacs/photo", "pacs/cartoon", "pacs/sketch" (five kinds in
    three styles), "spectrograms" (spoken digits as pictures), and whatever else the manifest lists. In "trailcam"
    **`val` is the test set**: "test" is another name for it, so never choose anything by it; choose on groups
    held out of `train` (`split_by_group`, `folds`).

    Attributes:
        name: "field/" and the collection.
        collection: which one.
        species: its labels, in alphabetical order.
        splits: its splits.
    """

    def __init__(self, collection: str | None = None) -> None:
        """Open a collection.

        Raises:
            FileNotFoundError: no field photos; says where they were looked for and how to get them.
            ValueError: unknown collection, with the nearest name.
        """
        self.collection = "trailcam" if collection is None else collection.strip("/")
        self.name = f"field/{self.collection}"
        self._folder = _photo_folder()
        rows = read_manifest(self._folder / "manifest.csv", required=("path", "label", "split"))
        self._rows = [row for row in rows if _collection(row) == self.collection]
        if not self._rows:
            known = list(dict.fromkeys(map(_collection, rows)))
            raise ValueError(f"{self._folder} has no collection {self.collection!r}. {nearest(self.collection, known)}")
        self.species = sorted({row["label"] for row in self._rows})
        found = list(dict.fromkeys(row["split"] for row in self._rows))
        self.splits = tuple(found if "test" in found or "val" not in found else [*found, "test"])

    @property
    def version(self) -> str:
        """How many photos the collection holds: a real folder has no version of its own."""
        return f"{len(self._rows)} photos"

    @cached_property
    def hash(self) -> str:
        """Twelve digits that change when a photo, label, split or group is added, removed or renamed."""
        columns = ("path", "label", "split", "group", "light")
        lines = sorted("\t".join(row.get(column, "") for column in columns) for row in self._rows)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def photos(self, split: str, light: str | None = None) -> Photos:
        """One split of the collection; `.groups` are bursts (trailcam) or speakers (spectrograms), else None.

        Args:
            split: one of `.splits`.
            light: only photos in this light: "day" or "night".

        Raises:
            ValueError: unknown split, or no photos in this light; says which there are.
            FileNotFoundError: photos that the manifest lists are missing.
        """
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}. {nearest(split, self.splits)}")
        own = {row["split"] for row in self._rows}
        rows = [row for row in self._rows if row["split"] == (split if split in own else "val")]
        paths = [self._folder / row["path"] for row in rows]
        absent = [path for path in paths if not path.is_file()]
        if absent:
            missing = f"{len(absent)} of {len(paths)} photos are missing, the first {absent[0]}"
            raise FileNotFoundError(f"{missing}. {_cure()}")
        labels = [self.species.index(row["label"]) for row in rows]
        photos = Photos(paths, labels, self.species, manifest=rows)
        return photos if light is None else photos.where(light=light)

    def model(self, num_classes: int | None = None) -> "nn.Module":
        """The borrowed model: timm's `mobilenetv2_100` with ImageNet weights and a new head (default: species)."""
        from chapter9_lib.models import load_pretrained

        return load_pretrained("mobilenetv2_100", source="timm", num_classes=num_classes or len(self.species))

    def scratch_model(self, num_classes: int | None = None, *, frozen: bool = False) -> "nn.Module":
        """The lab's small ResNet with random weights, seeing 96 x 96 pixels.

        A MobileNetV2 from nothing takes many times as long on a CPU. `frozen` keeps the random backbone as it is and
        leaves only the head to train.
        """
        from chapter9_lib.models import Preprocessing, freeze, lab_resnet

        model = lab_resnet(num_classes or len(self.species), zero_init_last=not frozen)
        model.preprocessing = Preprocessing(size=(96, 96), mean=(0.5,) * 3, std=(0.25,) * 3, crop=False)
        return freeze(model) if frozen else model

    def __repr__(self) -> str:
        return f"FieldWorld({self.collection}, {self.version}: {', '.join(self.splits)})"


def _photo_folder() -> Path:
    folder = field_dir() / "photos"
    if not (folder / "manifest.csv").is_file():
        raise FileNotFoundError(f"No real photos found: {folder / 'manifest.csv'} is missing. {_cure()}")
    return folder


def _cure() -> str:
    place = "CHAPTER9_FIELD" if os.environ.get("CHAPTER9_FIELD") else "the default; CHAPTER9_FIELD names another"
    return (
        f"Looked in {field_dir()} ({place}). Wanted there: photos/manifest.csv with the columns path, label, split, "
        "group and light, and the photos it lists: chapter9 photos --field fetches some. Or stay in the lab: "
        "open_world('lab'), or CHAPTER9_WORLD=lab."
    )


def _collection(row: dict[str, str]) -> str:
    """Where a photo belongs: its folder without the label and the split, such as "pacs/photo"."""
    parts = row["path"].split("/")[:-1]
    for last in (row["label"], row["split"]):
        if parts and parts[-1] == last:
            parts.pop()
    return "/".join(parts)
