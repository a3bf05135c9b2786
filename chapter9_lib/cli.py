"""The command `chapter9`: thin doors to the library's functions."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence

from chapter9_lib import __version__

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 fine, 2 an error, told in one line.

    With CHAPTER9_DEBUG=1 in the environment an error keeps its traceback.
    """
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("CHAPTER9_DEBUG") == "1":
            raise
        print(f"chapter9: error: {_one_line(error)}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chapter9", description="Transfer learning, measured.")
    parser.add_argument("--version", action="version", version=f"chapter9 {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    photos = commands.add_parser("photos", help="look through a folder of photos: classes, counts, what can't be read")
    photos.add_argument("folder", metavar="FOLDER", help="a folder with one subfolder of photos per class")
    photos.set_defaults(run=_photos)
    check = commands.add_parser("check", help="check that this machine has what the notebooks need")
    check.set_defaults(run=_check)
    return parser


def _photos(arguments: argparse.Namespace) -> int:
    from chapter9_lib.worlds.folder import open_folder

    photos = open_folder(arguments.folder, report=False)
    print(photos.report)
    _table("Classes", photos.counts())
    for title, values in (("Cameras", photos.cameras), ("Light", photos.light)):
        known = Counter("unknown" if not value else str(value) for value in ([] if values is None else values))
        _table(title, dict(sorted(known.items())))
    groups = "unknown" if photos.groups is None else len(set(photos.groups))
    print(f"Bursts: {groups}")
    return 0


def _check(_: argparse.Namespace) -> int:
    from chapter9_lib.classroom.machine import check_machine

    return int(check_machine())


def _table(title: str, counts: dict[str, int]) -> None:
    print(f"{title}: {len(counts)}" if counts else f"{title}: unknown")
    width = max(map(len, counts), default=0)
    for name, count in counts.items():
        print(f"  {name:<{width}}  {count}")


def _one_line(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror and not error.filename else str(error)
    line = " ".join(text.split())
    foreseen = isinstance(error, ValueError | OSError) or type(error).__module__.startswith("chapter9_lib")
    return line if line and foreseen else f"{type(error).__name__}: {line} (CHAPTER9_DEBUG=1 shows where)"


if __name__ == "__main__":
    sys.exit(main())
