"""A table of numbers whose shade is their size."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.bars import BLUES
from chapter9_lib.classroom.figures.style import INK, new_figure, style

__all__ = ["heat_map"]

MANY = 8
"""From more columns on, their names are slanted."""


def heat_map(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, title: str = "", xlabel: str = "",
    limits: tuple[float, float] | None = None, digits: int = 0, mark_best: bool = False, row_height: float = 0.36,
    words: Sequence[Sequence[str]] | None = None,
) -> Figure:  # fmt: skip
    """A shaded table, each number written in its cell, or words in its place.

    Args:
        values: [R, C]; NaN where there is nothing to say.
        rows, columns: their names.
        limits: what is white and what is darkest; by default the least and the most.
        digits: of the numbers.
        row_height: in inches; numbers shrink with it.
        mark_best: write the highest number of each row in bold.
        words: what to write in each cell instead, R times C.

    Raises:
        ValueError: when the names don't fit the values.
    """
    values = np.asarray(values, dtype=float)
    if values.shape != (len(rows), len(columns)):
        raise ValueError(f"{len(rows)} rows and {len(columns)} columns need as many values, not {values.shape}.")
    if words is not None and (len(words) != len(rows) or {len(line) for line in words} != {len(columns)}):
        raise ValueError(f"{len(rows)} rows and {len(columns)} columns need as many words.")
    low, high = limits or (np.nanmin(values), np.nanmax(values))
    size = min(10.0, 30 * row_height)
    with style():
        fig = new_figure(0.8 + row_height * len(rows) + (0.35 if title else 0))
        ax = fig.subplots()
        ax.imshow(values, cmap=BLUES, vmin=low, vmax=high, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            dark = (value - low) / ((high - low) or 1) > 0.55
            best, said = mark_best and value == np.nanmax(values[row]), f"{value:.{digits}f}".replace("-", "−")
            said = "" if np.isnan(value) else said
            ax.text(
                column, row, said if words is None else words[row][column], ha="center", va="center", fontsize=size,
                color="white" if dark else INK, fontweight="bold" if best else "normal",
            )  # fmt: skip
        ax.set_xticks(range(len(columns)), columns)
        if len(columns) > MANY or size < 10:
            ax.tick_params(axis="x", labelsize=9, rotation=30 if size == 10 else 60)
        ax.set_yticks(range(len(rows)), rows, fontsize=size if size < 10 else None)
        ax.tick_params(length=0, labelcolor=INK)
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.set(title=title, xlabel=xlabel)
    return fig
