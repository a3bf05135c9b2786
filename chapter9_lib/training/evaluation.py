"""How good a model is on photos, and how sure one can be of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from chapter9_lib.models import find_head, preprocessing
from chapter9_lib.models.modes import as_logits, evaluating
from chapter9_lib.student import t_quantile
from chapter9_lib.training.calibration import Calibration, calibration
from chapter9_lib.training.data import PhotoBatches
from chapter9_lib.training.devices import pick_device, place, weight_format
from chapter9_lib.training.few_shot import Neighbours
from chapter9_lib.training.inputs import known_of, require_photos
from chapter9_lib.training.labels import check_labels, classes_of, learned_classes

__all__ = ["Evaluation", "bootstrap_interval", "evaluate", "predict"]

_FEW_GROUPS = 10
_DRAWN_AT_ONCE = 1 << 24
"""Numbers of a bootstrap that are in memory at once."""


@dataclass(frozen=True)
class Evaluation:
    """A model's answers on labelled photos.

    Attributes:
        probabilities: (N, C), rows sum to 1.
        labels: (N,), the true classes, as positions in `classes`.
        classes: C names, in the order of the model's outputs.
        groups: which photos belong together (bursts, cameras), (N,), or None.
    """

    probabilities: np.ndarray
    labels: np.ndarray
    classes: list[str]
    groups: np.ndarray | None = None

    @cached_property
    def predictions(self) -> np.ndarray:
        """The likeliest class of each photo, (N,)."""
        return self.probabilities.argmax(1)

    @property
    def accuracy(self) -> float:
        """Share of photos named right."""
        return float((self.predictions == self.labels).mean())

    @cached_property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy: a bootstrap over groups where they are known, else over photos."""
        return bootstrap_interval(self.predictions == self.labels, self.groups)

    @cached_property
    def confusion(self) -> np.ndarray:
        """Photos by true class (rows) and named class (columns), (C, C)."""
        size = len(self.classes)
        return np.bincount(self.labels * size + self.predictions, minlength=size * size).reshape(size, size)

    @property
    def per_class(self) -> dict[str, float]:
        """Share named right of each class's photos; NaN for a class without photos.

        Raises:
            ValueError: when several classes have one name.
        """
        if twice := [name for name in self.classes if self.classes.count(name) > 1]:
            raise ValueError(f"Several classes are called {twice[0]!r}: .confusion keeps them apart, by number")
        totals = self.confusion.sum(1)
        rights = self.confusion.diagonal()
        pairs = zip(self.classes, rights, totals, strict=True)
        return {name: float(right / total) if total else float("nan") for name, right, total in pairs}

    @cached_property
    def calibration(self) -> Calibration:
        """Whether it is right as often as it says, in ten steps of confidence."""
        return calibration(self.probabilities, self.labels)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.accuracy:.1%} of {len(self.labels)} photos right (95 % interval {low:.1%} to {high:.1%})"


def bootstrap_interval(
    right: np.ndarray, groups: np.ndarray | None = None, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap of a mean (Efron 1979), drawing whole groups with replacement.

    Frames of one burst are nearly the same photo: drawing photos one by one would promise too much. Where all are
    right, or all wrong, no drawing differs; then it is the exact binomial interval of the groups (Clopper and Pearson
    1934): three photos of three say that more than 29 % will be right.

    Of fewer than ten groups too few drawings differ, and the bootstrap is too narrow. Then it is a t interval of the
    ratio of two sums over groups, by their linearised residuals with a degree of freedom less than there are groups
    (Cochran, Sampling Techniques, 1977, ratio estimator), never narrower than if each photo counted by itself, and cut
    to 0 … 1. One group says nothing of others: 0 to 1.

    Args:
        right: one number a photo, from 0 to 1, (N,).
        groups: one name a photo, (N,); None: each photo by itself.
        level: share of draws inside the interval, or of t.
        draws: resamplings.
        seed: of the resampling.

    Raises:
        ValueError: for no photos, or not as many groups as photos.
    """
    right = np.asarray(right, dtype=float)
    if not len(right):
        raise ValueError("There are no photos, and so no mean to be sure of")
    if groups is not None and len(groups) != len(right):
        raise ValueError(f"{len(right)} photos and {len(groups)} groups: one group a photo is wanted")
    _, place = np.unique(np.arange(len(right)) if groups is None else groups, return_inverse=True)
    totals, sizes = np.bincount(place, right), np.bincount(place)
    if right.min() == right.max() and right[0] in (0.0, 1.0):
        least = ((1 - level) / 2) ** (1 / len(sizes))
        return (least, 1.0) if right[0] else (0.0, 1 - least)
    if len(sizes) < _FEW_GROUPS:
        return _t_interval(right, totals, sizes, level)
    random, even = np.random.default_rng(seed), np.full(len(sizes), 1 / len(sizes))
    block, means = max(1, _DRAWN_AT_ONCE // len(sizes)), []
    for done in range(0, draws, block):
        drawn = random.multinomial(len(sizes), even, size=min(block, draws - done))
        means.extend((drawn @ totals) / (drawn @ sizes))
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _t_interval(right: np.ndarray, totals: np.ndarray, sizes: np.ndarray, level: float) -> tuple[float, float]:
    """Of the mean, for a few groups with these sums and sizes."""
    groups = len(sizes)
    if groups == 1:
        return 0.0, 1.0
    mean = float(right.mean())
    between = groups / (groups - 1) * float(((totals - mean * sizes) ** 2).sum()) / len(right) ** 2
    half = t_quantile(groups - 1, level) * max(between, float(right.var(ddof=1)) / len(right)) ** 0.5
    return max(0.0, mean - half), min(1.0, mean + half)


def evaluate(model: nn.Module, photos: Sequence[Any], *, device: str | torch.device | None = None) -> Evaluation:
    """Score a model on labelled photos, in its weights' format and evaluation mode; each layer's mode is put back.

    Classes are matched by name where both sides have names: the photos may show some of the model's classes only,
    in any order. Without names, label 0 is the first output, and so on.

    Args:
        model: a classifier that carries its preprocessing; `fine_tune` has left its classes' names on it.
        photos: (PIL image, label) with `.labels`, `.classes` naming them; `.groups` (or else `.cameras`) make the
            interval honest. A `Subset` of torch's has those of the whole.
        device: where to, and the model stays there; None picks.

    Raises:
        ValueError: for no photos, or labels or classes the model has no output for.
        TypeError: for a path in place of photos.
        FloatingPointError: when an answer is no number.
    """
    classes = model.classes if isinstance(model, Neighbours) else find_head(model).out_features
    known = learned_classes(model, classes)
    labels = check_labels(photos, classes, classes=known).numpy()
    groups = next((g for g in (known_of(photos, name) for name in ("groups", "cameras")) if g is not None), None)
    own = classes_of(photos) or []
    names = list(known) if own and known else own
    names += [str(number) for number in range(len(names), classes)]
    return Evaluation(predict(model, photos, device=device).numpy(), labels, names[:classes], groups)


def predict(
    model: nn.Module,
    images: Sequence[Any],
    *,
    device: str | torch.device | None = None,
    batch_size: int = 64,
) -> Tensor:
    """Class probabilities, float32 [N, C] on the CPU.

    Args:
        model: a classifier that carries its preprocessing.
        images: PIL photos, or a dataset of (PIL image, label); one photo is taken as a list of one.
        device: where to, and the model stays there; None picks.
        batch_size: the most photos a step.

    Raises:
        ValueError: for a batch_size below 1, or a model that doesn't say how its photos are prepared.
        TypeError: for paths, or anything else that is no PIL image; says how to open it.
        FloatingPointError: when an answer is no number; says for which photo.
    """
    images = [images] if isinstance(images, Image.Image) else images
    require_photos(images, "images")
    chosen = pick_device(device)
    batches = PhotoBatches(images, preprocessing(model), chosen, memory_limit=0)
    with evaluating(place(model, chosen)), torch.inference_mode():
        parts = [
            as_logits(model(batches.batch(indices).to(weight_format(model)))).float().softmax(1).cpu()
            for indices in batches.steps(batch_size)
        ]
    found = torch.cat(parts) if parts else torch.empty(0, find_head(model).out_features)
    odd = (~found.isfinite().all(1)).nonzero().flatten()
    if len(odd):
        raise FloatingPointError(
            f"The model's answer to photo {int(odd[0])} is no number ({len(odd)} such photos). Look for weights that "
            "are not finite, as too high a rate leaves them; a float16 model may overflow: model.float()."
        )
    return found
