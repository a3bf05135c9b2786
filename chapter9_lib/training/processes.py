"""Several processes that train one model together, as `torchrun` and `accelerate launch` start them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed, nn

from chapter9_lib.models.freezing import is_held, keeps_statistics

__all__ = ["Team", "joined"]


@dataclass(frozen=True)
class Team:
    """The processes of a training. Each holds the whole model, and takes its share of every batch.

    Attributes:
        rank: which process this is, from 0.
        count: how many there are.
        device: where this one's tensors are.
    """

    rank: int
    count: int
    device: torch.device

    @classmethod
    def present(cls, device: torch.device) -> "Team":
        """The team that this process belongs to; alone, unless torch.distributed was initialised."""
        if not (distributed.is_available() and distributed.is_initialized()):
            return cls(0, 1, device)
        if device.type == "cuda" and device.index not in (None, torch.cuda.current_device()):
            raise ValueError(
                f"{device} is one card, and {distributed.get_world_size()} processes have one each: leave it out"
            )
        return cls(distributed.get_rank(), distributed.get_world_size(), device)

    def share(self, indices: Tensor) -> Tensor:
        """This process's part of a batch. May be empty."""
        return indices[self.rank :: self.count]

    def add_up_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give every process the sum of all gradients, in one message."""
        if self.count == 1:
            return
        own = [p for p in parameters if p.requires_grad]
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in own])
        distributed.all_reduce(flat)
        for parameter, summed in zip(own, flat.split([p.numel() for p in own]), strict=True):
            parameter.grad = summed.view_as(parameter).clone()

    def add_up(self, *values: float) -> tuple[float, ...]:
        """The sums of all processes' numbers."""
        if self.count == 1:
            return values
        summed = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(summed)
        return tuple(summed.tolist())

    def agreed(self, value: Any) -> Any:  # noqa: ANN401
        """What the first process says; it must be something that can be pickled."""
        if self.count == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, device=torch.device("cpu"))
        return box[0]

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.count > 1:
            distributed.barrier()

    def require_still_norms(self, model: nn.Module) -> None:
        """See that no norm's statistics depend on a process's own share of the batches.

        Raises:
            ValueError: naming a batch norm that is not held.
        """
        for name, module in model.named_modules() if self.count > 1 else ():
            if keeps_statistics(module) and not is_held(module) and not isinstance(module, nn.SyncBatchNorm):
                raise ValueError(
                    f"{name} is a batch norm that learns, and would learn something else in each of {self.count} "
                    "processes: freeze_batchnorm(model), or torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)"
                )


@contextmanager
def joined() -> Iterator[int]:
    """Join the processes that a launcher has started, and leave them at the end; yields this one's rank, 0 if alone."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or distributed.is_initialized():
        yield distributed.get_rank() if distributed.is_available() and distributed.is_initialized() else 0
        return
    if torch.cuda.is_available():
        own = int(os.environ.get("LOCAL_RANK", "0"))
        if own < torch.cuda.device_count():  # else it had better be told to use the CPU
            torch.cuda.set_device(own)
    distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield distributed.get_rank()
    finally:
        distributed.destroy_process_group()
