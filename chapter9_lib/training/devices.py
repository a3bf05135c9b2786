"""Where the numbers are crunched."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

__all__ = ["grad_scaler", "mixed_precision", "pick_device", "place"]


def pick_device(device: str | torch.device | None = None) -> torch.device:
    """The device asked for; None picks CUDA, then Apple's MPS, then the CPU.

    Raises:
        ValueError: when the device asked for isn't there, naming the ones that are.
    """
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device is None:
        return torch.device(next(kind for kind, found in here.items() if found))
    chosen = torch.device(device)
    if not here.get(chosen.type, True):
        found = ", ".join(kind for kind, found in here.items() if found)
        raise ValueError(f"device={str(device)!r} is not on this machine; it has {found}")
    return chosen


def place(model: nn.Module, device: torch.device) -> nn.Module:
    """The model on the device, in place, with the channels of its convolutions last: the same numbers, faster."""
    return model.to(device, memory_format=torch.channels_last)


def mixed_precision(device: torch.device) -> AbstractContextManager:
    """Half-precision arithmetic where it pays: on CUDA. Elsewhere everything stays float32."""
    return torch.autocast("cuda", dtype=_half_format()) if device.type == "cuda" else nullcontext()


def grad_scaler(device: torch.device) -> torch.amp.GradScaler:
    """Keeps small float16 gradients from vanishing; does nothing where they can't."""
    return torch.amp.GradScaler("cuda", enabled=device.type == "cuda" and _half_format() is torch.float16)


def _half_format() -> torch.dtype:
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
