"""Where photos come from: the rendered lab, real field photos, or any folder of yours.

Names are fetched on first use, so that importing this room costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chapter9_lib.worlds.field import FieldWorld
    from chapter9_lib.worlds.folder import open_folder
    from chapter9_lib.worlds.lab import LabWorld
    from chapter9_lib.worlds.photos import Photos
    from chapter9_lib.worlds.reading import UnreadablePhoto, open_photo
    from chapter9_lib.worlds.report import PhotoReport
    from chapter9_lib.worlds.splits import fold_numbers, folds, random_split, split_by_group
    from chapter9_lib.worlds.world import World, open_world

__all__ = [
    "FieldWorld",
    "LabWorld",
    "PhotoReport",
    "Photos",
    "UnreadablePhoto",
    "World",
    "fold_numbers",
    "folds",
    "open_folder",
    "open_photo",
    "open_world",
    "random_split",
    "split_by_group",
]

_HOMES = {
    "field": ["FieldWorld"],
    "folder": ["open_folder"],
    "lab": ["LabWorld"],
    "photos": ["Photos"],
    "reading": ["UnreadablePhoto", "open_photo"],
    "report": ["PhotoReport"],
    "splits": ["fold_numbers", "folds", "random_split", "split_by_group"],
    "world": ["World", "open_world"],
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"chapter9_lib.worlds.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
