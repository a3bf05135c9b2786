"""What claims ask of a record."""

from collections.abc import Callable

from chapter9_lib.classroom.records import Measured, Record

__all__ = ["ahead", "value"]


def ahead(a: str, b: str, **keys: object) -> Callable[[Record], Measured]:
    """The paired difference between two methods under the same other keys."""
    return lambda record: record.difference({"method": a, **keys}, {"method": b, **keys})


def value(**keys: object) -> Callable[[Record], Measured]:
    """The one measurement that the keys name."""
    return lambda record: record.value(**keys)
