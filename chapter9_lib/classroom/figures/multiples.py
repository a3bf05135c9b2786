"""Small multiples of figures: each laid out again at the smaller size, so that its words stay as large."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.display import DPI, DRAWN, draw
from chapter9_lib.classroom.figures.style import GREY, WIDTH, style

__all__ = ["small_multiples"]


def small_multiples(figures: Sequence[Figure], captions: Sequence[str], columns: int = 2) -> Figure:
    """Figures side by side in `columns`, a caption above each.

    Raises:
        ValueError: when there are none, or not as many captions.
    """
    if not figures or len(figures) != len(captions):
        raise ValueError(
            f"Small multiples need as many captions as figures, and some: {len(figures)}, {len(captions)}."
        )
    wide, tall = WIDTH / columns, max(fig.get_figheight() for fig in figures) * 0.72
    rows, caption = -(-len(figures) // columns), 0.3
    with style():
        sheet = Figure(figsize=(WIDTH, rows * (tall + caption)), facecolor="white")
        for i, (fig, words) in enumerate(zip(figures, captions, strict=True)):
            fig.set_size_inches(wide, tall)
            left, top = (i % columns) / columns, 1 - (i // columns) / rows
            share = tall / (rows * (tall + caption))
            ax = sheet.add_axes((left, top - 1 / rows, 1 / columns, share))
            ax.imshow(np.asarray(draw(fig, 2 * DPI)), aspect="auto", interpolation="none", gid=DRAWN)
            ax.set_axis_off()
            sheet.text(left + 0.01, top - 0.5 * (1 / rows - share), words, va="center", color=GREY, fontsize=10)
    return sheet
