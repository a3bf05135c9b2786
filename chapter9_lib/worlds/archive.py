"""Unpack a bundled archive once, whole or not at all."""

import errno
import hashlib
import json
import os
import shutil
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from uuid import uuid4

from chapter9_lib.paths import home

__all__ = ["ArchiveError", "is_complete", "sweep", "unpack"]

_MARKER = ".complete"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, struct.error, UnicodeError)


class ArchiveError(RuntimeError):
    """An archive that is damaged, or that would write outside its folder."""


def unpack(archive: Path, sha256: str, into: Path | None = None) -> Path:
    """Unpack a zip archive, unless that was done before.

    The checksum is compared first; files go to a hidden sibling folder, which is renamed when everything is there.
    Processes may race: one wins, the others use its folder.

    Args:
        archive: the zip file.
        sha256: its checksum, 64 hexadecimal digits.
        into: the folder to unpack beside others; default `home() / "photos"`.

    Returns:
        The folder `into / NAME-CHECKSUM`, complete.

    Raises:
        FileNotFoundError: no such archive.
        ArchiveError: it is damaged, or unsafe.
        OSError: the disk is full (`errno.ENOSPC`) or the folder can't be written to.
    """
    parent = home() / "photos" if into is None else into
    target = parent / f"{archive.stem}-{sha256[:12]}"
    if is_complete(target, sha256):
        return target
    _verify(archive, sha256)
    part = _aside(target)
    with _named_errors(archive, parent):
        try:
            parent.mkdir(parents=True, exist_ok=True)
            sweep(parent)
            sizes = _extract(archive, part)
            (part / _MARKER).write_text(json.dumps({"sha256": sha256, "files": sizes}), encoding="utf-8")
            _put_in_place(part, target, sha256)
        finally:
            _remove(part)
    return target


def is_complete(folder: Path, sha256: str) -> bool:
    """Whether a folder holds every file of the archive with this checksum, each in its full length."""
    try:
        marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
        return marker["sha256"] == sha256 and all(
            os.stat(folder / name).st_size == size for name, size in marker["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _verify(archive: Path, sha256: str) -> None:
    if not archive.is_file():
        raise FileNotFoundError(f"{archive} is missing. {_cure(archive)}")
    with archive.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise ArchiveError(f"{archive} is damaged: its checksum is {found[:12]}…, not {sha256[:12]}…. {_cure(archive)}")


def _cure(archive: Path) -> str:
    return f"Install the package again, or in a clone, beside the file: git checkout -- {archive.name}"


def _extract(archive: Path, part: Path) -> dict[str, int]:
    """Unpack into the new folder `part`; returns the length of each file by its name."""
    with zipfile.ZipFile(archive) as bundle:
        members = [info for info in bundle.infolist() if not info.is_dir()]
        _check_names(archive, members)
        _check_room(part.parent, sum(-(-info.file_size // 4096) * 4096 for info in members))
        part.mkdir()
        for info in members:
            destination = part / info.filename
            destination.parent.mkdir(parents=True, exist_ok=True)
            with bundle.open(info) as source, destination.open("xb") as sink:
                shutil.copyfileobj(source, sink)
    return {info.filename: info.file_size for info in members}


def _check_names(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for info in members:
        name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
        path = PurePosixPath(name)
        unsafe = path.is_absolute() or ".." in path.parts or any(sign in name for sign in "\\:\0") or name == _MARKER
        if unsafe or kind not in (0, stat.S_IFREG) or name.casefold() in seen:
            raise ArchiveError(f"{archive} was not unpacked: its entry {name!r} is unsafe. {_cure(archive)}")
        seen.add(name.casefold())


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(errno.ENOSPC, f"{needed / 2**20:.1f} MB needed, {free / 2**20:.1f} MB free")


@contextmanager
def _named_errors(archive: Path, parent: Path) -> Iterator[None]:
    try:
        yield
    except ArchiveError:
        raise
    except _DAMAGE as error:
        raise ArchiveError(f"{archive} is damaged ({error}). {_cure(archive)}") from error
    except OSError as error:
        cure = "set the environment variable CHAPTER9_HOME to another folder"
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            text = f"The disk is full: can't unpack {archive.name} into {parent} ({error.strerror})."
            raise OSError(errno.ENOSPC, f"{text} Make room, or {cure}.") from error
        raise OSError(error.errno, f"Can't unpack {archive.name} into {parent} ({error.strerror}): {cure}.") from error


def _put_in_place(part: Path, target: Path, sha256: str) -> None:
    problem: OSError | None = None
    for _ in range(10):
        try:
            part.rename(target)
            return
        except OSError as error:
            problem = error
        if is_complete(target, sha256):  # another process was quicker
            return
        old = _aside(target)
        with suppress(OSError):
            target.rename(old)
        _remove(old)
    if problem:
        raise problem


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{uuid4().hex[:12]}.part")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def sweep(parent: Path) -> None:
    """Take away what killed processes left behind a day ago or more."""
    for leftover in parent.glob(".*.part"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > 86_400:
                _remove(leftover)
