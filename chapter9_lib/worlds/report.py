"""What was found while opening a folder of photos, as one report."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
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
        sizes: {(width, height) as stored, in pixels: photos used}.
    """

    folder: Path
    counts: dict[str, int]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    sizes: Mapping[tuple[int, int], int] = field(default_factory=dict)

    @property
    def sizes_in_words(self) -> str:
        """The smallest and the largest size by pixels, and the most frequent."""
        if not self.sizes:
            return "of unknown size"
        words = {size: f"{size[0]:,} x {size[1]:,}" for size in self.sizes}
        if len(words) == 1:
            return f"all {next(iter(words.values()))} pixels"
        least, *_, most = sorted(self.sizes, key=lambda size: (size[0] * size[1], size))
        usual = max(self.sizes, key=self.sizes.get)
        share = self.sizes[usual] / sum(self.sizes.values())
        return f"from {words[least]} to {words[most]} pixels, most often {words[usual]} ({share:.0%})"

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
        lines += [f"Sizes: {self.sizes_in_words}"] * bool(self.sizes)
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
