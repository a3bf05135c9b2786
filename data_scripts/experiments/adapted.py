"""What the experiments on domain adaptation share: from labelled days to nights that nobody has labelled."""

import copy
import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from chapter9_lib.training import Adaptation, Phase, adapt, evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world, thermal
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.trailcam.sets import PROBE, SETS, encode
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import RUNS

__all__ = ["CAMERAS", "STRENGTHS", "adapted", "by_day", "scores", "thermal_camera", "true_labels"]

CAMERAS = {
    "infrared": ("source", "mixed batches", "adabn", "look", "coral", "mmd", "dann", "pseudo", "look, then pseudo",
                 "oracle"),
    "thermal": ("source", "mixed batches", "adabn", "look", "mmd", "dann", "pseudo", "oracle"),
}  # fmt: skip
"""What each kind of night is tried with. "source" and "mixed batches" are the controls: the day alone; and batches that
are half night, of which the norms learn and nothing else does, as they also do in "coral", "mmd" and "dann"."""
_EPOCHS = {"source": 16, "oracle": 7, "pseudo": 3}
"""About two hundred steps for every method; 8 epochs where nothing else stands. (Self-training has three rounds.)"""
STRENGTHS: Mapping[str, tuple[float, ...]] = {"coral": (1.0, 10.0, 100.0), "mmd": (0.3, 1.0, 3.0),
                                              "dann": (0.1, 0.3, 1.0)}  # fmt: skip
_THERMAL = 600
_UNTIL, _DECAY, _RATE, _BY_DAY = "layer3", 0.3, 1e-3, 8


class AsByNight(Photos):
    """Photos by day as small and lossy as those by night: else domains could be told apart by how they were stored."""

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        photo, label = super().__getitem__(index)
        small = photo.resize(PROBE, Image.Resampling.BOX)
        return Image.open(BytesIO(encode(small, SETS["night"].quality))).convert("RGB"), label


@cache
def days(split: str) -> AsByNight:
    """A labelled set by day."""
    photos = photos_of(split)
    return AsByNight(photos.paths, photos.labels, photos.classes, manifest=photos.manifest)


@cache
def unlabelled(camera: str) -> Photos:
    """Photos by night without labels: a thousand infrared ones, or the first 600 of these through a thermal camera."""
    nights = open_world("lab").photos("unlabelled", light="infrared")
    return nights if camera == "infrared" else _thermal(nights.subset(range(_THERMAL)), _archived(nights), "unlabelled")


@cache
def nights_to_name(camera: str) -> Photos:
    """The photos by night that are scored on, as that camera took them."""
    nights = photos_of("night")
    return nights if camera == "infrared" else _thermal(nights, nights.manifest, "night")


@cache
def true_labels(camera: str) -> np.ndarray:
    """What is on the unlabelled ones, for the oracle alone."""
    species, photos = open_world("lab").species, unlabelled(camera)
    nights = open_world("lab").photos("unlabelled", light="infrared")
    return np.array([species.index(row["species"]) for row in _archived(nights)[: len(photos)]])


def _archived(photos: Photos) -> list[dict[str, str]]:
    """What the archive says of photos, the animal included."""
    rows = {row["file"]: row for row in read_manifest(photos.paths[0].parent / "manifest.csv")}
    return [rows[path.name] for path in photos.paths]


def _thermal(photos: Photos, rows: Sequence[Mapping[str, str]], name: str) -> Photos:
    """The same through a thermal camera; rendered once, some minutes a thousand."""
    folder = RUNS / "thermal" / thermal_camera() / name
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{path.stem}.png" for path in photos.paths]
    for path, row in zip(paths, rows, strict=False):
        if not path.exists():
            aside = path.with_suffix(f".{os.getpid()}")
            thermal.thermal_photo(row).save(aside, "PNG")
            aside.replace(path)
    return Photos(paths, photos.labels, photos.classes, manifest=photos.manifest)


@cache
def by_day(seed: int) -> nn.Module:
    """The backbone of the series after its head, then its last two stages, have learned the species by day."""
    torch.manual_seed(seed)
    model = open_world("lab").model(5)
    phases = [Phase("head", 10, 1e-2), Phase(_UNTIL, _BY_DAY, _RATE, _DECAY)]
    fine_tune(model, days("train"), phases=phases, batch_size=32, views=4, seed=seed, progress=False)
    return model


def thermal_camera() -> str:
    """A checksum of the world's photos and of what the thermal camera makes of them."""
    made = Path(thermal.__file__).read_bytes() + open_world("lab").hash.encode()
    return hashlib.sha256(made).hexdigest()[:12]


def adapted(
    method: str, seed: int, camera: str = "infrared", strength: float | None = None
) -> tuple[nn.Module, Adaptation]:
    """A copy of the model of the day, adapted to the nights as that camera sees them."""
    model = copy.deepcopy(by_day(seed))
    for way in method.split(", then "):
        mixed = way == "mixed batches"
        found = adapt(
            model, days("train"), unlabelled(camera), "dann" if mixed else way, until=_UNTIL, lr=_RATE,
            epochs=_EPOCHS.get(way, 8), layer_decay=_DECAY, strength=0.0 if mixed else strength, seed=seed,
            oracle_labels=true_labels(camera) if way == "oracle" else None, progress=False,
        )  # fmt: skip
    return model, found


def scores(model: nn.Module, camera: str) -> dict[str, float]:
    """Accuracy in percent by night and, at cameras that were never learned from, by night and by day."""
    nights = nights_to_name(camera)
    new = np.isin(nights.cameras, [str(number) for number in range(17, 25)])
    asked = {"night": nights, "night, new cameras": nights.subset(new), "day": days("test")}
    return {split: 100 * evaluate(model, photos).accuracy for split, photos in asked.items()}
