"""Photos as a network is shown them, whoever prepared them: ours, a DataLoader, or a dataset of tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, Subset, WeightedRandomSampler, default_collate

from chapter9_lib.models import preprocessing
from chapter9_lib.models.classes import class_names
from chapter9_lib.training.inputs import chain, column

__all__ = ["Seen", "see"]

_IMAGES = ("pixel_values", "image", "images", "x", "inputs", "input")
_LABELS = ("labels", "label", "targets", "target", "y", "class")
"""What datasets of dictionaries call the two, Hugging Face's first."""


@dataclass(frozen=True)
class Seen:
    """A set of photos, and some of them as they reach the network.

    Attributes:
        images: [n, 3, height, width], float32, as the network gets them, on the CPU.
        labels: int64 [n], theirs; None where they are no classes (several labels a photo, numbers).
        ours: whether the model's own preprocessing made them from PIL photos.
        spread: whether they are spread over the whole set, not its beginning.
        batch: how many photos the training takes in a step; None where it isn't said.
        all_labels: of the whole set, int64 (N,); None where it doesn't say.
        classes: what labels stand for; None where it doesn't say.
        paths: the file of each photo of the set, (N,); None where it doesn't say.
        cameras, groups: which camera took each, and what stays together, strings (N,); None where it doesn't say.
        files: the files of `images`; empty where they are unknown.
        steady: whether the set makes the same tensor of a photo each time.
        weighted: whether rare classes are drawn more often.
    """

    images: Tensor
    labels: Tensor | None
    ours: bool
    spread: bool = True
    batch: int | None = None
    all_labels: np.ndarray | None = None
    classes: list[str] | None = None
    paths: list[Path] | None = None
    cameras: np.ndarray | None = None
    groups: np.ndarray | None = None
    files: list[Path] = field(default_factory=list)
    steady: bool = True
    weighted: bool = False


def see(data: Any, model: nn.Module, most: int = 64) -> Seen:  # noqa: ANN401
    """Look at a set of photos: `most` of them as tensors, spread over the set, and what it knows of all.

    A loader is not iterated (but for a dataset that can be read in one way only): its dataset's items are put together
    by its own collate function, so that neither its order nor its workers notice.

    Args:
        data: a dataset of (PIL image, label) or of (tensor, label), or a DataLoader of any of torch's kinds; items may
            be dictionaries.
        model: for the preparation of PIL images.
        most: how many photos to look at.

    Raises:
        TypeError: for anything else; says what is wanted.
        ValueError: when it is empty, or its photos make no batch.
    """
    loader = data if isinstance(data, DataLoader) else None
    dataset = _sampled(loader) if loader is not None else data
    if isinstance(dataset, IterableDataset):
        return _from_a_stream(data, most)
    if isinstance(data, (str, Path)) or not (hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")):
        hint = f" A folder: open_folder({str(data)!r})." if isinstance(data, (str, Path)) else ""
        raise TypeError(
            "Photos are wanted as a dataset of (PIL image, label) or (tensor, label), or as torch's DataLoader, not as "
            f"a {type(data).__name__}.{hint}"
        )
    if not len(dataset):
        raise ValueError("There is not a single photo to look at: the set is empty.")
    chosen = np.unique(np.linspace(0, len(dataset) - 1, min(most, len(dataset))).astype(int)).tolist()
    items = [dataset[at] for at in chosen]
    ours = loader is None and isinstance(_pair(items[0])[0], Image.Image)
    collate = default_collate if loader is None else loader.collate_fn
    images, labels = _ours(items, model) if ours else _collated(items, collate)
    columns = _columns(dataset, chosen, labels)
    paths = columns.get("paths")
    return Seen(
        images, labels, ours, batch=None if loader is None else loader.batch_size,
        files=[] if paths is None or ours else [paths[at] for at in chosen], steady=ours or _is_steady(dataset, items),
        weighted=isinstance(getattr(loader, "sampler", None), WeightedRandomSampler), **columns,
    )  # fmt: skip


def _sampled(loader: DataLoader) -> Any:  # noqa: ANN401 - a dataset
    """The part of its dataset that a loader draws from."""
    indices = getattr(loader.sampler, "indices", None)
    return loader.dataset if indices is None else Subset(loader.dataset, [int(at) for at in indices])


def _from_a_stream(data: Any, most: int) -> Seen:  # noqa: ANN401
    """The beginning of what can be read in one way only."""
    if isinstance(data, DataLoader):
        images, labels, batch = [], [], data.batch_size
        for found in data:
            one, other = _pair(found)
            images.append(_floats(one))
            labels.append(_classes(other, len(images[-1])))
            if sum(map(len, images)) >= most:
                break
        whole = None if any(found is None for found in labels) else torch.cat(labels)[:most]
        return Seen(torch.cat(images)[:most], whole, False, spread=False, batch=batch)
    images, labels = _collated(list(islice(iter(data), most)), default_collate)
    return Seen(images, labels, False, spread=False)


def _pair(item: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """The photo and the label of an item, or the photos and the labels of a batch."""
    if isinstance(item, Mapping):
        found = [next((item[name] for name in names if name in item), None) for names in (_IMAGES, _LABELS)]
        if found[0] is None:
            raise TypeError(f"No photo under {', '.join(map(repr, item))}: one of {', '.join(_IMAGES)} is wanted.")
        return found[0], found[1]
    if isinstance(item, Sequence) and not isinstance(item, str) and len(item) >= 2:
        return item[0], item[1]
    raise TypeError(f"An item should be (photo, label); this set's is {_words(item)}.")


def _ours(items: list[Any], model: nn.Module) -> tuple[Tensor, Tensor | None]:
    prepare = preprocessing(model).transform()
    return torch.stack([prepare(_pair(item)[0]) for item in items]), _classes([_pair(item)[1] for item in items],
                                                                              len(items))  # fmt: skip


def _collated(items: list[Any], collate: Any) -> tuple[Tensor, Tensor | None]:  # noqa: ANN401
    photo = _pair(items[0])[0]
    if collate is default_collate and not isinstance(photo, (Tensor, np.ndarray)):
        raise TypeError(f"A photo should be a PIL image or a tensor [3, height, width]; this set's is {_words(photo)}.")
    if collate is default_collate and len(shapes := {tuple(_pair(item)[0].shape) for item in items}) > 1:
        one, other = sorted(shapes)[:2]
        raise ValueError(f"Tensors of different shape, {one} and {other}, fit into no batch: resize and crop them.")
    images, labels = _pair(collate(items))
    return _floats(images), _classes(labels, len(images))


def _floats(images: Any) -> Tensor:  # noqa: ANN401
    found = torch.as_tensor(np.asarray(images) if isinstance(images, np.ndarray) else images).detach().cpu().float()
    if found.ndim != 4:
        raise TypeError(f"A batch of photos should be [N, 3, height, width]; this set's is {list(found.shape)}.")
    return found


def _classes(labels: Any, count: int) -> Tensor | None:  # noqa: ANN401
    """One class a photo, where labels are that, hot ones and mixed ones too; else None."""
    if isinstance(labels, (tuple, list)) and labels and isinstance(labels[0], Tensor) and labels[0].shape == (count,):
        labels = labels[0]  # mixed: (one label, the other, how much)
    try:
        found = torch.as_tensor(labels).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        return None
    if found.ndim == 2 and found.shape[1] > 1 and torch.allclose(found.sum(1).float(), torch.ones(len(found))):
        return found.argmax(1)
    whole = not found.is_floating_point() and not found.is_complex() and found.dtype != torch.bool
    return found.long() if found.shape == (count,) and whole else None


def _words(thing: Any) -> str:  # noqa: ANN401
    return f"a tensor {list(thing.shape)}" if isinstance(thing, Tensor) else f"a {type(thing).__name__}"


def _is_steady(dataset: Any, items: list[Any]) -> bool:  # noqa: ANN401
    """Whether a photo asked for twice is the same twice. The first few tell."""
    places = np.unique(np.linspace(0, len(dataset) - 1, min(len(items), len(dataset))).astype(int)).tolist()[:4]
    pairs = ((_pair(dataset[at])[0], _pair(item)[0]) for at, item in zip(places, items[:4], strict=True))
    return all(np.array_equal(np.asarray(again), np.asarray(first)) for again, first in pairs)


def _columns(dataset: Any, chosen: list[int], labels: Tensor | None) -> dict[str, Any]:  # noqa: ANN401
    """What a dataset knows of all its photos, as far as it agrees with what it hands out."""
    found: dict[str, Any] = {"all_labels": _labels(dataset), "paths": _paths(dataset)}
    found |= {name: column(dataset, name, np.str_) for name in ("cameras", "groups")}
    named = (part.classes for part, _ in chain(dataset) if hasattr(part, "classes"))
    found["classes"] = class_names(next(named, None))
    own = found["all_labels"]
    if own is not None and labels is not None and own[chosen].tolist() != labels.tolist():
        return {}  # labels are changed on the way: what the set says of itself is not what is trained on
    return found


def _labels(dataset: Any) -> np.ndarray | None:  # noqa: ANN401
    for name in ("labels", "targets"):
        if (found := column(dataset, name, np.integer)) is not None:
            return found
    for part, places in chain(dataset):
        tensors = getattr(part, "tensors", ())
        if len(tensors) > 1 and isinstance(tensors[1], Tensor) and tensors[1].ndim == 1:
            if not tensors[1].is_floating_point():
                return tensors[1].cpu().numpy()[places].astype(np.int64)
    return None


def _paths(dataset: Any) -> list[Path] | None:  # noqa: ANN401
    for part, places in chain(dataset):
        for name in ("paths", "samples", "imgs"):
            found = getattr(part, name, None)
            if found is None or len(found) != len(part):
                continue
            rows = [row[0] if isinstance(row, (tuple, list)) and row else row for row in found]
            if all(isinstance(row, (str, Path)) for row in rows):
                return [Path(rows[at]) for at in places]
    return None
