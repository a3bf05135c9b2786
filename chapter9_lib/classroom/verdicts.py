"""The ledger: what the chapter says, what we measured, and a verdict that follows from the records by one rule."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from typing import Protocol

from chapter9_lib.classroom.records import Measured, Record, record

__all__ = ["CLAIMS", "RULE", "Claim", "Entry", "Ledger", "Question", "Test", "claim", "verdict"]

RULE = (
    "Each claim is put to one or more tests. A test is passed (✓) when its whole 95 % interval lies on the claim's "
    "side, failed (✗) when it lies on the other, and open (?) when it does neither. All passed: held. Some: held in "
    "part. None, and one failed: did not hold. None, and none failed: not shown. No test measured: not tested yet."
)


@dataclass(frozen=True)
class Test:
    """One question a record can answer: the measured quantity must lie above (or below) a bar, interval and all."""

    __test__ = False
    what: str
    record: str
    measure: Callable[[Record], Measured]
    bar: float = 0.0
    above: bool = True

    def run(self) -> tuple[bool | None, Measured] | None:
        """(passed or failed, or None where that is open; what was measured), or None where the record, or its
        condition, is missing."""
        try:
            measured = self.measure(record(self.record))
        except (FileNotFoundError, KeyError):
            return None
        if measured.interval is None:
            return None
        low, high = measured.interval
        over, under = low > self.bar, high < self.bar
        passed = None if not (over or under) else over == self.above
        return passed, replace(measured, bar=self.bar)


class Question(Protocol):
    """What a claim is put to: a `Test` of a record, or a count."""

    @property
    def what(self) -> str:
        """The question, in words."""

    def run(self) -> tuple[bool | None, Measured] | None:
        """(passed or failed, or None where that is open; what was found), or None where that can't be said yet."""


@dataclass(frozen=True)
class Claim:
    """A row of the ledger: what the chapter says, in our words, the tests it is put to, and what to do about it."""

    id: str
    says: str
    tests: tuple[Question, ...]
    so: str = ""


@dataclass(frozen=True)
class Entry:
    """A claim with what its tests showed."""

    claim: Claim
    results: tuple[tuple[bool | None, Measured] | None, ...]

    @property
    def verdict(self) -> str:
        """ "held", "held in part", "did not hold", "not shown" or "not tested yet", by `RULE`."""
        passed = [result[0] for result in self.results if result is not None]
        if not passed:
            return "not tested yet"
        if any(passed):
            return "held" if all(passed) else "held in part"
        return "did not hold" if False in passed else "not shown"

    def lines(self) -> list[str]:
        """One line a test: a mark, the question, the number."""
        return [
            f"– {test.what}: not measured yet" if result is None else f"{_MARKS[result[0]]} {test.what}: {result[1]}"
            for test, result in zip(self.claim.tests, self.results, strict=True)
        ]


@dataclass(frozen=True)
class Ledger:
    """Rows of the ledger: a table in a notebook, lines elsewhere."""

    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        parts = [
            f"{e.claim.id}  {e.claim.says}\n"
            + "\n".join(f"    {line}" for line in e.lines())
            + f"\n    => {e.verdict}{'. So: ' if e.claim.so else ''}{e.claim.so}"
            for e in self.entries
        ]
        return "\n".join([*parts, RULE])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr style='vertical-align:top'>{_cell(f'<b>{escape(e.claim.id)}</b>')}{_cell(escape(e.claim.says))}"
            f"{_cell('<br>'.join(map(escape, e.lines())))}{_cell(_badge(e.verdict))}{_cell(escape(e.claim.so))}</tr>"
            for e in self.entries
        )
        names = ("", "What the chapter says", "What we measured", "Verdict", "So")
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in names)
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<p style='font-size:smaller;opacity:0.75;max-width:52em'>{escape(RULE)}</p>"
        )


CLAIMS: dict[str, Claim] = {}
_MARKS = {True: "✓", False: "✗", None: "?"}


def claim(id: str, says: str, *tests: Question, so: str = "") -> Claim:
    """Register a claim for the ledger; `so` tells the reader what to do, in a sentence."""
    CLAIMS[id] = Claim(id, says, tests, so)
    return CLAIMS[id]


def verdict(*claim_ids: str) -> Ledger:
    """The ledger rows of these claims, each judged from the records, never by hand.

    Args:
        claim_ids: of the claims, in the order of the rows, such as "T1".

    Raises:
        KeyError: for an unknown claim; offers the nearest ids.
    """
    from chapter9_lib.classroom import claims  # noqa: F401  registers every row

    for name in claim_ids:
        if name not in CLAIMS:
            near = difflib.get_close_matches(name, CLAIMS, cutoff=0.1) or sorted(CLAIMS)
            raise KeyError(f"There is no claim {name!r} in the ledger yet. Did you mean {', '.join(near[:4])}?")
    return Ledger(tuple(Entry(CLAIMS[name], tuple(test.run() for test in CLAIMS[name].tests)) for name in claim_ids))


def _cell(content: str) -> str:
    return f"<td style='text-align:left;white-space:normal'>{content}</td>"


def _badge(verdict: str) -> str:
    mark, colour = {
        "held": ("●", "#005FA3"), "held in part": ("◐", "#5A5A5A"), "did not hold": ("○", "#B04A00"),
        "not shown": ("?", "#5A5A5A"),
    }.get(verdict, ("…", "#6E6E6E"))  # fmt: skip
    return f"<b style='color:{colour};white-space:nowrap'>{mark} {verdict}</b>"
