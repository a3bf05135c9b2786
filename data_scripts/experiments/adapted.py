"""What the experiments on domain adaptation share: from labelled days to nights that nobody has labelled."""

import copy
import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from chapter9_lib.training import Adaptation, Phase, adapt, evaluate, fine_tune, head_features, told_apart
from chapter9_lib.worlds import Photos, open_world, thermal
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.stored import StoredAs
from chapter9_lib.worlds.trailcam.sets import SETS, encode
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import RUNS

__all__ = ["CAMERAS", "STRENGTHS", "adapted", "by_day", "scores", "thermal_camera", "true_labels"]

_BOAR = "infrared mostly boar"
CAMERAS = {
    "infrared": ("source", "mixed batches", "adabn", "source, then adabn", "look", "look, then adabn", "coral", "mmd",
                 "dann", "pseudo", "pseudo unbalanced", "look, then source", "look, then pseudo", "oracle"),
    "thermal": ("source", "mixed batches", "adabn", "source, then adabn", "look", "coral", "mmd", "dann", "pseudo",
                "look, then pseudo", "oracle"),
    _BOAR: ("source, then adabn", "mixed batches", "dann", "pseudo", "pseudo unbalanced"),
}  # fmt: skip
"""What each kind of night is tried with. "source" and "mixed batches" are the controls: the day alone; and batches that
are half night, of which the norms learn and nothing else does, as they also do in "coral", "mmd" and "dann". In nights
that are mostly boar, four unlabelled photos in five show one; what is scored on does not change."""
_EPOCHS = {"source": 16, "oracle": 7, "pseudo": 3, "pseudo unbalanced": 3}
"""About two hundred steps for every method; 8 epochs where nothing else stands. Self-training has three rounds, of
40 to 90 steps by what it keeps; what follows something else has as many again ("look, then source": its control)."""
STRENGTHS: Mapping[str, tuple[float, ...]] = {"coral": (1.0, 10.0, 100.0), "mmd": (0.3, 1.0, 3.0),
                                              "dann": (0.1, 0.3, 1.0)}  # fmt: skip
_THERMAL = 600
_UNTIL, _DECAY, _RATE, _BY_DAY = "layer3", 0.3, 1e-3, 8


@cache
def days(split: str) -> StoredAs:
    """A labelled set by day, stored as nights are: else domains could be told apart by that."""
    return StoredAs(photos_of(split), "night")


@cache
def unlabelled(camera: str) -> Photos:
    """Photos by night without labels: a thousand infrared ones, or the first 600 of these through a thermal camera."""
    nights = open_world("lab").photos("unlabelled", light="infrared")
    if camera == "thermal":
        return _thermal(nights.subset(range(_THERMAL)), _archived(nights), "unlabelled")
    return nights if camera == "infrared" else nights.subset(_mostly_boar(nights))


def _mostly_boar(nights: Photos) -> list[int]:
    """All photos of boar, and a sixteenth as many of each other species."""
    species = np.array([row["species"] for row in _archived(nights)])
    boar = np.flatnonzero(species == "wild boar")
    few = [np.flatnonzero(species == name)[: len(boar) // 16] for name in np.unique(species) if name != "wild boar"]
    return sorted(np.concatenate([boar, *few]).tolist())


@cache
def nights_to_name(camera: str) -> Photos:
    """The photos by night that are scored on, as that camera took them."""
    nights = photos_of("night")
    return _thermal(nights, nights.manifest, "night") if camera == "thermal" else nights


@cache
def true_labels(camera: str) -> np.ndarray:
    """What is on the unlabelled ones, for the oracle alone."""
    nights = open_world("lab").photos("unlabelled", light="infrared")
    labels = np.array([open_world("lab").species.index(row["species"]) for row in _archived(nights)])
    return labels[:_THERMAL] if camera == "thermal" else labels[_mostly_boar(nights)] if camera == _BOAR else labels


def _archived(photos: Photos) -> list[dict[str, str]]:
    """What the archive says of photos, the animal included."""
    rows = {row["file"]: row for row in read_manifest(photos.paths[0].parent / "manifest.csv")}
    return [rows[path.name] for path in photos.paths]


def _thermal(photos: Photos, rows: Sequence[Mapping[str, str]], name: str) -> Photos:
    """The same through a thermal camera, stored as the others are; rendered once, some minutes a thousand."""
    folder = RUNS / "thermal" / thermal_camera() / name
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{path.stem}.jpg" for path in photos.paths]
    for path, row in zip(paths, rows, strict=False):
        if not path.exists():
            aside = path.with_suffix(f".{os.getpid()}")
            aside.write_bytes(encode(thermal.thermal_photo(row), SETS["night"].quality))
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
        mixed, method = way == "mixed batches", {"mixed batches": "dann", "pseudo unbalanced": "pseudo"}.get(way, way)
        epochs = 9 if (way, camera) == ("oracle", "thermal") else _EPOCHS.get(way, 8)
        found = adapt(
            model, days("train"), unlabelled(camera), method, until=_UNTIL, lr=_RATE, epochs=epochs,
            layer_decay=_DECAY, strength=0.0 if mixed else strength, balance=way != "pseudo unbalanced", seed=seed,
            oracle_labels=true_labels(camera) if way == "oracle" else None, progress=False,
        )  # fmt: skip
    return model, found


def scores(model: nn.Module, camera: str) -> dict[str, float]:
    """Accuracy in percent by night and, at cameras that were never learned from, by night and by day; and how well
    domains are told apart by photos of the known cameras that nobody has learned from."""
    nights = nights_to_name(camera)
    new = np.isin(nights.cameras, [str(number) for number in range(17, 25)])
    asked = {"night": nights, "night, new cameras": nights.subset(new), "day": days("test")}
    known = (head_features(model, photos) for photos in (days("test-seen"), nights.subset(~new)))
    return {
        **{split: 100 * evaluate(model, photos).accuracy for split, photos in asked.items()},
        "new photos' domains told apart": 100 * told_apart(*known),
    }
