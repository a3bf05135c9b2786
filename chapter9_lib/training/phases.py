"""Training in phases: which stages are thawed, for how long, how fast. Ready lists for the known recipes."""

import math
from dataclasses import dataclass

from torch import nn

from chapter9_lib.given import real_number, switch, whole_number
from chapter9_lib.models import stages
from chapter9_lib.training.schedules import Schedule, schedule_named, slanted_triangular

__all__ = ["Phase", "described", "flat", "gradual_unfreezing", "lp_ft", "ulmfit"]


@dataclass(frozen=True)
class Phase:
    """One part of a training.

    Attributes:
        until: the first stage that is trained; everything before it is frozen. "stem" trains all, None what takes
            gradients as it is.
        epochs: passes over the training photos.
        head_lr: the highest learning rate of the head.
        layer_decay: from each stage to the one before it, the learning rate is multiplied by so much; 1: one rate.
        schedule: how the rates move during the phase: "cosine", "constant", "slanted_triangular", or a function from
            progress (0..1) to a factor.
        augment: whether random views are seen in it; None: as `fine_tune` is told for all phases.

    Raises:
        ValueError: when a number makes no sense.
        TypeError: for epochs that are not whole, or texts in place of numbers.
    """

    until: str | None = "head"
    epochs: int = 5
    head_lr: float = 1e-3
    layer_decay: float = 1.0
    schedule: str | Schedule = "cosine"
    augment: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "epochs", whole_number("epochs", self.epochs))  # numpy's numbers are none to JSON
        object.__setattr__(self, "head_lr", real_number("head_lr", self.head_lr))
        object.__setattr__(self, "layer_decay", real_number("layer_decay", self.layer_decay))
        object.__setattr__(self, "augment", switch("augment", self.augment, None))
        if self.epochs < 1 or not 0 < self.head_lr < math.inf or not 0 < self.layer_decay <= 1:
            raise ValueError(f"{self}: epochs of at least 1, a positive head_lr and a layer_decay in (0, 1] are wanted")


def described(phase: Phase) -> list[object]:
    """What a phase does, as JSON knows it, the same in every process: a schedule by some of its values."""
    shape = [round(schedule_named(phase.schedule)(step / 8), 9) for step in range(9)]
    seen = [] if phase.augment is None else [phase.augment]
    return [phase.until, phase.epochs, phase.head_lr, phase.layer_decay, shape, *seen]


def gradual_unfreezing(
    model: nn.Module, *, thawed: int = 2, epochs: int = 5, head_lr: float = 1e-3, layer_decay: float = 0.1
) -> list[Phase]:
    """The head alone, then with the last stage, then with the one before as well, and so on.

    With a rate ten times smaller for each stage further from the head. (Howard and Ruder 2018, arXiv 1801.06146,
    thaw all layers, one an epoch; for images two stages are the usual dose.)

    Args:
        model: the network, for the names of its stages.
        thawed: how many stages of the backbone to thaw, one a phase.
        epochs: of each phase.
        head_lr: highest learning rate of the head.
        layer_decay: from a stage to the one before it.

    Raises:
        ValueError: when the model has fewer stages.
    """
    names = [stage.name for stage in stages(model)]
    if not 0 <= thawed < len(names):
        raise ValueError(f"thawed={thawed}: this {type(model).__name__} has {len(names) - 1} stages before its head")
    return [Phase(names[-1 - depth], epochs, head_lr, layer_decay) for depth in range(thawed + 1)]


def lp_ft(*, head_epochs: int = 10, epochs: int = 10, head_lr: float = 1e-3, lr: float = 1e-4) -> list[Phase]:
    """A linear probe, then everything at one small rate: LP-FT (Kumar et al. 2022, arXiv 2202.10054).

    Args:
        head_epochs: with the head alone.
        epochs: with everything.
        head_lr: while the head is trained alone.
        lr: of everything.
    """
    return [Phase("head", head_epochs, head_lr), Phase("stem", epochs, lr)]


def flat(*, epochs: int = 15, lr: float = 1e-4) -> list[Phase]:
    """Everything from the start, at one rate: plain fine-tuning."""
    return [Phase("stem", epochs, lr)]


def ulmfit(model: nn.Module, *, epochs: int = 5, head_lr: float = 1e-3, layer_decay: float = 1 / 2.6) -> list[Phase]:
    """ULMFiT's recipe for the classifier (Howard and Ruder 2018, arXiv 1801.06146, section 3.3).

    One stage more each epoch, from the head down; then all of them. Each stage's rate is that of the next divided by
    2.6; every phase has a slanted triangle.

    Args:
        model: the network, for the names of its stages.
        epochs: with everything thawed.
        head_lr: highest learning rate of the head.
        layer_decay: from a stage to the one before it.
    """
    names = [stage.name for stage in reversed(stages(model))]
    lengths = [1] * (len(names) - 1) + [epochs]
    return [
        Phase(name, length, head_lr, layer_decay, slanted_triangular)
        for name, length in zip(names, lengths, strict=True)
    ]
