"""`check(exercise_id, answer)`: an answer at once, which names the mistake."""

import difflib
import importlib
import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.frontend import present

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Feedback", "check", "grade", "grader", "registered"]

Grader = Callable[[Any], "str | None"]
_GRADERS: dict[str, tuple[Grader, str]] = {}


@dataclass(frozen=True)
class Feedback:
    """What the checker says: `passed` is None while the exercise is untouched."""

    passed: bool | None
    message: str

    def __str__(self) -> str:
        mark = {True: "[right]", False: "[not yet]", None: "[your turn]"}[self.passed]
        return f"{mark} {self.message}"

    def _repr_html_(self) -> str:
        colour, mark = {True: ("#005FA3", "✓"), False: ("#B04A00", "✗"), None: ("#6E6E6E", "✎")}[self.passed]
        return (
            f"<div style='border-left:4px solid {colour};padding:0.35em 0.9em;max-width:46em'>"
            f"<b style='color:{colour}'>{mark}</b>&nbsp; {escape(self.message)}</div>"
        )


def grader(exercise_id: str, praise: str, wants: str = "") -> Callable[[Grader], Grader]:
    """Register a grader: a function from the answer to None when it is right, or to a message naming the mistake.

    Args:
        exercise_id: as `check` is given it.
        praise: what a right answer hears.
        wants: how the answer is called, where it should be a function: "coral(source, target)".
    """

    def register(function: Grader) -> Grader:
        def graded(answer: Any) -> str | None:  # noqa: ANN401
            if wants and not callable(answer):
                return f"Write a function {wants}; this is {a_type(answer)}."
            return function(answer)

        _GRADERS[exercise_id] = (graded, praise)
        return function

    return register


def check(exercise_id: str, answer: Any) -> None:  # noqa: ANN401
    """Show at once whether the answer is right and, if not, which mistake it looks like. Never raises for an answer.

    Args:
        exercise_id: as the exercise's stub has it.
        answer: what the exercise asks for, a value or a function; the stub's `...` is met kindly.

    Raises:
        KeyError: for an unknown exercise; offers the nearest ids.
    """
    present(grade(exercise_id, answer))


def grade(exercise_id: str, answer: Any) -> Feedback:  # noqa: ANN401
    """`check` without showing it: the feedback as an object."""
    graders = registered()
    if exercise_id not in graders:
        near = difflib.get_close_matches(exercise_id, graders, cutoff=0.3) or sorted(graders)
        raise KeyError(f"There is no exercise {exercise_id!r}. Did you mean {', '.join(map(repr, near[:3]))}?")
    if _untouched(answer):
        return Feedback(None, "Still the stub. Replace the … with your answer and run the cell again.")
    function, praise = graders[exercise_id]
    try:
        mistake = function(answer)
    except NotImplementedError:
        return Feedback(None, "Part of it still raises NotImplementedError. Fill that in and run the cell again.")
    except Exception as error:  # an answer may fail in any way; the learner hears how
        mistake = f"It stopped with {type(error).__name__}: {error}"
    return Feedback(True, praise) if mistake is None else Feedback(False, mistake)


def registered() -> dict[str, tuple[Grader, str]]:
    """Every grader with its words of praise, by exercise id."""
    from chapter9_lib.classroom import graders

    for module in pkgutil.iter_modules(graders.__path__):
        importlib.import_module(f"{graders.__name__}.{module.name}")
    return _GRADERS


def same(a: Any, b: Any) -> bool:  # noqa: ANN401
    """Whether two answers are the same number (to one part in a thousand), or both None."""
    if a is None or b is None:
        return a is b
    try:
        return math.isclose(float(a), float(b), rel_tol=1e-3, abs_tol=1e-9)
    except (TypeError, ValueError):
        return False


def a_type(value: Any) -> str:  # noqa: ANN401
    """The name of a value's type with its article: "a str", "an int64"."""
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeioAEIO" or name.startswith("nd") else f"a {name}"


def as_number(value: Any) -> Any:  # noqa: ANN401
    """A plain number of a Python, NumPy or torch scalar; None of anything else, True and False included."""
    plain = value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value
    return None if isinstance(plain, bool) or not isinstance(plain, Real) else plain


def as_pair(value: Any) -> tuple[Any, Any] | None:  # noqa: ANN401
    """Two plain numbers of a tuple, list, array or tensor that has so many; None of anything else."""
    parts = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(parts, (tuple, list)) or len(parts) != 2:
        return None
    first, second = map(as_number, parts)
    return None if first is None or second is None else (first, second)


def as_array(value: Any) -> "np.ndarray | None":  # noqa: ANN401
    """The numbers of an array, a tensor (detached), a tuple or a list, as an array; None of anything else."""
    import numpy as np

    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if isinstance(value, (tuple, list)):
        value = [part if as_number(part) is None else as_number(part) for part in value]
    try:
        found = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return found if found.dtype.kind in "biuf" else None


def _untouched(answer: Any) -> bool:  # noqa: ANN401
    if answer is None or answer is ... or answer is NotImplemented:
        return True
    if isinstance(answer, dict | list | tuple | set) and answer:
        return all(part is ... for part in (answer.values() if isinstance(answer, dict) else answer))
    code = getattr(answer, "__code__", None)
    stubs = (_stub, _stub_named, _stub_raised)
    if code is None or code.co_names not in ((), ("NotImplementedError",)):
        return False
    returned = set(code.co_consts) - {None, ..., getattr(answer, "__doc__", None)}
    return not returned and any(code.co_code == stub.__code__.co_code for stub in stubs)


def _stub() -> None: ...


def _stub_named() -> Any:  # noqa: ANN401
    return ...


def _stub_raised() -> None:
    raise NotImplementedError
