"""What the doctor hands back: findings, each with its evidence and its remedy."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

__all__ = ["ERROR", "NOTE", "WARNING", "Finding", "Report", "severity_rank"]

ERROR, WARNING, NOTE = "error", "warning", "note"
_ORDER = (ERROR, WARNING, NOTE)
_MARKS = {ERROR: ("✗", "#B04A00"), WARNING: ("!", "#8A6100"), NOTE: ("·", "#6E6E6E")}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
        code: its name, such as "live-batchnorm".
        severity: "error" (what comes out will be wrong), "warning" (it may cost points), or "note" (good to know).
        where: the layer, parameter, photo or setting.
        evidence: what was seen, with its numbers.
        remedy: a line of code, or what to do.
        fix: mends it and says what it did; None where only you can.
    """

    code: str
    severity: str
    where: str
    evidence: str
    remedy: str
    fix: Callable[[], str] | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{_MARKS[self.severity][0]} {self.code}, {self.where}: {self.evidence}\n    {self.remedy}"


@dataclass(frozen=True)
class Report:
    """What `examine` found: print it, show it in a notebook, or ask `.healthy`.

    Attributes:
        findings: the worst first.
        looked: what was looked at.
        not_looked: {what: why not}, such as checks of an optimizer that was not handed in.
        fixed: what `fix=True` has changed, in words.
        seconds: how long it took.
    """

    findings: tuple[Finding, ...]
    looked: tuple[str, ...]
    not_looked: dict[str, str] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def healthy(self) -> bool:
        """Whether there is neither an error nor a warning; notes don't count."""
        return not any(finding.severity in (ERROR, WARNING) for finding in self.findings)

    @property
    def codes(self) -> list[str]:
        """The names of the findings, each once, in their order."""
        return list(dict.fromkeys(finding.code for finding in self.findings))

    def __str__(self) -> str:
        return "\n".join([self._headline(), *map(str, self.findings), *(f"mended: {done}" for done in self.fixed),
                          *(f"not looked at: {what} ({why})" for what, why in self.not_looked.items())])  # fmt: skip

    __repr__ = __str__

    def _headline(self) -> str:
        counts = {kind: sum(f.severity == kind for f in self.findings) for kind in _ORDER}
        said = ", ".join(f"{count} {kind}{'s' * (count > 1)}" for kind, count in counts.items() if count)
        return f"{said or 'Nothing found'}; {len(self.looked)} checks in {self.seconds:.1f} s."

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr style='vertical-align:top'><td style='color:{_MARKS[f.severity][1]}'><b>{_MARKS[f.severity][0]}&nbsp;"
            f"{escape(f.code)}</b></td>{''.join(map(_cell, (f.where, f.evidence)))}{_cell(f.remedy, code=True)}</tr>"
            for f in self.findings
        )
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in ("finding", "where", "seen", "remedy"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if self.findings else ""
        rest = [*(f"Mended: {done}" for done in self.fixed),
                *(f"Not looked at: {what} ({why})" for what, why in self.not_looked.items())]  # fmt: skip
        small = "".join(f"<p style='font-size:smaller;opacity:0.75;margin:0'>{escape(line)}</p>" for line in rest)
        return f"<p><b>{escape(self._headline())}</b></p>{table}{small}"


def severity_rank(finding: Finding) -> int:
    """For sorting: the worst first."""
    return _ORDER.index(finding.severity)


def _cell(text: str, code: bool = False) -> str:
    inner = f"<code style='white-space:normal'>{escape(text)}</code>" if code else escape(text)
    return f"<td style='text-align:left;white-space:normal;max-width:26em'>{inner}</td>"
