"""What the doctor has before it: a model, photos, and whatever else it was handed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import Head, Preprocessing, find_head, preprocessing
from chapter9_lib.studies.doctor.probe import Probe, probe
from chapter9_lib.studies.doctor.seen import Seen, see
from chapter9_lib.training.history import History

__all__ = ["Case", "Irrelevant", "Unknown", "some"]


class Unknown(Exception):
    """A check can't be made; says why."""


class Irrelevant(Unknown):
    """A check is for set-ups of another kind; nothing is said of it."""


@dataclass
class Case:
    """One set-up that is examined. What costs time is done when it is first asked for, and once.

    Attributes:
        model: the network, on whatever device it is.
        train_data, val_data: as they were handed in.
        optimizers: of the training to come.
        scheduler: of their rates.
        history: of a training that was.
        borrowed: the state dict that the network came with.
        scratch: whether it starts from random weights.
        evaluate: the caller's own evaluation, a function of the model.
        teacher: whose answers the model is to learn.
        soft_loss: of the model's scores, the teacher's, and the labels.
        saved: what was kept of a training, or the file it lies in.
        modes: {module: whether it was in training mode when the doctor was called}.
        teacher_modes: of the teacher's modules.
    """

    model: nn.Module
    train_data: Any = None
    val_data: Any = None
    optimizers: Sequence[torch.optim.Optimizer] = ()
    scheduler: Any = None
    history: History | None = None
    borrowed: dict[str, Tensor] | None = None
    scratch: bool = False
    evaluate: Callable[[nn.Module], object] | None = None
    teacher: nn.Module | None = None
    soft_loss: Callable[..., Tensor] | None = None
    saved: Any = None
    modes: dict[str, bool] = field(default_factory=dict)
    teacher_modes: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.modes = {name: module.training for name, module in self.model.named_modules()}
        if self.teacher is not None:
            self.teacher_modes = {name: module.training for name, module in self.teacher.named_modules()}

    @cached_property
    def train(self) -> Seen:
        """The training photos."""
        if self.train_data is None:
            raise Unknown("no training photos were handed in")
        return see(self.train_data, self.model)

    @cached_property
    def val(self) -> Seen:
        """The validation photos."""
        if self.val_data is None:
            raise Unknown("no validation photos were handed in")
        return see(self.val_data, self.model)

    @cached_property
    def preparation(self) -> Preprocessing:
        """What the checkpoint wants of a photo."""
        try:
            return preprocessing(self.model)
        except ValueError as error:
            raise Unknown(str(error).split(". ")[0]) from None

    @cached_property
    def head(self) -> Head:
        """The model's last layer."""
        try:
            return find_head(self.model)
        except ValueError as error:
            raise Unknown(str(error).split(":")[0]) from None

    @cached_property
    def probed(self) -> Probe:
        """One step of training, taken and undone."""
        try:
            head = self.head.module
        except Unknown:
            head = None
        photos = self.train.images[: max(2, self.train.batch or 0) if self.train.batch else None]
        try:
            return probe(self.model, photos, self.train.labels, self.optimizers, head)
        except MemoryError as error:
            raise Unknown(str(error)) from None

    @cached_property
    def outputs(self) -> int:
        """How many classes the network answers in.

        Raises:
            Unknown: where it can't be run, or answers in one number.
        """
        scores = self.probed.evaluated.scores
        if scores is None or scores.ndim != 2 or scores.shape[1] < 2:
            raise Unknown("the network doesn't answer in scores of two or more classes")
        return scores.shape[1]

    def needs_optimizer(self) -> Sequence[torch.optim.Optimizer]:
        """The optimizers.

        Raises:
            Unknown: when there is none.
        """
        if not self.optimizers:
            raise Unknown("no optimizer was handed in")
        return self.optimizers

    def is_trained(self, parameter: nn.Parameter) -> bool:
        """Whether a parameter takes gradients and, as far as that is known, is in an optimizer."""
        return parameter.requires_grad and (not self.optimizers or id(parameter) in self.held)

    @cached_property
    def held(self) -> set[int]:
        """The ids of what the optimizers hold."""
        return {id(p) for optimizer in self.optimizers for group in optimizer.param_groups for p in group["params"]}


def some(names: Sequence[str]) -> str:
    """The first of some names, and how many more."""
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
