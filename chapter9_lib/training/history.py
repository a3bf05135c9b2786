"""What happened during training, epoch by epoch."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["History"]


@dataclass
class History:
    """One entry an epoch in each list; the validation lists stay empty without validation photos.

    Attributes:
        loss: what was minimised, a mean over the training photos as they were seen: the cross-entropy, and whatever
            else a training adds to it.
        accuracy: share of training photos named right, as they were seen.
        val_loss: mean cross-entropy over the validation photos.
        val_accuracy: share of validation photos named right.
        domain_accuracy: share of training photos whose domain the domain classifier named right (`adapt` by "dann").
        lr: learning rate of the epoch's first step; the head's, where stages have rates of their own.
        phase: which phase of the training the epoch belongs to, from 0.
        seconds: wall time of the epoch, validation included.
        best_epoch: index of the epoch whose weights the model now has; None: the last one's.
        cache: whether cached activations were used, and if not, why; of several phases, a line each,
            but for those that an earlier one's pass over the photos has served too.
        cache_seconds: wall time to fill the cache.
        device: where it ran.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    domain_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    phase: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    cache: str = ""
    cache_seconds: float = 0.0
    device: str = "cpu"

    def __len__(self) -> int:
        return len(self.loss)

    def add(self, **values: float) -> None:
        """Append one epoch's values to the lists of these names."""
        for name, value in values.items():
            getattr(self, name).append(value)

    def note_cache(self, line: str) -> None:
        """Add what one phase has to say of its cache."""
        self.cache += f"\n{line}" if self.cache else line

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, lists and strings, ready for JSON."""
        return dict(vars(self))

    def __str__(self) -> str:
        if not len(self):
            return "no epoch yet"
        at = len(self) - 1 if self.best_epoch is None else self.best_epoch
        val = f", validation {self.val_accuracy[at]:.3f}" if self.val_accuracy else ""
        total = sum(self.seconds) + self.cache_seconds
        return f"{len(self)} epochs in {total:.1f} s; epoch {at + 1}: accuracy {self.accuracy[at]:.3f}{val}"
