"""Photos as a network is shown them, whoever prepared them: ours, a DataLoader, or a dataset of tensors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from chapter9_lib.models import preprocessing
from chapter9_lib.models.classes import class_names

__all__ = ["Seen", "see"]


@dataclass(frozen=True)
class Seen:
    """A set of photos, and some of them as they reach the network.

    Attributes:
        images: [n, 3, height, width], float32, as the network gets them.
        labels: int64 [n], theirs.
        ours: whether the model's own preprocessing made them from PIL photos.
        count: of the whole set; None where it doesn't say.
        all_labels: of the whole set, int64 (N,); None where it doesn't say.
        classes: what labels stand for; None where it doesn't say.
        paths: the file of each photo of the set, (N,); None where it doesn't say.
        cameras, groups: which camera took each, and what stays together, (N,); None where it doesn't say.
        files: some files with the tensors that the set makes of them, for comparing.
        steady: whether it makes the same tensor of a photo each time.
    """

    images: Tensor
    labels: Tensor
    ours: bool
    count: int | None = None
    all_labels: np.ndarray | None = None
    classes: list[str] | None = None
    paths: list[Path] | None = None
    cameras: np.ndarray | None = None
    groups: np.ndarray | None = None
    files: list[tuple[Path, Tensor]] = field(default_factory=list)
    steady: bool = True


def see(data: Any, model: nn.Module, most: int = 64) -> Seen:  # noqa: ANN401
    """Look at a set of photos: `most` of them as tensors, spread over the set, and what it knows of all.

    Args:
        data: a dataset of (PIL image, label) or of (tensor, label), or a DataLoader.
        model: for the preparation of PIL images.
        most: how many photos to look at.

    Raises:
        TypeError: for anything else; says what is wanted.
        ValueError: when it is empty.
    """
    dataset = data.dataset if isinstance(data, DataLoader) else data
    if isinstance(data, (str, Path)) or not hasattr(dataset, "__getitem__"):
        raise TypeError(
            f"Photos are wanted as a dataset of (PIL image, label) or (tensor, label), or as a DataLoader, not as a "
            f"{type(data).__name__}. A folder: open_folder({str(data)!r})."
        )
    if not len(dataset):
        raise ValueError("There is not a single photo to look at: the set is empty.")
    chosen = np.unique(np.linspace(0, len(dataset) - 1, min(most, len(dataset))).astype(int)).tolist()
    items = [dataset[at] for at in chosen]
    ours = isinstance(items[0][0], Image.Image)
    tensors = [_tensor(item[0], model) for item in items]
    images, labels = _stacked(tensors), torch.tensor([int(item[1]) for item in items])
    if isinstance(data, DataLoader) and not ours:
        images, labels = _from_loader(data, most)
    paths = _paths(dataset)
    files = [] if paths is None or ours else [(paths[at], tensor) for at, tensor in zip(chosen, tensors, strict=True)]
    steady = ours or all(torch.equal(_tensor(dataset[at][0], model), t) for at, t in zip(chosen[:4], tensors[:4],
                                                                                        strict=True))  # fmt: skip
    return Seen(images, labels, ours, len(dataset), _labels(dataset), class_names(_own(dataset, "classes")), paths,
                _column(dataset, "cameras"), _column(dataset, "groups"), files, steady)  # fmt: skip


def _tensor(image: Any, model: nn.Module) -> Tensor:  # noqa: ANN401
    if isinstance(image, Image.Image):
        return preprocessing(model).transform()(image)
    if isinstance(image, Tensor) and image.ndim == 3:
        return image.float()
    raise TypeError(f"A photo should be a PIL image or a tensor [3, height, width]; this set's is {_words(image)}.")


def _words(thing: Any) -> str:  # noqa: ANN401
    return f"a tensor {list(thing.shape)}" if isinstance(thing, Tensor) else f"a {type(thing).__name__}"


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    shapes = {tuple(tensor.shape) for tensor in tensors}
    if len(shapes) > 1:
        one, other = sorted(shapes)[:2]
        raise ValueError(f"Tensors of different shape, {one} and {other}, fit into no batch: resize and crop them.")
    return torch.stack(list(tensors))


def _from_loader(loader: DataLoader, most: int) -> tuple[Tensor, Tensor]:
    """What the loader really hands out: its collate function has a say."""
    images, labels, count = [], [], 0
    for batch in loader:
        images.append(batch[0].float())
        labels.append(batch[1])
        count += len(batch[0])
        if count >= most:
            break
    found = torch.cat(labels)
    return torch.cat(images)[:most].cpu(), (found.argmax(1) if found.ndim > 1 else found).long()[:most].cpu()


def _chain(dataset: Any) -> Iterator[tuple[Any, np.ndarray | None]]:  # noqa: ANN401
    """A dataset and those that it is part of, each with the positions that are meant."""
    places: np.ndarray | None = None
    yield dataset, places
    while isinstance(dataset, Subset) or isinstance(getattr(dataset, "dataset", None), torch.utils.data.Dataset):
        if isinstance(dataset, Subset):
            own = np.asarray(list(dataset.indices))
            places = own if places is None else own[places]
        dataset = dataset.dataset
        yield dataset, places


def _own(dataset: Any, *names: str) -> Any:  # noqa: ANN401
    return next((getattr(part, name) for part, _ in _chain(dataset) for name in names if hasattr(part, name)), None)


def _column(dataset: Any, *names: str) -> np.ndarray | None:  # noqa: ANN401
    for part, places in _chain(dataset):
        for name in names:
            values = getattr(part, name, None)
            if values is not None and np.ndim(values) >= 1:
                return np.asarray(values) if places is None else np.asarray(values)[places]
    return None


def _labels(dataset: Any) -> np.ndarray | None:  # noqa: ANN401
    found = _column(dataset, "labels", "targets")
    for part, places in _chain(dataset) if found is None else ():
        tensors = getattr(part, "tensors", ())
        if len(tensors) > 1 and tensors[1].ndim == 1:
            found = tensors[1].cpu().numpy()
            found = found if places is None else found[places]
    return None if found is None or found.ndim != 1 else found.astype(np.int64)


def _paths(dataset: Any) -> list[Path] | None:  # noqa: ANN401
    for part, places in _chain(dataset):
        found = getattr(part, "paths", None) or [path for path, _ in getattr(part, "samples", None) or ()]
        if found:
            return [Path(found[at]) for at in (range(len(found)) if places is None else places)]
    return None
