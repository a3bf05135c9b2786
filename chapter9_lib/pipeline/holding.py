"""One run at a time in a folder: a lock that the system takes back when its process ends, however it ends."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["LOCK", "held", "require_unheld"]

LOCK = ".running"
"""The file that is locked. A killed run leaves it behind, where it keeps nobody out."""
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a folder alone while inside. One that isn't there is made, and goes again if nothing has come into it.

    Args:
        folder: which.

    Yields:
        Whether others are kept out: False on a file system that knows no locks.

    Raises:
        BlockingIOError: when another run holds it; nothing is changed.
        OSError: when it can't be written to.
    """
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    file = folder / LOCK
    handle, locked = _taken(file)
    try:
        yield locked
    finally:
        _give_back(handle, file)
        with suppress(OSError):  # something has come into it
            for place in new:
                place.rmdir()


def require_unheld(folder: Path) -> None:
    """See that no run is at work in a folder.

    Raises:
        BlockingIOError: when one is.
    """
    if (folder / LOCK).exists():
        with held(folder):
            pass


def _taken(file: Path) -> tuple[int, bool]:
    """The open file, and whether it is locked."""
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            locked = _lock(handle, file.parent)
            if _lies_there(handle, file):  # else its last holder has just taken it away
                return handle, locked
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _lock(handle: int, folder: Path) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            raise BlockingIOError(
                f"Another run is at work in {folder}: let it end, or name another folder with --out"
            ) from error
        return False
    return True


def _lies_there(handle: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False


def _give_back(handle: int, file: Path) -> None:
    """Take the file away while it is held, so that it is nobody else's; Windows wants it closed for that, and keeps it
    where somebody else has it open."""
    if sys.platform != "win32":
        file.unlink(missing_ok=True)
    os.close(handle)
    if sys.platform == "win32":
        with suppress(OSError):
            file.unlink()
