"""A learner's own progress, in one small file of their cache folder: no account, nothing leaves the machine."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from chapter9_lib import paths

__all__ = ["load", "path", "update"]


def path() -> Path:
    """Where it is kept."""
    return paths.home() / "progress.json"


def load(part: str) -> dict[str, Any]:
    """One part of the progress, such as "guesses"; empty when there is none yet.

    A damaged file is set aside as `progress.damaged.json`, with a word about it, and a fresh one begun.
    """
    return _read().get(part, {})


def update(part: str, key: str, value: Any) -> None:  # noqa: ANN401
    """Set one entry of one part. The file is replaced as a whole, so a crash leaves the old one."""
    everything = _read()
    everything.setdefault(part, {})[key] = value
    target = path()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".progress-", suffix=".json")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(everything, file, indent=1)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read() -> dict[str, dict[str, Any]]:
    target = path()
    try:
        everything = json.loads(target.read_text(encoding="utf-8"))
        if isinstance(everything, dict) and all(isinstance(part, dict) for part in everything.values()):
            return everything
    except FileNotFoundError:
        return {}
    except (json.JSONDecodeError, UnicodeDecodeError):
        pass
    aside = target.with_suffix(".damaged.json")
    os.replace(target, aside)
    print(f"Your progress file could not be read. It is kept as {aside.name} beside it, and a fresh one is begun.")
    return {}
