"""The photos that a pipeline is pointed at: a folder, a folder of splits, or a table."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from chapter9_lib.worlds.folder import PARTS, hidden, open_folder
from chapter9_lib.worlds.photos import Photos
from chapter9_lib.worlds.report import PhotoReport
from chapter9_lib.worlds.table import open_table

__all__ = ["PARTS", "Opened", "open_source"]


@dataclass(frozen=True)
class Opened:
    """Photos as they were given.

    Attributes:
        photos: all of them.
        split: "train", "val" or "test" of each, where that was given; else None.
    """

    photos: Photos
    split: list[str] | None


def open_source(source: str | Path, say: Callable[[str], None] = print) -> Opened:
    """Open a folder with one subfolder of photos a class, a folder of such folders called train, val and test, or a CSV
    table of files and labels, perhaps with a column `split`.

    Args:
        source: the folder or table.
        say: told what can't be read, and what is passed over.

    Raises:
        FileNotFoundError, NotADirectoryError: when there is no such thing.
        ValueError: for one class only, no photo, a class that only another part than train has, or a split of another
            name.
    """
    path = Path(source).expanduser()
    if path.suffix.lower() in (".csv", ".tsv") and not path.is_dir():
        photos = open_table(path, report=False)
        opened = Opened(photos, _given(path, [row.get("split", "") for row in photos.manifest]))
    elif parts := _split_folders(path, say):
        opened = _together(path, {split: open_folder(folder, report=False, least=1) for split, folder in parts.items()})
    else:
        opened = Opened(open_folder(path, report=False), None)
    report = opened.photos.report
    if report is not None and (report.findings or report.notes):
        say(str(report))
    return opened


def _split_folders(root: Path, say: Callable[[str], None]) -> dict[str, Path]:
    """{split: its folder}, where a folder train and another part hold class folders."""
    if not root.is_dir():
        return {}
    folders = [entry for entry in sorted(root.iterdir()) if entry.is_dir() and not hidden(entry.name)]
    named = [folder for folder in folders if folder.name.lower() in PARTS and any(e.is_dir() for e in folder.iterdir())]
    found = {PARTS[folder.name.lower()]: folder for folder in named}
    if "train" not in found or (len(found) == 1 and len(folders) > 1):
        return {}
    if len(found) < len(named):
        raise ValueError(f"{root} holds {', '.join(folder.name for folder in named)}: two of these mean the same")
    if passed := [folder.name for folder in folders if folder not in named]:
        say(f"passed over beside {', '.join(folder.name for folder in named)}: {', '.join(passed)}")
    return {split: found[split] for split in dict.fromkeys(PARTS.values()) if split in found}


def _together(root: Path, parts: dict[str, Photos]) -> Opened:
    """The parts as one set, labels by the names of train's classes."""
    classes = parts["train"].classes
    if len(classes) < 2:
        raise ValueError(f"{root}: train has photos of one class only, {classes[0]!r}: there must be two or more")
    for split, photos in parts.items():
        if unknown := [name for name in photos.classes if name not in classes]:
            raise ValueError(f"{root}: {split} has {', '.join(unknown)}, which train has no photo of")
    labels = [classes.index(photos.classes[label]) for photos in parts.values() for label in photos.labels]
    reports = [photos.report for photos in parts.values()]
    report = PhotoReport(
        root, {name: labels.count(number) for number, name in enumerate(classes)},
        tuple(replace(item, path=f"{one.folder.name}/{item.path}") for one in reports for item in one.findings),
        tuple(f"{one.folder.name}: {note}" for one in reports for note in one.notes),
        sum((Counter(one.sizes) for one in reports), Counter()),
    )  # fmt: skip
    whole = Photos(
        [path for photos in parts.values() for path in photos.paths], labels, classes,
        manifest=[row for photos in parts.values() for row in photos.manifest], report=report,
    )  # fmt: skip
    return Opened(whole, [split for split, photos in parts.items() for _ in range(len(photos))])


def _given(table: Path, splits: list[str]) -> list[str] | None:
    if not any(splits):
        return None
    wrong = sorted({split for split in splits if split.lower() not in PARTS})
    if wrong:
        raise ValueError(f"{table}: the column split says {wrong[0]!r}; train, val or test is wanted in every line")
    found = [PARTS[split.lower()] for split in splits]
    if "train" not in found:
        raise ValueError(f"{table}: no line of the column split says train")
    return found
