"""The doctor's list: every check with the findings that it may make."""

from collections.abc import Callable, Iterator

from chapter9_lib.studies.doctor.case import Case
from chapter9_lib.studies.doctor.report import Finding

__all__ = ["CHECKS", "Check", "checks"]

Check = Callable[[Case], Iterator[Finding]]
CHECKS: dict[str, Check] = {}


def checks(what: str) -> Callable[[Check], Check]:
    """Register a function from a case to findings; `what` says in a few words what it looks at."""

    def register(function: Check) -> Check:
        CHECKS[what] = function
        return function

    return register
