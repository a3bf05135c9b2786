"""An HTML file shown inside the notebook."""

from html import escape
from pathlib import Path

from chapter9_lib.classroom.frontend import front_end

__all__ = ["show_page"]


def show_page(path: str | Path, height: int = 640) -> None:
    """Show a page that needs no other file, such as the report of `fit`; unattended, say where it lies.

    The page can't run scripts or reach the notebook.

    Args:
        path: of the HTML file.
        height: of the frame, in CSS pixels.

    Raises:
        FileNotFoundError: when there is none.
    """
    path = Path(path)
    page = path.read_text(encoding="utf-8")
    print(f"{path}: open it in the file browser")
    if not front_end():
        return
    from IPython.display import HTML, display

    frame = f'<iframe sandbox srcdoc="{escape(page)}" title="{escape(path.name)}" width="100%" height="{height}">'
    display(HTML(f"<div>{frame}</iframe></div>"))
