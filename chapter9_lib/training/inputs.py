"""What may be handed in as photos, and plain words for what may not."""

import os
from typing import Any

from PIL import Image

__all__ = ["image_in", "label_in", "require_photos"]


def require_photos(photos: object, what: str = "photos") -> None:
    """Make sure that photos came, one after the other by position, and not the path to some.

    Args:
        photos: what was handed in.
        what: the name it goes by in error messages.

    Raises:
        TypeError: naming what came instead, and how to open it.
    """
    if _is_path(photos):
        raise TypeError(
            f"For the {what} a path came, {_path(photos)}, where opened photos are wanted. Open a folder that has one "
            f"subfolder per class with open_folder({_path(photos)}), a single photo with open_photo."
        )
    if not (hasattr(photos, "__len__") and hasattr(photos, "__getitem__")):
        cure = "pass its .dataset" if hasattr(photos, "dataset") else "a list, or what open_folder gives, is wanted"
        raise TypeError(f"For the {what} came {_kind(photos)}, which has no photos by position: {cure}")


def image_in(item: Any, position: int) -> Image.Image:  # noqa: ANN401 - whatever a dataset gives
    """The photo in one item of a dataset or list: the item itself, or its first part.

    Raises:
        TypeError: naming what came instead, and how to open it.
    """
    if isinstance(item, Image.Image):
        return item
    if isinstance(item, tuple | list) and item and isinstance(item[0], Image.Image):
        return item[0]
    came = item[0] if isinstance(item, tuple | list) and item else item
    raise TypeError(f"Photo {position} is {_came(came)}")


def label_in(item: Any, position: int, what: str) -> Any:  # noqa: ANN401 - whatever a dataset gives
    """The label in one item of a dataset: its second part.

    Raises:
        TypeError: naming what came instead of a pair.
    """
    pairs = "pairs of a PIL image and a label are wanted, such as open_folder gives"
    if _is_path(item) or isinstance(item, Image.Image):
        raise TypeError(f"{what}[{position}] is {_kind(item)} without a label; {pairs}")
    try:
        _, label = item
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what}[{position}] is {_kind(item)}; {pairs}") from error
    return label


def _came(item: object) -> str:
    if _is_path(item):
        return (
            f"the path {_path(item)}, where an opened photo is wanted: open_photo({_path(item)}); "
            "a folder of photos opens with open_folder"
        )
    cure = "; PIL.Image.fromarray makes one of an array" if type(item).__name__ == "ndarray" else ""
    return f"{_kind(item)}, where a PIL image is wanted (open_photo reads one){cure}"


def _is_path(value: object) -> bool:
    return isinstance(value, str | bytes | os.PathLike)


def _path(value: Any) -> str:  # noqa: ANN401 - a path
    return repr(os.fsdecode(value))


def _kind(value: object) -> str:
    return f"the path {_path(value)}" if _is_path(value) else f"an object of type {type(value).__name__}"
