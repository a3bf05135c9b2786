"""`show_source(fn)`: the library's own code, where it teaches, without leaving the notebook."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from chapter9_lib.classroom.frontend import present

__all__ = ["Source", "show_source"]


@dataclass(frozen=True)
class Source:
    """Source code with its name: highlighted and folded in a notebook, plain text elsewhere."""

    name: str
    code: str

    def __str__(self) -> str:
        return f"# {self.name}\n{self.code}"

    def _repr_html_(self) -> str:
        try:
            from pygments import highlight
            from pygments.formatters import HtmlFormatter
            from pygments.lexers import PythonLexer

            body = highlight(self.code, PythonLexer(), HtmlFormatter(noclasses=True, style="friendly"))
        except ImportError:
            body = f"<pre>{escape(self.code)}</pre>"
        count = len(self.code.splitlines())
        return (
            f"<details><summary><code>{escape(self.name)}</code> &nbsp;({count} lines)</summary>"
            f"<div style='background:#f7f7f7;color:#222;padding:0.1em 0.8em;overflow-x:auto'>{body}</div></details>"
        )


def show_source(fn: Callable[..., Any] | type) -> None:
    """Show the source of a function or class; in a notebook it is folded.

    Args:
        fn: itself, not its name.

    Raises:
        TypeError: when there is no Python source to show, as for a built-in.
    """
    plain = inspect.unwrap(fn)
    try:
        code = textwrap.dedent(inspect.getsource(plain)).rstrip()
    except (OSError, TypeError) as error:
        raise TypeError(f"{fn!r} has no Python source to show; give a function or class written in Python.") from error
    present(Source(f"{plain.__module__}.{plain.__qualname__}", code))
