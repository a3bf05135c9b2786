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
    photos = commands.add_parser(
        "photos", help="look through a folder of photos: classes, counts, what can't be read; or fetch real ones",
    )  # fmt: skip
    which = photos.add_mutually_exclusive_group(required=True)
    which.add_argument("folder", metavar="FOLDER", nargs="?", help="a folder with one subfolder of photos per class")
    which.add_argument("--field", action="store_true", help="fetch real trail-camera photos for the field world")
    photos.set_defaults(run=_photos)
    weights = commands.add_parser(
        "weights", help="list the weights kept for rooms without internet, or keep more",
        description="Without a name, what is kept; with names, keeps these too. For example: "
        "chapter9 weights timm/resnet50 torchvision/resnet18 huggingface/microsoft/resnet-18",
    )  # fmt: skip
    weights.add_argument("names", metavar="SOURCE/NAME", nargs="*", help="timm, torchvision or huggingface, and a name")
    weights.set_defaults(run=_weights)
    check = commands.add_parser("check", help="check that this machine has what the notebooks need")
    check.set_defaults(run=_check)
    return parser


def _photos(arguments: argparse.Namespace) -> int:
    if arguments.field:
        from chapter9_lib.worlds.field_photos import fetch_field_photos

        print(fetch_field_photos())
        return 0
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


def _weights(arguments: argparse.Namespace) -> int:
    from chapter9_lib.models.shelf import keep_weights, kept_weights
    from chapter9_lib.paths import field_dir

    for asked in arguments.names:
        source, slash, name = asked.partition("/")
        if not slash:
            raise ValueError(f"{asked!r} names no source: write timm/{asked}, or torchvision/{asked}, for instance")
        print(f"kept: {keep_weights(name, source)}", flush=True)
    kept = kept_weights()
    print(f"Weights in {field_dir() / 'weights'}: {len(kept) or 'none'}")
    for one in kept:
        print(f"  {one.source}/{one.name}  {one.bytes / 2**20:.0f} MiB, licence: {one.licence or 'not said'}")
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
