"""The photos that a pipeline is pointed at: a folder, a folder of splits, or a table."""

from dataclasses import dataclass
from pathlib import Path

from chapter9_lib.worlds.folder import open_folder
from chapter9_lib.worlds.photos import Photos
from chapter9_lib.worlds.table import open_table

__all__ = ["Opened", "open_source"]

_CALLED = {"train": ("train", "training"), "val": ("val", "valid", "validation", "dev"), "test": ("test", "testing")}


@dataclass(frozen=True)
class Opened:
    """Photos as they were given.

    Attributes:
        photos: all of them.
        split: "train", "val" or "test" of each, where that was given; else None.
    """

    photos: Photos
    split: list[str] | None


def open_source(source: str | Path) -> Opened:
    """Open a folder with one subfolder of photos a class, a folder of such folders called train, val and test, or a CSV
    table of files and labels, perhaps with a column `split`.

    Raises:
        FileNotFoundError, NotADirectoryError: when there is no such thing.
        ValueError: for one class only, no photo, splits of different classes, or a split of another name.
    """  # fmt: skip
    path = Path(source).expanduser()
    if path.suffix.lower() in (".csv", ".tsv") and not path.is_dir():
        photos = open_table(path)
        return Opened(photos, _given(path, [row.get("split", "") for row in photos.manifest]))
    folders = _split_folders(path)
    if not folders:
        return Opened(open_folder(path), None)
    parts = {split: open_folder(folder) for split, folder in folders.items()}
    _require_same_classes(path, parts)
    whole = next(iter(parts.values()))
    for other in list(parts.values())[1:]:
        whole = whole + other
    return Opened(whole, [split for split, photos in parts.items() for _ in range(len(photos))])


def _split_folders(root: Path) -> dict[str, Path]:
    """{split: its folder}, where the folder holds nothing but splits with class folders inside."""
    if not root.is_dir():
        return {}
    folders = [entry for entry in sorted(root.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]
    called = {name: split for split, names in _CALLED.items() for name in names}
    if not folders or any(folder.name.lower() not in called for folder in folders):
        return {}
    if not all(any(entry.is_dir() for entry in folder.iterdir()) for folder in folders):
        return {}
    found = {called[folder.name.lower()]: folder for folder in folders}
    if "train" not in found or len(found) < len(folders):
        raise ValueError(f"{root} holds {', '.join(folder.name for folder in folders)}: one folder train is wanted")
    return {split: found[split] for split in _CALLED if split in found}


def _require_same_classes(root: Path, parts: dict[str, Photos]) -> None:
    first = parts["train"].classes
    for split, photos in parts.items():
        if photos.classes != first:
            raise ValueError(
                f"{root}: {split} has the classes {', '.join(photos.classes)}, and train has {', '.join(first)}. "
                "Give both the same folders"
            )


def _given(table: Path, splits: list[str]) -> list[str] | None:
    if not any(splits):
        return None
    called = {name: split for split, names in _CALLED.items() for name in names}
    wrong = sorted({split for split in splits if split.lower() not in called})
    if wrong:
        raise ValueError(f"{table}: the column split says {wrong[0]!r}; train, val or test is wanted in every line")
    found = [called[split.lower()] for split in splits]
    if "train" not in found:
        raise ValueError(f"{table}: no line of the column split says train")
    return found
