"""What a look at a machine found: lines with a level and a cure, shown as text or as a table."""

from dataclasses import dataclass
from html import escape

__all__ = ["Line", "Report"]


@dataclass(frozen=True)
class Line:
    """One finding: level "OK", "FAIL" or "NOTE", what was seen, and the cure where one is needed."""

    level: str
    what: str
    cure: str = ""

    def __str__(self) -> str:
        return f"[{self.level}]".ljust(7) + self.what + (f"\n       -> {self.cure}" if self.cure else "")


@dataclass(frozen=True, repr=False)
class Report:
    """Every finding; as a number, how many failed."""

    lines: tuple[Line, ...]

    @property
    def failures(self) -> tuple[Line, ...]:
        """The lines that need a cure before the notebooks run."""
        return tuple(line for line in self.lines if line.level == "FAIL")

    def __int__(self) -> int:
        return len(self.failures)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.lines), self._sum()])

    def __repr__(self) -> str:
        return f"<Report: {len(self.lines)} lines, {int(self)} failed>"

    def _repr_html_(self) -> str:
        colours = {"OK": "#005FA3", "FAIL": "#B04A00", "NOTE": "#6E6E6E"}
        rows = "".join(
            f"<tr style='vertical-align:top'><td><b style='color:{colours[line.level]}'>[{line.level}]</b></td>"
            f"<td style='text-align:left'>{escape(line.what)}"
            f"{'<br><i>' + escape(line.cure) + '</i>' if line.cure else ''}</td></tr>"
            for line in self.lines
        )
        return f"<table>{rows}</table><p><b>{escape(self._sum())}</b></p>"

    def _sum(self) -> str:
        if not self.failures:
            noted = any(line.level == "NOTE" and line.cure for line in self.lines)
            return "All set, but for the notes." if noted else "All set: every notebook will run here."
        return f"{int(self)} to cure first. Cure the topmost, then check again."
