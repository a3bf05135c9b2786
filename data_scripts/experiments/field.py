"""What the experiments on real photos share: a collection, folds of it by group, and what it is called."""

import hashlib
from functools import cache

import numpy as np

from chapter9_lib.paths import field_dir
from chapter9_lib.worlds import Photos, folds, open_world

__all__ = ["field_photos", "field_weights", "field_world", "fold_of", "spread_orders"]


@cache
def field_photos(collection: str = "trailcam") -> Photos:
    """All photos of a collection, its splits together, each once: the folds cut them anew."""
    world = open_world("field", collection=collection)
    together = world.photos("train") + world.photos("val")
    if "test" in world.splits and not set(world.photos("test").paths) & set(together.paths):
        together += world.photos("test")
    return together


def fold_of(number: int, collection: str = "trailcam", k: int = 5, cut: int = 0) -> tuple[Photos, Photos]:
    """Photos to learn from and to score on; no group (burst, speaker) is in both. Each cut makes k other folds."""
    return folds(field_photos(collection), k=k, seed=cut)[number]


def field_world(collection: str = "trailcam") -> dict[str, str]:
    """Name, version and hash of a collection."""
    world = open_world("field", collection=collection)
    return {"name": world.name, "version": world.version, "hash": world.hash}


@cache
def field_weights(network: str) -> dict[str, str]:
    """The checksum of a checkpoint "SOURCE/NAME" in the field folder, for `Plan.needs`."""
    path = field_dir() / "weights" / f"{network}.safetensors"
    return {network: hashlib.sha256(path.read_bytes()).hexdigest()[:16]}


def spread_orders(photos: Photos, seed: int) -> list[np.ndarray]:
    """For each class the positions of its photos in a random order, one of each group (burst, speaker) first."""
    random, orders = np.random.default_rng(seed), []
    groups = np.arange(len(photos)) if photos.groups is None else np.asarray(photos.groups)
    for label in range(len(photos.classes)):
        own = random.permutation(np.flatnonzero(photos.labels == label))
        _, first = np.unique(groups[own], return_index=True)
        orders.append(own[np.concatenate([np.sort(first), np.setdiff1d(np.arange(len(own)), first)])])
    return orders
