"""Classifiers from a few examples: nothing is trained, photos are compared with the examples."""

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models import ZeroShot, preprocessing
from chapter9_lib.models.classes import known_classes, remember_classes
from chapter9_lib.models.features import Headless
from chapter9_lib.models.modes import evaluating
from chapter9_lib.training.data import PhotoBatches, epoch_batches
from chapter9_lib.training.devices import pick_device, place
from chapter9_lib.training.labels import classes_of, labels_of

__all__ = ["Neighbours", "nearest_neighbours", "prototypes"]

_SCALE = 1 / 0.07
M = TypeVar("M", bound=nn.Module)


class Neighbours(nn.Module):
    """Asks the nearest examples.

    Args:
        encode: from prepared photos to vectors [N, D], as a module.
        examples: unit vectors [M, D], with labels [M].
        classes: how many there are.
        count: how many neighbours have a say.
    """

    def __init__(self, encode: nn.Module, examples: Tensor, labels: Tensor, classes: int, count: int) -> None:
        super().__init__()
        self.encode, self.classes, self.count = encode, classes, count
        self.register_buffer("examples", examples)
        self.register_buffer("labels", labels)

    def forward(self, images: Tensor) -> Tensor:
        """Class scores [N, C]: logarithms of the neighbours' votes."""
        vectors = F.normalize(self.encode(images).flatten(1), dim=1)
        nearest = (vectors @ self.examples.T).topk(self.count)
        votes = (_SCALE * (nearest.values - 1)).exp()
        scores = votes.new_zeros(len(vectors), self.classes)
        return scores.scatter_add(1, self.labels[nearest.indices], votes).clamp_min(1e-30).log()


class _Centred(nn.Module):
    """Vectors less the examples' mean."""

    def __init__(self, encode: nn.Module, mean: Tensor) -> None:
        super().__init__()
        self.encode = encode
        self.register_buffer("mean", mean)

    def forward(self, images: Tensor) -> Tensor:
        return self.encode(images).flatten(1) - self.mean


def prototypes(
    model: nn.Module, examples: Sequence[Any], *, words: ZeroShot | None = None, word_share: float = 0.5,
    centre: bool | None = None, device: str | torch.device | None = None,
) -> ZeroShot:  # fmt: skip
    """A classifier by the nearest class mean (Snell et al. 2017, arXiv 1703.05175), in cosines.

    Args:
        model: any classifier with a head, which is passed over, or an `ImageText` model.
        examples: a dataset of (PIL image, label) with the classes' names under `.classes`.
        words: what `zero_shot` made of the same model: its descriptions are averaged with the examples.
        word_share: how much the descriptions count, from 0 to 1.
        centre: take the examples' mean from every vector first (SimpleShot, Wang et al. 2019, arXiv 1911.04623),
            which helps where all features are positive; None: unless the model knows texts.
        device: where to; None picks.

    Returns:
        A classifier with the classes' names and the model's preprocessing. The model, which is inside it, keeps its
        weights and its mode.

    Raises:
        ValueError: for a class without an example, or when words are of other classes, or of centred vectors.
    """
    encode, vectors, labels, names = _looked_at(model, examples, device)
    centre = not _knows_texts(model) if centre is None else centre
    if words is not None and (centre or known_classes(words) != names):
        raise ValueError(f"Words and examples must be of the same classes ({names}) in the same, uncentred space")
    if centre:
        encode = _Centred(encode, vectors.mean(0))
        vectors = vectors - vectors.mean(0)
    unit = F.normalize(vectors, dim=1)
    means = F.normalize(torch.stack([unit[labels == label].mean(0) for label in range(len(names))]), dim=1)
    if words is not None:
        told = F.normalize(words.head.weight.detach().float().to(means.device), dim=1)
        means = F.normalize(word_share * told + (1 - word_share) * means, dim=1)
    return _ready(ZeroShot(encode, means, _SCALE), model, names)


def nearest_neighbours(
    model: nn.Module, examples: Sequence[Any], *, count: int = 1, device: str | torch.device | None = None
) -> Neighbours:
    """A classifier that asks the nearest examples, each with a vote that falls with its distance (Wu et al. 2018,
    arXiv 1805.01978, section 3.4).

    Args:
        model, examples, device: as for `prototypes`.
        count: how many neighbours have a say.

    Raises:
        ValueError: for a class without an example, or more neighbours than examples.
    """  # fmt: skip
    encode, vectors, labels, names = _looked_at(model, examples, device)
    if not 1 <= count <= len(vectors):
        raise ValueError(f"count={count}: from 1 to {len(vectors)}, the number of examples")
    return _ready(Neighbours(encode, F.normalize(vectors, dim=1), labels, len(names), count), model, names)


def _looked_at(
    model: nn.Module, examples: Sequence[Any], device: str | torch.device | None
) -> tuple[nn.Module, Tensor, Tensor, list[str]]:
    """What turns photos into vectors, the examples' vectors [M, D] and labels [M], and the classes' names."""
    chosen = pick_device(device)
    place(model, chosen)
    encode = model.image if _knows_texts(model) else Headless(model)
    labels = torch.as_tensor(labels_of(examples, "examples"))
    names = classes_of(examples) or [str(label) for label in range(int(labels.max()) + 1)]
    counts = torch.bincount(labels, minlength=len(names))
    if int(counts.min()) == 0:
        raise ValueError(f"No example of {', '.join(n for n, c in zip(names, counts, strict=True) if not c)}")
    batches = PhotoBatches(examples, preprocessing(model), chosen, memory_limit=0)
    with torch.no_grad(), evaluating(encode):
        rows = [encode(batches.batch(some)).flatten(1).float() for some in epoch_batches(len(batches), 64)]
    return encode, torch.cat(rows), labels.to(chosen), names


def _knows_texts(model: nn.Module) -> bool:
    return hasattr(model, "encode_texts")


def _ready(classifier: M, model: nn.Module, names: list[str]) -> M:
    classifier.preprocessing = preprocessing(model)
    remember_classes(classifier, names)
    with evaluating(model):
        return classifier.eval()
