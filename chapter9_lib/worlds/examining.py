"""Look through photos before they are used."""

import os
import unicodedata
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from chapter9_lib.worlds.reading import UnreadablePhoto, read_photo
from chapter9_lib.worlds.report import Finding

__all__ = ["examine_files", "nearly_same"]


class _Seen(NamedTuple):
    size: tuple[int, int]
    changes: tuple[tuple[str, str], ...]


def examine_files(root: Path, files: Sequence[Path]) -> tuple[dict[Path, tuple[int, int]], list[Finding]]:
    """Read every photo once.

    Args:
        root: the folder that names are told in relation to.
        files: the photos.

    Returns:
        Those that can be read, with their width and height; and what there is to say of them and of the others.
    """
    from tqdm.auto import tqdm

    readable, findings = {}, []
    with warnings.catch_warnings(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        warnings.simplefilter("ignore")
        results = tqdm(pool.map(_read, files), total=len(files), desc="Reading photos", delay=2, leave=False)
        for file, outcome in zip(files, results, strict=True):
            name = _within(root, file)
            if isinstance(outcome, UnreadablePhoto):
                findings.append(Finding(name, outcome.reason, f"left out; {outcome.cure}", used=False))
                continue
            readable[file] = outcome.size
            findings += [Finding(name, why, done, used=True) for why, done in outcome.changes]
    return readable, findings


def nearly_same(classes: Iterable[str]) -> list[str]:
    """A note for each name that several classes have but for capitals, or for how their accents are coded."""
    alike = defaultdict(list)
    for name in classes:
        alike[unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())].append(name)
    return [f"the classes {', '.join(map(repr, names))} differ in capitals or in how accents are coded only: if they "
            "are one, give them one name" for names in alike.values() if len(names) > 1]  # fmt: skip


def _read(file: Path) -> _Seen | UnreadablePhoto:
    try:
        found = read_photo(file, quick=True)
        return _Seen(found.size, found.changes)  # without the picture, which would be kept until all are read
    except UnreadablePhoto as error:
        return error


def _within(root: Path, file: Path) -> str:
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()
