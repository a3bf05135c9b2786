"""What a run that is resumed has in common with the one that was broken off: its settings, and its photos."""

import os
from dataclasses import replace
from pathlib import Path

from chapter9_lib.pipeline.folder import Earlier
from chapter9_lib.pipeline.settings import Settings

__all__ = ["follow", "require_same"]


def follow(earlier: Earlier, source: str | Path | None) -> Earlier:
    """The run that was broken off, with its photos where they are now. They may be elsewhere if all of them are there
    by their old names.

    Args:
        earlier: what the run wrote down.
        source: where its photos are said to be; None: where they were.

    Raises:
        FileNotFoundError: when they are gone, and nobody says where to.
        ValueError: when they are where they were, and others are named; when some are missing in the new place, or the
            names of folders have changed by which the training knows them.
    """
    old, gone = earlier.source, not any(map(os.path.exists, earlier.parts or (earlier.source,)))
    new = old if source is None else Path(os.path.abspath(Path(source).expanduser()))
    if new.resolve() == old.resolve():
        if gone:
            raise FileNotFoundError(
                f"The photos of the run that was broken off are no longer in {old}: put them back, or say where they "
                "are now, by chapter9 fit FOLDER --resume --out RUN"
            )
        return earlier
    if not gone:
        raise ValueError(f"The run that was broken off had the photos of {old}, which are there, not of {new}")
    before, now = (old.parent, new.parent) if new.is_file() else (old, new)
    moved = {path: now / path.relative_to(before) if path.is_relative_to(before) else path for path in earlier.parts}
    _require_all(moved, new)
    return replace(earlier, source=new, parts={moved[path]: part for path, part in earlier.parts.items()})


def require_same(before: Settings, now: Settings) -> None:
    """Make sure that a run goes on as it was begun, on whatever device.

    Args:
        before: the settings of the run that was broken off.
        now: those that it is to go on with.

    Raises:
        ValueError: naming the settings that differ.
    """
    then = before.to_dict()
    other = [f"{key}={then[key]!r}, now {value!r}" for key, value in now.to_dict().items()
             if key != "device" and value != then[key]]  # fmt: skip
    if other:
        raise ValueError(
            f"The run that was broken off had other settings ({'; '.join(other)}). Cure: leave the settings "
            "out, or change no other than the device; with others begin anew, in another folder"
        )


def _require_all(moved: dict[Path, Path], new: Path) -> None:
    lacking = [path for path in moved.values() if not path.is_file()]
    if lacking or not moved:
        first = f"{len(lacking)} of {len(moved)}, the first {lacking[0]}" if lacking else "nothing says which"
        raise ValueError(f"{new} doesn't hold all photos of the run that was broken off ({first})")
    for path, now in moved.items():
        for was, name in zip(path.parts[-3:], now.parts[-3:], strict=False):
            if was != name:
                raise ValueError(
                    f"In {new} a folder is called {name!r} that was {was!r} when the run was begun, and the training "
                    "knows its photos by such names: give it its old name"
                )
