"""What the experiments on real trail-camera photos share: the photos, five folds by burst, and what they are called."""

from functools import cache

from chapter9_lib.worlds import Photos, folds, open_world

__all__ = ["fold_of", "field_photos", "field_world"]


@cache
def field_photos() -> Photos:
    """All photos of the collection, train and val together: the folds cut them anew."""
    world = open_world("field", collection="trailcam")
    return world.photos("train") + world.photos("val")


def fold_of(number: int) -> tuple[Photos, Photos]:
    """Photos to learn from and to score on; no burst is in both."""
    return folds(field_photos(), k=5, seed=0)[number]


def field_world() -> dict[str, str]:
    """Name, version and hash of the collection."""
    world = open_world("field", collection="trailcam")
    return {"name": "field/trailcam", "version": world.version, "hash": world.hash}
