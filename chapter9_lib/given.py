"""Numbers and switches as somebody hands them in, and plain words for what is none."""

import operator
from typing import Any

__all__ = ["real_number", "require_number", "require_switch", "switch", "whole_number"]


def whole_number(name: str, value: Any) -> int:  # noqa: ANN401 - whatever came
    """A whole number as Python's own, whichever library's it was.

    Args:
        name: of the argument it came for.
        value: what came.

    Raises:
        TypeError: for anything else, 2.0 and "2" as well; names the argument.
    """
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r}: a whole number is wanted") from None


def require_number(name: str, value: Any) -> None:  # noqa: ANN401 - whatever came
    """Make sure that something is a number, and not the text of one.

    Raises:
        TypeError: for anything else; names the argument.
    """
    if not hasattr(value, "__float__"):
        cure = ", without quotation marks" if isinstance(value, str) else ""
        raise TypeError(f"{name}={value!r}: a number is wanted{cure}")


def real_number(name: str, value: Any) -> float:  # noqa: ANN401 - whatever came
    """A number as Python's own, whichever library's it was.

    Args:
        name: of the argument it came for.
        value: what came.

    Raises:
        TypeError: for anything else, and for several numbers; names the argument.
    """
    require_number(name, value)
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}={value!r}: a single number is wanted") from None


def require_switch(name: str, value: Any, *others: object) -> None:  # noqa: ANN401 - whatever came
    """Make sure that something is True or False, or one of `others`: any text would count as True.

    Raises:
        ValueError: for anything else; names the argument.
    """
    known = (True, False, *others)
    if value not in known:
        raise ValueError(f"{name}={value!r}: {', '.join(map(str, known[:-1]))} or {known[-1]} is wanted")


def switch(name: str, value: Any, *others: object) -> Any:  # noqa: ANN401 - one of `others` as well
    """True or False as Python's own, whichever library's it was, or one of `others`.

    Raises:
        ValueError: for anything else; names the argument.
    """
    require_switch(name, value, *others)
    return value if any(value is other for other in others) else bool(value)
