"""The head: the wrong one, one of the wrong width, one that is never asked; and what it hands on."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from chapter9_lib.models.classes import known_classes
from chapter9_lib.studies.doctor.case import Case
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.report import ERROR, NOTE, WARNING, Finding

__all__: list[str] = []

MANY = 4
"""A head with so many times the classes of the photos is somebody else's."""


@checks("the head's width")
def width(case: Case) -> Iterator[Finding]:
    outputs, labels = case.head.out_features, _labels(case)
    classes = case.train.classes
    wanted = len(classes) if classes else int(labels.max()) + 1
    known = known_classes(case.model)
    where = f"{case.head.name}, {outputs} outputs"
    if outputs > wanted and (outputs >= MANY * wanted or (known and classes and not set(classes) <= set(known))):
        yield Finding(
            "head-not-replaced", ERROR, where, f"the photos have {wanted} classes; this is the head that it came with",
            f"replace_head(model, {wanted})",
        )  # fmt: skip
    elif outputs != wanted:
        severity = ERROR if outputs < wanted else WARNING
        yield Finding(
            "head-wrong-width", severity, where, f"the photos have {wanted} classes", f"replace_head(model, {wanted})"
        )


@checks("labels")
def labels(case: Case) -> Iterator[Finding]:
    outputs = case.head.out_features
    for name, seen in (("train", case.train), *((("val", case.val),) if case.val_data is not None else ())):
        found = seen.labels.numpy() if seen.all_labels is None else seen.all_labels
        wrong = np.flatnonzero((found < 0) | (found >= max(outputs, len(seen.classes or ()))))
        if len(wrong):
            yield Finding(
                "labels-out-of-range", ERROR, f"{name}[{wrong[0]}]",
                f"label {found[wrong[0]]} where the head has outputs 0 to {outputs - 1} ({len(wrong)} such photos)",
                "labels count from 0; replace_head(model, classes) where there are more of them",
            )  # fmt: skip


@checks("layers that are never asked")
def unused(case: Case) -> Iterator[Finding]:
    gradients = case.probed.gradients
    idle = [name for name, gradient in gradients.items() if gradient is None]
    if case.probed.failed or len(idle) == len(gradients):
        return
    for name in dict.fromkeys(name.rpartition(".")[0] for name in idle):
        module = case.model.get_submodule(name)
        outputs = getattr(module, "out_features", getattr(module, "out_channels", None))
        heady = isinstance(module, (nn.Linear, nn.Conv2d)) and outputs == _wanted(case) and name != case.head.name
        yield Finding(
            "head-unused" if heady else "layer-unused", ERROR if heady else NOTE, name or "the model",
            "it is trainable, but no gradient reaches it: the network never asks it",
            f"replace_head(model, {_wanted(case)})  # puts it where this architecture has its head" if heady else
            "nothing, if you meant it so",
        )  # fmt: skip


@checks("what the network hands on")
def scores(case: Case) -> Iterator[Finding]:
    found = case.probed.scores
    if found is None or found.shape[1] < 2:
        return
    sums = found.sum(1)
    if (found >= 0).all() and torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        yield Finding(
            "softmax-before-loss", ERROR, "the model's output",
            "its rows are probabilities: they sum to one. Cross-entropy takes a softmax itself, and a second one "
            "leaves hardly any gradient",
            "leave the softmax out of the model: cross-entropy wants scores",
        )  # fmt: skip


@checks("whether the features are alive")
def alive(case: Case) -> Iterator[Finding]:
    features = case.probed.features
    if features is not None and len(features) > 1:
        spread, size = float(features.std(0).mean()), float(features.abs().mean())
        if spread <= 1e-5 * max(size, 1e-5):
            yield Finding(
                "dead-network", ERROR, f"what enters {case.head.name}",
                "it is the same for every photo: some layer hands on nothing",
                'reinitialize(model, "layer4")  # module by module, norms with weight 1; or load the weights again',
            )  # fmt: skip


def _labels(case: Case) -> np.ndarray:
    return case.train.labels.numpy() if case.train.all_labels is None else case.train.all_labels


def _wanted(case: Case) -> int:
    return len(case.train.classes) if case.train.classes else int(_labels(case).max()) + 1
