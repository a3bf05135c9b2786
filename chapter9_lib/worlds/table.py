"""Open photos that a table lists: their files, their labels, and what belongs together."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from chapter9_lib.worlds.examining import examine_files, nearly_same
from chapter9_lib.worlds.folder import PARTS
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.naming import nearest
from chapter9_lib.worlds.photos import Photos
from chapter9_lib.worlds.report import Finding, PhotoReport

__all__ = ["open_table"]

_COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "image", "photo"),
    "label": ("label", "species", "class", "category", "target"),
    "burst": ("burst", "group", "sequence", "seq_id", "event"),
    "camera": ("camera", "location", "site", "station"),
    "light": ("light",),
    "split": ("split", "set", "subset"),
}
"""What a column may be called, in any case; the first that is there counts."""


def open_table(path: str | Path, *, report: bool = True) -> Photos:
    """Open the photos that a CSV file lists, one a line.

    It needs a column with the files (`path` or `file`), as seen from the table's folder or absolute, and one with the
    `label` (or `species`, or `class`); it may have `burst` (or `group`), `camera`, `light` and `split`. Where a column
    is called otherwise, or two could be meant, the report's notes say which counts. Every photo is read once, as
    `open_folder` does; nothing is moved, changed or deleted.

    Args:
        path: the table.
        report: print what there is to tell.

    Returns:
        The photos; a `split` is in their `.manifest`.

    Raises:
        FileNotFoundError: no such table.
        ValueError: a column is missing, no photo can be read, or there is one class only.
    """
    table = Path(path).expanduser()
    if not table.is_file():
        near = (
            nearest(table.name, [entry.name for entry in table.parent.glob("*.csv")]) if table.parent.is_dir() else ""
        )
        raise FileNotFoundError(f"There is no table {table}. {near}".strip())
    rows = read_manifest(table, ())
    names = _names(table, list(rows[0]) if rows else [])
    notes = []
    if "split" in names and not _splits([row[names["split"]] for row in rows], names["split"]):
        notes.append(f"the column {names.pop('split')!r} is no split in train, val and test: not used")
    notes += _choices(names, list(rows[0]))
    root, findings = table.parent, []
    listed: dict[Path, dict[str, str]] = {}
    for number, row in enumerate(rows, start=2):
        file, label = _file(root, row[names["path"]]), row[names["label"]]
        if not row[names["path"]] or not label:
            findings.append(Finding(f"line {number}", "it names no file or no label", "left out", used=False))
        elif file in listed:
            other = listed[file]["label"] != label
            what = f"listed twice, as {listed[file]['label']} and as {label}" if other else "listed twice"
            findings.append(Finding(row[names["path"]], what, "the first line counts", used=True))
        else:
            listed[file] = {key: row[column] for key, column in names.items() if key != "path"}
    readable, said = examine_files(root, list(listed))
    used = [file for file in listed if file in readable]
    classes = sorted({listed[file]["label"] for file in used})
    _require_classes(table, used, classes, said)
    counts = {name: sum(listed[file]["label"] == name for file in used) for name in classes}
    result = PhotoReport(
        root,
        counts,
        tuple([*findings, *said]),
        tuple([*notes, *nearly_same(classes)]),
        Counter(readable[file] for file in used),
    )
    if report and (result.findings or result.notes):
        print(result)
    labels = [classes.index(listed[file]["label"]) for file in used]
    return Photos(used, labels, classes, manifest=[listed[file] for file in used], report=result)


def _file(root: Path, name: str) -> Path:
    """Where a name of the table points to; written on Windows, perhaps."""
    literal = os.path.normpath(root / name)
    there = "\\" not in name or os.path.exists(literal)
    return Path(literal if there else os.path.normpath(root / name.replace("\\", "/")))


def _names(table: Path, columns: list[str]) -> dict[str, str]:
    """{what is wanted: the column that says it}."""
    found = {key: next(iter(_called(names, columns)), None) for key, names in _COLUMNS.items()}
    for key in ("path", "label"):
        if found[key] is None:
            raise ValueError(
                f"{table} has no column {key!r} (or {', '.join(_COLUMNS[key][1:])}): its first line names "
                f"{', '.join(map(repr, columns)) or 'nothing'}"
            )
    return {key: column for key, column in found.items() if column is not None}


def _called(names: Sequence[str], columns: list[str]) -> list[str]:
    """The columns that have one of these names, in the names' order."""
    lower = {column.lower(): column for column in reversed(columns)}
    return [lower[name] for name in names if name in lower]


def _choices(names: dict[str, str], columns: list[str]) -> list[str]:
    """What was taken for what, where it could be another column."""
    notes = []
    for key, column in names.items():
        others = _called(_COLUMNS[key], columns)[1:]
        if others or column.lower() != key:
            too = f" (there is a column {' and '.join(map(repr, others))} too)" if others else ""
            notes.append(f"{key} = column {column!r}{too}")
    return notes


def _splits(values: list[str], column: str) -> bool:
    """Whether a column says the split; one that is called so is believed, and its mistakes are told later."""
    found = {PARTS.get(value.lower()) for value in values}
    return column.lower() == "split" or (None not in found and "train" in found) or not any(values)


def _require_classes(table: Path, used: list[Path], classes: list[str], findings: list[Finding]) -> None:
    if not used:
        first = f" The first: {findings[0].path}: {findings[0].why}." if findings else ""
        raise ValueError(f"None of the photos that {table} lists can be read.{first}")
    if len(classes) < 2:
        raise ValueError(f"{table} lists photos of one class only, {classes[0]!r}: there must be two or more")
