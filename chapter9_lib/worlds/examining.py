"""Look through photos before they are used."""

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chapter9_lib.worlds.reading import UnreadablePhoto, read_photo
from chapter9_lib.worlds.report import Finding

__all__ = ["examine_files"]


def examine_files(root: Path, files: Sequence[Path]) -> tuple[set[Path], list[Finding]]:
    """Read every photo once.

    Args:
        root: the folder that names are told in relation to.
        files: the photos.

    Returns:
        Those that can be read, and what there is to say of them and of the others.
    """
    from tqdm.auto import tqdm

    readable, findings = set(), []
    with warnings.catch_warnings(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        warnings.simplefilter("ignore")
        results = tqdm(pool.map(_changes, files), total=len(files), desc="Reading photos", delay=2, leave=False)
        for file, outcome in zip(files, results, strict=True):
            name = _within(root, file)
            if isinstance(outcome, UnreadablePhoto):
                findings.append(Finding(name, outcome.reason, f"left out; {outcome.cure}", used=False))
                continue
            readable.add(file)
            findings += [Finding(name, why, done, used=True) for why, done in outcome]
    return readable, findings


def _changes(file: Path) -> tuple[tuple[str, str], ...] | UnreadablePhoto:
    try:
        return read_photo(file, quick=True).changes
    except UnreadablePhoto as error:
        return error


def _within(root: Path, file: Path) -> str:
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()
