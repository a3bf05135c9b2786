"""The three folders of the project: the writable cache, the read-only field folder, the bundled assets."""

import os
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

__all__ = ["assets", "field_dir", "home"]


def home() -> Path:
    """The writable cache: unpacked photos, downloads, memory-mapped activations.

    `CHAPTER9_HOME` when set, otherwise `chapter9` in the user's cache folder. Created when missing.

    Raises:
        PermissionError: when the folder can't be created or written to, naming it and the cure.
    """
    folder = _home_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PermissionError(
            f"Cannot write to {folder} ({error.strerror}). "
            "Set the environment variable CHAPTER9_HOME to a folder you may write to."
        ) from error
    return folder


def field_dir() -> Path:
    """The read-only folder with real `photos/` and `weights/`: `CHAPTER9_FIELD`, default `home()/field`.

    It need not exist; who reads from it says what is missing. Nothing is created or written to find it.
    """
    folder = os.environ.get("CHAPTER9_FIELD")
    return Path(folder).expanduser() if folder else _home_folder() / "field"


def assets() -> Path:
    """The folder of bundled photos, weights and records inside the installed package."""
    return Path(str(files("chapter9_lib"))) / "assets"


def _home_folder() -> Path:
    return Path(os.environ.get("CHAPTER9_HOME") or _user_cache() / "chapter9").expanduser()


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
