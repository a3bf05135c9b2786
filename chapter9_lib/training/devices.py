"""Where the numbers are crunched."""

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

import numpy as np
import torch
from torch import nn

__all__ = [
    "full_precision",
    "grad_scaler",
    "mixed_precision",
    "pick_device",
    "place",
    "seeded",
    "untouched_chance",
    "weight_format",
]

_full: ContextVar[bool] = ContextVar("full precision", default=False)


def pick_device(device: str | torch.device | None = None) -> torch.device:
    """The device asked for; None picks CUDA, then Apple's MPS, then the CPU.

    Raises:
        ValueError: when the device asked for isn't there, naming the ones that are.
    """
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device is None:
        return torch.device(next(kind for kind, found in here.items() if found))
    try:
        chosen = torch.device(device)
        there = here[chosen.type] if chosen.type in here else torch.get_device_module(chosen).is_available()
        there = there and (chosen.type != "cuda" or (chosen.index or 0) < torch.cuda.device_count())
    except (RuntimeError, AttributeError):  # no such kind, or torch was built without it
        there = False
    if not there:
        found = ", ".join(kind for kind, found in here.items() if found)
        raise ValueError(f"device={str(device)!r} is not on this machine; it has {found}")
    return chosen


def place(model: nn.Module, device: torch.device) -> nn.Module:
    """The model on the device, in place, with the channels of its convolutions last: the same numbers, faster.

    It stays so. Where some convolutions have three dimensions, for which torch has no such order, all lie as they did.
    """
    if any(tensor.dim() == 5 for tensor in (*model.parameters(), *model.buffers())):
        return model.to(device)
    return model.to(device, memory_format=torch.channels_last)


def weight_format(model: nn.Module) -> torch.dtype:
    """The format of the first numbers that a photo meets in the model; float32 where it has none."""
    return next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)


@contextmanager
def full_precision() -> Iterator[None]:
    """Inside, everything is float32 on CUDA as well, down to its convolutions: what comes out can be compared with what
    a CPU computes."""
    convolutions, before = torch.backends.cudnn, torch.backends.cudnn.allow_tf32
    token = _full.set(True)
    try:
        convolutions.allow_tf32 = False
        yield
    finally:
        convolutions.allow_tf32 = before
        _full.reset(token)


def mixed_precision(device: torch.device) -> AbstractContextManager:
    """Half-precision arithmetic where it pays: on CUDA. Elsewhere, and in `full_precision`, everything is float32."""
    halved = device.type == "cuda" and not _full.get()
    return torch.autocast("cuda", dtype=_half_format()) if halved else nullcontext()


def grad_scaler(device: torch.device) -> torch.amp.GradScaler:
    """Keeps small float16 gradients from vanishing; does nothing where they can't."""
    halved = device.type == "cuda" and not _full.get() and _half_format() is torch.float16
    return torch.amp.GradScaler("cuda", enabled=halved)


@contextmanager
def seeded(device: torch.device, seed: int) -> Iterator[None]:
    """Random numbers that follow from the seed inside; afterwards they go on as if nothing had been drawn.

    Holds for torch's generators of the CPU and of this device (CUDA, MPS). Those of other devices aren't touched.

    Args:
        device: where the numbers are drawn, beside the CPU.
        seed: any whole number that `torch.manual_seed` takes.
    """
    here = torch.get_rng_state()
    module = None if device.type == "cpu" else torch.get_device_module(device)
    which = () if device.type in ("cpu", "mps") else (device,)  # MPS is one device, and takes no name
    there = None if module is None else module.get_rng_state(*which)
    try:
        torch.default_generator.manual_seed(int(seed))
        if module is not None:
            with module.device(device) if which else nullcontext():
                module.manual_seed(int(seed))
        yield
    finally:
        torch.set_rng_state(here)
        if module is not None:
            module.set_rng_state(there, *which)


@contextmanager
def untouched_chance() -> Iterator[None]:
    """The random numbers of Python and numpy go on afterwards as if nothing had been drawn."""
    state, numbers = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numbers)


def _half_format() -> torch.dtype:
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
