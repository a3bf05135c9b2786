"""What was found while opening a folder of photos, as one report."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Finding", "PhotoReport"]


@dataclass(frozen=True)
class Finding:
    """One photo that needed something: its path inside the folder, why, what was done, whether it is used."""

    path: str
    why: str
    done: str
    used: bool


@dataclass(frozen=True)
class PhotoReport:
    """What opening a folder found. Print it to read it; `.findings` holds everything, however long.

    Attributes:
        folder: the folder opened.
        counts: photos used, per class.
        findings: every photo left out, or changed while it is read.
        notes: remarks on the folder as a whole.
    """

    folder: Path
    counts: dict[str, int]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def left_out(self) -> tuple[Finding, ...]:
        """Photos that are not used."""
        return tuple(finding for finding in self.findings if not finding.used)

    @property
    def changed(self) -> tuple[Finding, ...]:
        """Photos that are used after a change in memory, such as being turned upright."""
        return tuple(finding for finding in self.findings if finding.used)

    def __str__(self) -> str:
        used, out = sum(self.counts.values()), len(self.left_out)
        lines = [f"{self.folder}: {used} photos used, {out} left out. No file was moved, changed or deleted."]
        lines += [f"Left out ({out}):"] * bool(out)
        lines += _shorten([f"  {item.path}: {item.why}; {item.done}" for item in self.left_out], 50)
        lines += ["Used, with a change in memory:"] * bool(self.changed)
        for (why, done), paths in self._changes().items():
            lines += [f"  {why} -> {done} ({len(paths)}):", *_shorten([f"    {path}" for path in paths], 10)]
        lines += ["Also:"] * bool(self.notes) + [f"  {note}" for note in self.notes]
        return "\n".join(lines)

    def _changes(self) -> dict[tuple[str, str], list[str]]:
        groups = defaultdict(list)
        for item in self.changed:
            groups[item.why, item.done].append(item.path)
        return dict(groups)


def _shorten(lines: list[str], limit: int) -> list[str]:
    more = len(lines) - limit
    return lines if more <= 1 else [*lines[:limit], f"    … and {more} more: see .findings"]
