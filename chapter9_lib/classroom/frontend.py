"""Who is looking? A notebook with a person at its sliders, a notebook run unattended, or plain Python."""

import os
from typing import Any

__all__ = ["front_end", "in_notebook", "present"]


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel, where rich output is understood."""
    return _kernel() is not None


def front_end() -> bool:
    """Whether somebody can move a slider now.

    False in plain Python, with `CHAPTER9_QUIET` set, under pytest and nbval, when a notebook is executed unattended
    (nbclient, nbconvert, papermill: they tell the kernel that nobody will answer a prompt), and without ipywidgets.
    """
    kernel = _kernel()
    if kernel is None or os.environ.get("CHAPTER9_QUIET", "0") not in ("", "0") or "PYTEST_VERSION" in os.environ:
        return False
    if not getattr(kernel, "_allow_stdin", True):
        return False
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return True


def present(thing: object) -> None:
    """Show something that has `_repr_html_` and `__str__`: rich in a notebook, as plain text elsewhere."""
    if in_notebook():
        from IPython.display import display

        display(thing)
    else:
        print(thing)


def _kernel() -> Any:  # noqa: ANN401
    import sys

    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None)
