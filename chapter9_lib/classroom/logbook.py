"""What the group has tried so far, what it was worth by day and by night, and what it decided."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from chapter9_lib.classroom.frontend import present
from chapter9_lib.classroom.records import Measured, record

__all__ = ["Logbook", "logbook"]

_DAY, _NIGHT = "test", "night"


@dataclass(frozen=True)
class _Row:
    """A way that was tried: in which notebook, where its record is, and what came of it."""

    notebook: str
    way: str
    record: str
    keys: Callable[[str], dict[str, object]]
    decision: str

    def measured(self, place: str) -> Measured | None:
        """Accuracy at one place; None where the record is missing."""
        try:
            return record(self.record).value(**self.keys(place))
        except (FileNotFoundError, KeyError):
            return None


_ROWS = (
    _Row("01", "from scratch", "learning-curve",
         lambda place: {"method": "scratch", "photos": 800, "split": place}, "no"),
    _Row("01", "borrowed, a new head", "learning-curve",
         lambda place: {"method": "borrowed", "photos": 800, "split": place}, "start here: it takes seconds"),
    _Row("03", "a larger backbone, a new head", "backbones",
         lambda place: {"backbone": "lab-teacher", "photos": 800, "split": place},
         "yes, where a prediction may take twice the time"),
    _Row("04", "head, then all of it (LP-FT)", "unfreezing",
         lambda place: {"recipe": "LP-FT", "photos": 800, "split": place}, "for cameras that work by day"),
    _Row("05", "that, walked halfway back", "interpolation",
         lambda place: {"scored": f"{place} at 0.5"}, "one model for day and night"),
    _Row("08", "day and night in one batch, no night labelled", "adaptation",
         lambda place: {"camera": "infrared", "method": "mixed batches", "split": {_DAY: "day"}.get(place, place)},
         "until somebody labels an evening's nights"),
    _Row("09", "a sentence each, no label at all", "words",
         lambda place: {"by": "one sentence", "split": place}, "for a new species, today"),
    _Row("10", "head, then adapters of rank 4 (09's tower)", "eras",
         lambda place: {"era": "adapters of rank 4", "measure": place}, "for many forests on one backbone"),
    _Row("13", "LP-FT, a model for the day, one for the night", "decisions",
         lambda place: {"task": {_DAY: "species by day"}.get(place, "species by night"), "photos": 800,
                        "strategy": "full", "split": "test"}, "once 800 nights are labelled (nights on new cameras)"),
)  # fmt: skip


@dataclass(frozen=True)
class Logbook:
    """Rows of (notebook, way, by day, by night, decision)."""

    rows: tuple[tuple[str, str, str, str, str], ...]

    def __str__(self) -> str:
        lines = [
            f"{at}  {way:46} by day {day:>5}, by night {dark:>5}   {what}" for at, way, day, dark, what in self.rows
        ]
        return "\n".join(["The group's logbook: % right by day on new cameras, and by infrared night", *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in ("", "tried", "by day", "by night", "so"))
        body = "".join("<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row) + "</tr>"
                       for row in self.rows)  # fmt: skip
        return (f"<p><b>The group's logbook</b>: named right by day on new cameras, and by infrared night</p>"
                f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")  # fmt: skip


def logbook(upto: str) -> None:
    """Show what has been tried up to a notebook, as it was measured.

    Args:
        upto: the notebook's number, such as "04".
    """
    found = []
    for row in _ROWS:
        values = [row.measured(place) for place in (_DAY, _NIGHT)]
        if row.notebook <= upto and None not in values:
            found.append((row.notebook, row.way, *(f"{value.mean:.0f} %" for value in values), row.decision))
    present(Logbook(tuple(found)))
