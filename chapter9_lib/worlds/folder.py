"""Open any folder of photos with one subfolder per class."""

import os
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from chapter9_lib.worlds.examining import examine_files, nearly_same
from chapter9_lib.worlds.manifests import MissingColumn, read_manifest
from chapter9_lib.worlds.naming import nearest
from chapter9_lib.worlds.photos import Photos
from chapter9_lib.worlds.reading import PHOTO_SUFFIXES, looks_like_photo
from chapter9_lib.worlds.report import Finding, PhotoReport

__all__ = ["PARTS", "files_below", "hidden", "named_as_photo", "open_folder"]

_CALLED = {"train": ("train", "training"), "val": ("val", "valid", "validation", "dev"), "test": ("test", "testing")}
PARTS = {name: split for split, names in _CALLED.items() for name in names}
"""{what a folder or a cell may be called: the part of a split that is meant}."""


def open_folder(path: str | Path, *, report: bool = True, least: int = 2) -> Photos:
    """Open a folder that holds one subfolder of photos per class, as torchvision's `ImageFolder` expects it.

    Classes are the subfolders in alphabetical order. Hidden files, and files that are no photos, are skipped.
    Every photo is read once: those that can't be read are left out and named in one report, `photos.report`.
    Nothing is moved, changed or deleted.

    A `manifest.csv` in the folder may say more of each photo: a column `file` (such as `fox/0001.jpg`), and any of
    `camera`, `burst` (or `group`) and `light`. Labels always come from the subfolders. Without a column `file` it is
    not used, and a note says so.

    Args:
        path: the folder.
        report: print the report where there is something to tell.
        least: how many classes there must be; 1 for a part of a set that has more.

    Raises:
        FileNotFoundError: no such folder; names the nearest that exists.
        NotADirectoryError: it is a file.
        ValueError: no photos, one class only, or folders `train` and `val` inside: each with the cure.
    """
    root = _existing_folder(Path(path).expanduser())
    folders = [folder for folder in sorted(root.iterdir()) if folder.is_dir() and not hidden(folder.name)]
    _refuse_splits(root, folders)
    closed: dict[Path, str] = {}
    found = {folder.name: list(files_below(folder, closed)) for folder in folders}
    photos_of = {name: [file for file in files if named_as_photo(file)] for name, files in found.items()}
    readable, findings = examine_files(root, [file for files in photos_of.values() for file in files])
    findings += _misnamed(root, [file for files in found.values() for file in files if not named_as_photo(file)])
    findings += [Finding(folder.relative_to(root).as_posix(), why, "its photos are left out; check its permissions",
                         used=False) for folder, why in closed.items()]  # fmt: skip
    used = {name: [file for file in files if file in readable] for name, files in photos_of.items()}
    classes = [name for name, files in used.items() if files]
    _require_classes(root, classes, photos_of, findings, least)
    paths = [file for name in classes for file in used[name]]
    manifest, notes = _manifest(root, paths, {file for files in found.values() for file in files})
    notes = _remarks(root, found, photos_of, used) + notes
    result = PhotoReport(
        root,
        {name: len(used[name]) for name in classes},
        tuple(findings),
        tuple(notes),
        Counter(readable[file] for file in paths),
    )
    if report and (findings or notes):
        print(result)
    labels = [label for label, name in enumerate(classes) for _ in used[name]]
    return Photos(paths, labels, classes, manifest=manifest, report=result)


def _existing_folder(root: Path) -> Path:
    if os.path.isdir(root):
        return root
    if os.path.exists(root):
        kind = "an archive: unpack it first" if root.suffix.lower() in (".zip", ".gz", ".tar", ".7z") else "a file"
        raise NotADirectoryError(f"{root} is {kind}. Give a folder that holds one subfolder of photos per class.")
    parts = [*reversed(root.absolute().parents), root.absolute()]
    existing = list(takewhile(os.path.isdir, parts))[-1]
    wanted = parts[len(existing.parts)].name
    near = nearest(wanted, [entry.name for entry in sorted(existing.iterdir()) if entry.is_dir()])
    raise FileNotFoundError(f"There is no folder {root}: {existing} has no {wanted!r}. {near}")


def hidden(name: str) -> bool:
    """Whether a file or folder is the system's business, and nobody's photo."""
    return name.startswith((".", "__MACOSX", "@eaDir")) or name.lower() in ("thumbs.db", "desktop.ini")


def named_as_photo(file: Path) -> bool:
    """Whether a file's name ends as a photo's does."""
    return file.suffix.lower() in PHOTO_SUFFIXES


def files_below(folder: Path, closed: dict[Path, str]) -> Iterator[Path]:
    """Every file below a folder that isn't hidden, in order; links to folders are followed, once.

    Args:
        folder: where to begin.
        closed: gets the folders that can't be read, and why.
    """

    def note(error: OSError) -> None:
        closed[Path(error.filename or folder)] = f"a folder that can't be opened ({error.strerror})"

    visited = set()
    for place, inner, names in os.walk(folder, onerror=note, followlinks=True):
        real = os.path.realpath(place)
        inner[:] = [] if real in visited else sorted(name for name in inner if not hidden(name))
        if real not in visited:
            yield from (Path(place, name) for name in sorted(names) if not hidden(name))
        visited.add(real)


def _refuse_splits(root: Path, folders: list[Path]) -> None:
    if folders and all(folder.name.lower() in PARTS for folder in folders):
        if any(entry.is_dir() for folder in folders for entry in folder.iterdir()):
            calls = " and ".join(f"open_folder({str(folder)!r})" for folder in folders)
            raise ValueError(f"{root} holds splits, not classes. Open one of them at a time: {calls}.")


def _misnamed(root: Path, others: list[Path]) -> list[Finding]:
    why, done = "wrong suffix: a photo by its content, not by its name", "left out; rename it to use it"
    return [Finding(file.relative_to(root).as_posix(), why, done, False) for file in others if looks_like_photo(file)]


def _require_classes(
    root: Path, classes: list[str], photos_of: dict[str, list[Path]], findings: list[Finding], least: int
) -> None:  # fmt: skip
    layout = "Make one subfolder per class and put its photos there, such as fox/0001.jpg and deer/0001.jpg."
    total = sum(map(len, photos_of.values()))
    if not total:
        loose = sum(entry.is_file() and named_as_photo(entry) for entry in root.iterdir())
        what = f"{loose} photos but no class folders with photos" if loose else "no photos"
        left = f" Left out: {findings[0].path}: {findings[0].why}." if findings else ""
        raise ValueError(f"{root} holds {what}. {layout}{left}")
    if not classes:
        first = next(item for item in findings if not item.used)
        raise ValueError(f"None of the {total} photos in {root} can be read. The first: {first.path}: {first.why}.")
    if len(classes) < least:
        inner = [entry for entry in (root / classes[0]).iterdir() if entry.is_dir() and not hidden(entry.name)]
        cure = f"Perhaps you meant open_folder({str(root / classes[0])!r})." if len(inner) > 1 else layout
        told = {item.path.split("/")[0] for item in findings}
        lost = [name for name in photos_of if name in told and name not in classes]
        why = f" (no photo of {', '.join(lost)} can be read)" if lost else ""
        raise ValueError(f"{root} has photos of one class only, {classes[0]!r}{why}: there must be two or more. {cure}")


def _manifest(root: Path, paths: list[Path], present: set[Path]) -> tuple[list[dict[str, str]], list[str]]:
    table = root / "manifest.csv"
    if not table.is_file():
        return [{} for _ in paths], []
    try:
        rows = {row["file"].replace("\\", "/"): row for row in read_manifest(table)}
    except MissingColumn:
        return [{} for _ in paths], ["manifest.csv has no column 'file': it is taken for something else, and not used"]
    manifest = [rows.get(path.relative_to(root).as_posix(), {}) for path in paths]
    absent = sorted(set(rows) - {path.relative_to(root).as_posix() for path in present})
    unknown = sum(not row for row in manifest)
    notes = [f"manifest.csv names {len(absent)} files that are not here, the first {absent[0]}"] if absent else []
    notes += [f"manifest.csv says nothing of {unknown} photos"] if unknown else []
    return manifest, notes


def _remarks(root: Path, found: dict[str, list], photos_of: dict[str, list], used: dict[str, list]) -> list[str]:
    loose = sum(entry.is_file() and named_as_photo(entry) for entry in root.iterdir())
    other = sum(map(len, found.values())) - sum(map(len, photos_of.values()))
    empty = [name for name, files in used.items() if not files]
    notes = [f"{loose} photos lie in no class folder: not used"] if loose else []
    notes += [f"{other} files that are no photos by their names: skipped"] if other else []
    notes += [f"class folders without a readable photo, left out as classes: {', '.join(empty)}"] if empty else []
    return notes + nearly_same(name for name, files in used.items() if files)
