"""Activations on disk: memory-mapped, written whole or not at all, found by a fingerprint of all they depend on."""

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models.stages import thawed_part
from chapter9_lib.training.data import PhotoBatches, gives_its_files

__all__ = ["BUDGET", "FeatureFile", "fingerprint", "make_room"]

BUDGET = 20 << 30
"""Bytes of activations that are kept for later runs."""
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_ABANDONED = 24 * 3600
"""Seconds after which a half-written file belongs to nobody."""


class FeatureFile:
    """An array in a `.npy` file that exists only once it is complete.

    Args:
        folder: where the file lies; made when missing.
        key: a fingerprint, the file's name.
        shape: of the array.
        format: of its numbers, torch.float32 or torch.float16.
    """

    def __init__(self, folder: Path, key: str, shape: tuple[int, ...], format: torch.dtype = torch.float32) -> None:
        self.path = folder / f"{key}.npy"
        self.shape = shape
        self.format = np.float16 if format is torch.float16 else np.float32

    def exists(self) -> bool:
        """Whether a complete file of the right shape is there."""
        try:
            found = np.load(self.path, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            return False
        return found.shape == self.shape and found.dtype == self.format

    def read(self) -> Tensor:
        """The array as a tensor that reads from disk; changes to it stay in memory."""
        with suppress(OSError):
            os.utime(self.path)  # it was wanted now: others go first
        return torch.from_numpy(np.load(self.path, mmap_mode="c"))

    @contextmanager
    def writing(self) -> Iterator[Tensor]:
        """A tensor to fill; the file takes its name when the block ends well, and vanishes when it doesn't.

        Let go of the tensor before the block ends: Windows renames no file that is mapped.

        Raises:
            OSError: when the disk is full, saying how much is needed.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".writing-", suffix=".npy")
        os.close(handle)
        try:
            out = np.lib.format.open_memmap(temporary, "w+", self.format, self.shape)
            _reserve(temporary)
            yield torch.from_numpy(out)
            out.flush()
            del out
            os.replace(temporary, self.path)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            size = np.dtype(self.format).itemsize * np.prod(self.shape, dtype=np.int64) / 2**20
            raise OSError(
                error.errno,
                f"{error.strerror}: the activations need {size:.0f} MiB in {self.path.parent}. Make room, or set "
                "CHAPTER9_HOME to a folder on a larger disk",
            ) from error
        finally:
            with suppress(OSError):  # still mapped: `make_room` clears it away one day
                Path(temporary).unlink(missing_ok=True)


def make_room(folder: Path, size: int, keep: Sequence[Path] = ()) -> None:
    """Delete the longest unused activations until so many bytes more are within `BUDGET`, and what a killed run left.

    Args:
        folder: where they lie; other files in it are left alone.
        size: in bytes, of what is to be written.
        keep: files that are in use.
    """
    now = time.time()
    for path in folder.glob(".writing-*.npy"):
        with suppress(OSError):
            if now - path.stat().st_mtime > _ABANDONED:
                path.unlink()
    found = []
    for path in set(folder.glob("*-[0-9]*.npy")) - set(keep):
        with suppress(OSError):
            found.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(one[1] for one in found) + size
    for _, own, path in sorted(found):
        if total <= BUDGET:
            return
        with suppress(OSError):
            path.unlink()
            total -= own


def fingerprint(
    model: nn.Module, photos: Sequence[Any], batches: PhotoBatches, device: torch.device, until: str, about: str
) -> str:
    """A name for the activations that these weights hand to the stage `until` on these photos, so prepared.

    Our own `Photos` count by their files' content and one decoded probe, others by all their pixels: what has `.paths`
    may hand out a part of what it reads there.
    """
    digest = hashlib.sha256(f"{torch.__version__} {device.type} {until} {about}".encode())
    inside = tuple(f"{part}." for part in thawed_part(model, until).parts)
    for name, module in model.named_modules():
        if not f"{name}.".startswith(inside):
            digest.update(f"{name} {type(module)} {module.extra_repr()}".encode())
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if not name.startswith(inside):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    digest.update(f"{batches.preparation} {type(photos)} {len(photos)}".encode())
    paths = photos.paths if gives_its_files(photos) else ()
    for path in paths:
        content = Path(path).read_bytes()
        digest.update(f"{len(content)} ".encode() + content)
    for position in range(1 if paths else len(photos)):
        digest.update(batches.pixels(torch.tensor([position])).numpy())
    return digest.hexdigest()[:40]


def _reserve(path: str) -> None:
    """Ask for the space now: a full disk is an error here, and a killed process when a mapped page is written."""
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.path.getsize(path))
