"""The labels of photos: checked, and put by name into the order of a model's classes."""

import numbers
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Subset

from chapter9_lib.models.classes import class_names, known_classes
from chapter9_lib.training.devices import untouched_chance
from chapter9_lib.training.inputs import chain, label_in, own_parts, require_photos
from chapter9_lib.worlds import Photos
from chapter9_lib.worlds.naming import nearest

__all__ = ["check_labels", "classes_of", "classes_to_train", "labels_of", "learned_classes"]

_COMPARED = 5


def labels_of(photos: Sequence[Any], what: str = "photos") -> np.ndarray:
    """The labels of a dataset, int64 (N,): its `.labels` or `.targets`, or those of what it is part of; or else, and
    where a few items say otherwise, the second of each item.

    Args:
        photos: the dataset.
        what: the name it goes by in error messages.

    Raises:
        TypeError: for a path, or items that are no pairs.
        ValueError: for labels that are no whole numbers, or more than one a photo; says what to do.
    """
    require_photos(photos, what)
    labels = _column(photos, what)
    if labels is None:
        labels = [label_in(photos[position], position, what) for position in range(len(photos))]
    found = _as_numbers(labels, what)
    if found.ndim != 1:
        raise ValueError(
            f"The labels of the {what} have the shape {found.shape}, where one class a photo is wanted, (N,). "
            "Cure: labels.argmax(1), if each row marks one class."
        )
    odd = found[~np.isfinite(found) | (found != np.rint(found))] if found.dtype.kind == "f" else ()
    if len(odd):
        raise ValueError(
            f"A label of the {what} is {odd[0]}, where the number of a class is wanted: 0, 1, 2 … Cure: classes in "
            "place of measurements or shares, and -1, or leaving the photo out, where the class is unknown."
        )
    return found.astype(np.int64)


def _column(photos: Sequence[Any], what: str) -> list[Any] | None:
    """The labels of a dataset as it keeps them, or as what it is part of or wrapped around does; None where it doesn't,
    or hands out others."""
    as_they_are = True
    for part, places in chain(photos):
        gives = getattr(type(part), "__getitem__", None)
        for values in (getattr(part, name, None) for name in ("labels", "targets")):
            if hasattr(values, "__len__") and len(values) == len(part):
                rows = values.tolist() if hasattr(values, "tolist") else list(values)
                labels = [rows[at] for at in places]
                if (as_they_are and gives is Photos.__getitem__) or _agree(labels, photos, what):
                    return labels
        as_they_are = as_they_are and gives is Subset.__getitem__
    return None


def _agree(labels: list[Any], photos: Sequence[Any], what: str) -> bool:
    """Whether a few items, of different classes where it can be, have these labels. No random number is used up."""
    try:
        order = sorted(range(len(labels)), key=labels.__getitem__)
    except TypeError:  # None, or a name among numbers
        order = list(range(len(labels)))
    few = np.linspace(0, len(order) - 1, min(_COMPARED, len(order))).astype(int)
    with untouched_chance(), torch.random.fork_rng(devices=[]):
        for at in (order[place] for place in few):
            with suppress(Exception):  # a photo that can't be had says so itself, once it is needed
                own = label_in(photos[at], at, what)
                own = own.tolist() if hasattr(own, "tolist") else own
                cut = int(labels[at]) if isinstance(labels[at], float) else labels[at]  # makes no class of a share
                if own not in (labels[at], cut):
                    return False
    return True


def _as_numbers(labels: Any, what: str) -> np.ndarray:  # noqa: ANN401 - whatever a dataset gives
    """What a dataset calls its labels, as an array of numbers.

    Raises:
        ValueError: for a text, None, or anything else that is no number; says what to do.
    """
    try:
        found = np.asarray(labels)
    except ValueError:  # several a photo, here more and there fewer
        found = np.asarray(labels, dtype=object)
    if found.dtype.kind in "biuf":
        return found
    for at, label in enumerate(labels):
        label = label.item() if isinstance(label, np.generic) else label
        if not isinstance(label, numbers.Real) and getattr(label, "ndim", None) != 0:
            raise ValueError(
                f"Label {label!r} of {what}[{at}] is no number, where that of a class is wanted: 0, 1, 2 … Cure: "
                "classes.index(name) in place of a name, and -1, or leaving the photo out, where the class is unknown."
            )
    return found.astype(np.float64)


def classes_of(photos: Sequence[Any]) -> list[str] | None:
    """The names that a dataset's labels point to, its `.classes`, or those of the whole that it is a `Subset` of; None
    where there are none."""
    found = (class_names(getattr(part, "classes", None)) for part, _ in own_parts(photos))
    return next((names for names in found if names), None)


def learned_classes(model: nn.Module, num_classes: int) -> list[str] | None:
    """The class of each output of the model's head; None where unknown, or said of an earlier, larger head."""
    known = known_classes(model)
    return known if known is not None and len(known) <= num_classes else None


def classes_to_train(model: nn.Module, train: Sequence[Any], num_classes: int) -> list[str] | None:
    """What the outputs will stand for after training on these photos.

    The model's own classes where it knows all those of the photos, so that training can go on with some of them
    or in another order; otherwise the photos' own. Photos without names leave the model's.

    Args:
        model: the model to be trained.
        train: the training photos.
        num_classes: outputs of its head.
    """
    names, known = classes_of(train), learned_classes(model, num_classes)
    if names is None or (known is not None and set(_composed(names)) <= set(_composed(known))):
        return known
    return names[:num_classes]


def check_labels(
    photos: Sequence[Any], num_classes: int, what: str = "photos", classes: Sequence[str] | None = None
) -> Tensor:
    """The labels as positions among the model's outputs, int64 [N], once they are known to fit.

    Args:
        photos: the dataset; its `.classes` name its labels.
        num_classes: outputs of the model's head.
        what: the name the photos go by in error messages.
        classes: the class of each output: labels are then matched by name. None: labels are positions already.

    Raises:
        TypeError: for a path, or items that are no pairs.
        ValueError: when there are no photos, a label or a class has no output, or a class's name is that of several;
            names it and the cure.
    """
    labels = labels_of(photos, what)
    if not len(labels):
        raise ValueError(f"The {what} are empty: there is no photo to learn or score on")
    labels = _by_name(labels, classes_of(photos), classes, what)
    wrong = labels[(labels < 0) | (labels >= num_classes)]
    if len(wrong):
        first = int(np.flatnonzero(labels == wrong[0])[0])
        cure = f"replace_head(model, {int(labels.max()) + 1})" if wrong[0] >= num_classes else "leave unlabelled out"
        raise ValueError(
            f"Label {wrong[0]} of {what}[{first}] is out of range: the model's head has {num_classes} classes, "
            f"labels 0 to {num_classes - 1} ({len(wrong)} such photos). Cure: {cure}."
        )
    return torch.from_numpy(labels)


def _by_name(labels: np.ndarray, names: list[str] | None, classes: Sequence[str] | None, what: str) -> np.ndarray:
    """Labels that point into `names`, as positions in `classes`; negative ones stay as they are."""
    if names is None or classes is None:
        return labels
    names, classes = _composed(names), _composed(classes)
    if names == classes[: len(names)]:
        return labels
    place = {name: number for number, name in reversed(list(enumerate(classes)))}
    shown = {int(label): names[label] if label < len(names) else f"label {label}" for label in set(labels[labels >= 0])}
    unknown = sorted({name for name in shown.values() if name not in place})
    if unknown:
        wanted = len(set(classes) | set(shown.values()))
        raise ValueError(
            f"The model has no class for these of the {what}: {', '.join(map(repr, unknown[:10]))}. "
            f"{nearest(unknown[0], classes)} Cure: leave those photos out, or rename the class if only its name "
            f"differs, or learn it: replace_head(model, {wanted}), then fine_tune on photos of all {wanted}."
        )
    twice = sorted(name for name in set(shown.values()) if max(names.count(name), classes.count(name)) > 1)
    if twice:
        raise ValueError(
            f"The {what} can't be matched to the model's classes by name: several are called {twice[0]!r}. Cure: tell "
            "them apart in photos.classes and model.classes, such as 'crane (bird)' and 'crane (machine)'."
        )
    return np.array([place[shown[label]] if label >= 0 else label for label in labels.tolist()], dtype=np.int64)


def _composed(names: Iterable[str]) -> list[str]:
    """Names as they compare: an accented letter may be written as one sign or as two."""
    return [unicodedata.normalize("NFC", name) for name in names]
