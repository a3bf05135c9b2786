"""What may be handed in as photos, and plain words for what may not."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor
from torch.utils.data import Subset

__all__ = ["chain", "column", "image_in", "known_of", "label_in", "own_parts", "require_photos"]


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


def chain(dataset: Any) -> Iterator[tuple[Any, np.ndarray]]:  # noqa: ANN401 - whatever dataset
    """A dataset and those that it is part of (torch's `Subset`) or wrapped around, each with the positions, (N,), in
    it that are meant."""
    places = np.arange(len(dataset))
    yield dataset, places
    while (inner := getattr(dataset, "dataset", None)) is not None and hasattr(inner, "__len__"):
        if isinstance(dataset, Subset):
            places = np.asarray(list(dataset.indices), dtype=np.int64)[places]
        elif len(inner) != len(dataset):
            return
        dataset = inner
        yield dataset, places


def own_parts(dataset: Any) -> Iterator[tuple[Any, np.ndarray]]:  # noqa: ANN401 - whatever dataset
    """The same as far as items are handed on as they are: up to what a `Subset`, or one of another, is part of."""
    for part, places in chain(dataset):
        yield part, places
        if getattr(type(part), "__getitem__", None) is not Subset.__getitem__:
            return


def known_of(photos: Any, name: str) -> Any:  # noqa: ANN401 - a column
    """What a dataset knows of each of its photos under a name, such as "groups", (N,); a `Subset` knows what the whole
    does. None where nothing is known."""
    for part, places in own_parts(photos):
        values = getattr(part, name, None)
        if values is not None and (part is photos or len(values) == len(part)):
            return values if part is photos else np.asarray(values)[places]
    return None


def column(dataset: Any, name: str, kind: type) -> np.ndarray | None:  # noqa: ANN401 - whatever dataset
    """The same of a dataset that may be anything, through wrappers as well, where it is a column of numbers or texts.

    Args:
        dataset: looked at with those that it is part of or wrapped around.
        name: of the attribute.
        kind: np.str_, as what everything is read then, or np.integer.
    """
    for part, places in chain(dataset):
        values = getattr(part, name, None)
        try:
            found = None if values is None else np.asarray(values.cpu() if isinstance(values, Tensor) else values)
        except (TypeError, ValueError):
            continue
        if found is not None and found.ndim == 1 and len(found) == len(part):
            if kind is np.str_ or np.issubdtype(found.dtype, kind):
                return found[places].astype(kind if kind is np.str_ else np.int64)
    return None


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
