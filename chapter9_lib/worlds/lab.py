"""The lab: rendered trail-camera photos, bundled with the package, with the truth about every one of them."""

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chapter9_lib.paths import assets, home
from chapter9_lib.worlds.archive import unpack
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.naming import nearest
from chapter9_lib.worlds.photos import Photos

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LabWorld"]

_OWN_CLASSES = ("look-alikes", "look-alikes-test", "source")
_UNLABELLED_COLUMNS = ("file", "camera", "burst", "time", "light", "weather", "season")


class LabWorld:
    """The bundled photos and the bundled model; needs no network.

    Attributes:
        name: "lab".
        splits: "train" and "val" and "test-seen" (cameras 1-16), "test" (cameras 17-24), "night" (infrared),
            "unlabelled", "look-alikes" (subspecies, cameras 1-16) and "look-alikes-test" (cameras 17-24), and
            "source" (other photos of the kinds that the bundled model was trained on).
    """

    name = "lab"
    splits = (
        "train", "val", "test-seen", "test", "night", "unlabelled", "look-alikes", "look-alikes-test", "source",
    )  # fmt: skip

    @cached_property
    def _index(self) -> dict[str, Any]:
        path = assets() / "photos" / "world.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            cure = "Install the package again, or in a clone: python -m data_scripts.render_photos --all --pack."
            raise FileNotFoundError(f"The lab's photos are not bundled: {path} is missing. {cure}") from None
        except ValueError as error:
            raise ValueError(f"{path} is damaged ({error}). Install the package again.") from error

    @property
    def version(self) -> str:
        """The version of the rendered world."""
        return str(self._index["version"])

    @property
    def hash(self) -> str:
        """The hash of the rendered world, as it stands in every record measured on it."""
        return str(self._index["hash"])

    @cached_property
    def species(self) -> list[str]:
        """The target species, in the order of their labels."""
        return list(self._index.get("species") or _class_names(self._rows("train")[1]))

    def photos(self, split: str, light: str | None = None) -> Photos:
        """One set of photos, unpacked on first use.

        Labels are indices into `.species`; in the look-alikes and "source" into the classes of that set. In
        "unlabelled" every label is -1, the manifest keeps quiet about the animal, and the photos come shuffled: their
        order in the archive would tell. (Who unpacks the archive by hand finds the truth there, for scoring.)

        Args:
            split: one of `.splits`.
            light: only photos in this light, such as "day" or "dusk".

        Raises:
            ValueError: unknown split, or no photos in this light; says which there are.
            ArchiveError, OSError: see `chapter9_lib.worlds.archive.unpack`.
        """
        folder, rows = self._rows(split)
        classes = _class_names(rows) if split in _OWN_CLASSES else self.species
        if split == "unlabelled":
            labels = [-1] * len(rows)
            rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
            rows = [{key: row.get(key, "") for key in _UNLABELLED_COLUMNS} for row in rows]
        else:
            labels = [_label(row, classes) for row in rows]
        photos = Photos([folder / row["file"] for row in rows], labels, classes, manifest=rows)
        return photos if light is None else photos.where(light=light)

    def more_photos(self, count: int, light: str | None = None, workers: int | None = None) -> Photos:
        """More training photos than the package holds, 96x72, rendered on first use and kept in `home()/rendered`.

        New scenes of the species at cameras 1-16, none of them bundled. The first `count` of one endless series:
        asking for fewer gives the first of them, asking for more adds to them, after an interruption rendering goes
        on. Some 5 to 10 photos a second and core. In a script of your own, call it under `if __name__ == "__main__":`,
        as Python's processes need it, or with `workers=0`.

        Args:
            count: 1 to 50,000. Any multiple of five holds the species evenly.
            light: "day", "dusk" or "infrared"; None mixes day and dusk as "train" does.
            workers: processes of one thread each; default: one a core, eight at most; 0 renders in this process.

        Raises:
            ValueError: when count or light is none of these.
            OSError: no room on the disk, or a home that can't be written to; what was rendered is kept.
        """
        from chapter9_lib.worlds.trailcam.shards import shards

        root = home() / "rendered" / f"{self.version}-{self.hash[:8]}"
        rows = [
            (folder / row["file"], row)
            for folder in shards(root, count, light, workers)
            for row in read_manifest(folder / "manifest.csv", required=("file", "label", "species"))
        ][:count]
        labels = [self.species.index(row["species"]) for _, row in rows]
        return Photos([path for path, _ in rows], labels, self.species, manifest=[row for _, row in rows])

    def model(self, num_classes: int | None = None) -> "nn.Module":
        """The borrowed model: trained on the source kinds, with a new head for `num_classes` (default: species)."""
        from chapter9_lib.models import load_pretrained

        return load_pretrained("lab-resnet", source="bundled", num_classes=num_classes or len(self.species))

    def scratch_model(self, num_classes: int | None = None, *, frozen: bool = False) -> "nn.Module":
        """The same network as `model`, with random weights from torch's generator.

        Args:
            num_classes: outputs of the head; default: one a species.
            frozen: keep the random backbone as it is, its residual branches open, and leave only the head to train.
        """
        from chapter9_lib.models import freeze, lab_resnet

        model = lab_resnet(num_classes or len(self.species), zero_init_last=not frozen)
        return freeze(model) if frozen else model

    def __repr__(self) -> str:
        return f"LabWorld(version {self.version}: {', '.join(self.splits)})"

    def _rows(self, split: str) -> tuple[Path, list[dict[str, str]]]:
        sets = self._index["sets"]
        if split not in self.splits:
            raise ValueError(f"The lab has no set {split!r}. {nearest(split, self.splits)}")
        if split not in sets:
            raise ValueError(f"The set {split!r} is not bundled in this version. {nearest(split, sets)}")
        folder = unpack(assets() / "photos" / sets[split]["file"], sets[split]["sha256"])
        return folder, read_manifest(folder / "manifest.csv", required=("file", "label", "species"))


def _class_names(rows: list[dict[str, str]]) -> list[str]:
    """Class names in the order of their numbers; where labels are names already, in alphabetical order."""
    names = {row["label"]: row["species"] for row in rows}
    if not all(label.isdigit() for label in names):
        return sorted(names)
    if len(set(names.values())) < len(names):
        names = {label: label for label in names}
    return [names.get(str(number), str(number)) for number in range(max(map(int, names)) + 1)]


def _label(row: dict[str, str], classes: list[str]) -> int:
    return int(row["label"]) if row["label"].isdigit() else classes.index(row["label"])
