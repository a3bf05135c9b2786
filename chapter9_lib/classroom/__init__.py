"""How we teach: figures, sliders, guesses, exercise checks, records and their verdicts."""

from chapter9_lib.classroom.booth import photo_booth
from chapter9_lib.classroom.exercises import check
from chapter9_lib.classroom.gaps import gaps
from chapter9_lib.classroom.guesses import guess, reveal
from chapter9_lib.classroom.logbook import logbook
from chapter9_lib.classroom.machine import check_machine
from chapter9_lib.classroom.records import Measured, Record, record
from chapter9_lib.classroom.sliders import sliders
from chapter9_lib.classroom.source import show_source
from chapter9_lib.classroom.verdicts import verdict

__all__ = [
    "Measured",
    "Record",
    "check",
    "check_machine",
    "figures",
    "gaps",
    "guess",
    "logbook",
    "photo_booth",
    "record",
    "reveal",
    "show",
    "show_source",
    "sliders",
    "verdict",
]


def __getattr__(name: str) -> object:
    """`figures` and `show` bring matplotlib, so they come when they are asked for."""
    if name in ("figures", "show"):
        import importlib

        figures = importlib.import_module("chapter9_lib.classroom.figures")
        return figures if name == "figures" else figures.show
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
