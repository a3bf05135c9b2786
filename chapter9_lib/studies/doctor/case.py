"""What the doctor has before it: a model, photos, and whatever else it was handed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import Head, Preprocessing, find_head, preprocessing
from chapter9_lib.studies.doctor.probe import Probe, probe
from chapter9_lib.studies.doctor.seen import Seen, see
from chapter9_lib.training.history import History

__all__ = ["Case", "Unknown"]


class Unknown(Exception):
    """A check can't be made; says why."""


@dataclass
class Case:
    """One set-up that is examined. What costs time is done when it is first asked for, and once.

    Attributes:
        model: the network, on whatever device it is.
        train_data, val_data: as they were handed in.
        optimizer, scheduler: of the training to come.
        history: of a training that was.
        borrowed: the state dict that the network came with.
        evaluate: the caller's own evaluation, a function of the model.
    """

    model: nn.Module
    train_data: Any = None
    val_data: Any = None
    optimizer: torch.optim.Optimizer | None = None
    scheduler: Any = None
    history: History | None = None
    borrowed: dict[str, Tensor] | None = None
    evaluate: Callable[[nn.Module], object] | None = None

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
        except ValueError:
            raise Unknown("the model doesn't say how its checkpoint wants photos: model.preprocessing") from None

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
        return probe(self.model, self.train.images, self.train.labels, self.optimizer, head)

    def needs_optimizer(self) -> torch.optim.Optimizer:
        """The optimizer.

        Raises:
            Unknown: when there is none.
        """
        if self.optimizer is None:
            raise Unknown("no optimizer was handed in")
        return self.optimizer
