"""The head: the wrong one, one of the wrong width, one that is never asked; and what it hands on."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models.classes import known_classes
from chapter9_lib.studies.doctor.case import Case, Unknown, some
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.report import ERROR, NOTE, WARNING, Finding
from chapter9_lib.studies.doctor.seen import Seen

__all__: list[str] = []

MANY, MANY_FROM = 4, 100
"""A head with so many times the classes of the photos, and at least so many outputs, is somebody else's."""


@checks("the head's width")
def width(case: Case) -> Iterator[Finding]:
    outputs, least, most = case.outputs, _least(case.train), _most(case.train)
    known, classes = known_classes(case.model), case.train.classes
    where, count = f"{outputs} outputs", least if most is None else most
    strange = bool(known and classes and len(known) == outputs and not set(classes) <= set(known))
    told = most is not None or case.train.spread  # the beginning of a stream may hold a few of many classes
    if outputs > count and (strange or (told and outputs >= MANY * count and outputs >= MANY_FROM)):
        yield Finding(
            "head-not-replaced", ERROR, where, f"the photos have {count} classes; this is the head that it came with",
            f"replace_head(model, {count})",
        )  # fmt: skip
    elif most is not None and outputs > most:
        yield Finding(
            "head-wrong-width", WARNING, where, f"the photos have {most} classes", f"replace_head(model, {most})"
        )
    elif outputs < least <= (most or least):
        yield Finding(
            "head-wrong-width", ERROR, where, f"the photos have {most or least} classes",
            f"replace_head(model, {most or least})",
        )  # fmt: skip


@checks("labels")
def labels(case: Case) -> Iterator[Finding]:
    outputs = case.outputs
    for name, seen in (("train", case.train), *((("val", case.val),) if case.val_data is not None else ())):
        found = _known(seen)
        beyond = np.flatnonzero(found >= max(outputs, len(seen.classes or ())))
        if len(beyond):
            yield Finding(
                "labels-out-of-range", ERROR, f"{name}[{beyond[0]}]",
                f"label {found[beyond[0]]} where the head has outputs 0 to {outputs - 1} ({len(beyond)} such photos)",
                "replace_head(model, classes)  # or number the labels from 0",
            )  # fmt: skip
        if (found < 0).any():
            yield Finding(
                "unlabelled", NOTE, f"{name}[{np.flatnonzero(found < 0)[0]}]",
                f"{(found < 0).sum()} photos have labels below 0, which stand for nothing",
                "photos.subset(photos.labels >= 0)",
            )  # fmt: skip


@checks("layers that are never asked")
def unused(case: Case) -> Iterator[Finding]:
    gradients = case.probed.gradients
    idle = [name for name, gradient in gradients.items() if gradient is None]
    if case.probed.failed or len(idle) == len(gradients):
        return
    widths = {_least(case.train), _most(case.train)} if case.train.labels is not None else set()
    beside = {extra.name for extra in case.head.extra}
    modules = {name: case.model.get_submodule(name) for name in dict.fromkeys(n.rpartition(".")[0] for n in idle)}
    heads = [name for name, module in modules.items() if isinstance(module, (nn.Linear, nn.Conv2d)) and name not in
             beside and getattr(module, "out_features", getattr(module, "out_channels", None)) in widths]  # fmt: skip
    for name in heads:
        yield Finding(
            "head-unused", ERROR, name, "it is trainable and has the right width, but no gradient reaches it: this "
            "network has its head elsewhere", "replace_head(model, classes)  # puts it where this architecture has it",
        )  # fmt: skip
    rest = [name for name in idle if name.rpartition(".")[0] not in heads]
    if rest:
        yield Finding(
            "layer-unused", NOTE, some(rest), "trainable, but no gradient reaches it in a plain step",
            "layer.requires_grad_(False)  # unless you mean to use it later",
        )  # fmt: skip


@checks("what the network hands on")
def scores(case: Case) -> Iterator[Finding]:
    found = case.probed.trained.scores
    if found is None or found.ndim != 2 or found.shape[1] < 2:
        raise Unknown("the network doesn't answer in scores of two or more classes")
    sums = found.sum(1)
    if (found >= 0).all() and torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        yield Finding(
            "softmax-before-loss", ERROR, "the model's output",
            "its rows are probabilities: they sum to one. Cross-entropy takes a softmax itself, and a second one "
            "leaves hardly any gradient",
            "loss = cross_entropy(scores, labels)  # scores before any softmax",
        )  # fmt: skip


@checks("whether the features are alive")
def alive(case: Case) -> Iterator[Finding]:
    both = [look.features for look in (case.probed.evaluated, case.probed.trained)]
    if all(features is not None and len(features) > 1 and _is_constant(features) for features in both):
        yield Finding(
            "dead-network", ERROR, f"what enters {case.head.name}",
            "it is the same for every photo: some layer hands on nothing",
            'reinitialize(model, "layer4")  # module by module, norms with weight 1; or load the weights again',
        )  # fmt: skip


def _is_constant(features: Tensor) -> bool:
    return float(features.std(0).mean()) <= 1e-5 * max(float(features.abs().mean()), 1e-5)


def _known(seen: Seen) -> np.ndarray:
    """The labels of the whole set, or of those photos that were looked at."""
    if seen.all_labels is not None:
        return seen.all_labels
    if seen.labels is None:
        raise Unknown("the labels are not one class a photo")
    return seen.labels.numpy()


def _least(seen: Seen) -> int:
    """How many classes there are at least: up to the highest label that was seen."""
    return int(_known(seen).max()) + 1


def _most(seen: Seen) -> int | None:
    """How many classes there are at most, as far as the set says so; None where it doesn't."""
    if seen.classes:
        return len(seen.classes)
    return None if seen.all_labels is None else _least(seen)
