"""One number against another, for things of several sorts."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.style import look, new_figure, style

__all__ = ["scatter"]

Point = tuple[float, float, tuple[float, float] | None]
_SMALLEST, _USUAL, _LARGEST = 5.0, 7.5, 11.0


def scatter(
    series: Mapping[str, Sequence[Point]], *, growing: str = "", title: str = "", xlabel: str = "", ylabel: str = "",
    zero: bool = False, limits: tuple[float, float] | None = None, height: float = 3.6,
) -> Figure:  # fmt: skip
    """Points with their intervals; those of one sort share a colour and a marker, and a thin line joins them.

    Args:
        series: {name: its points (x, y, (low, high) or None), in order}.
        growing: what the order is, in words; the marks then grow with it.
        zero: whether to draw the level of zero.
        limits: of the upright axis; what lies beyond is not drawn.
        height: of the figure, in inches.
    """
    with style():
        fig = new_figure(height)
        ax = fig.subplots()
        handles = []
        for position, (name, points) in enumerate(series.items()):
            drawn = look(name, position)
            for x, _, interval in points:
                if interval is not None:
                    ax.plot((x, x), interval, color=drawn.colour, lw=1.1, alpha=0.7, zorder=3)
            ax.plot([x for x, _, _ in points], [y for _, y, _ in points], color=drawn.colour, lw=0.9, alpha=0.6)
            sizes = np.linspace(_SMALLEST, _LARGEST, len(points)) if growing else [_USUAL] * len(points)
            for (x, y, _), size in zip(points, sizes, strict=True):
                ax.plot(x, y, drawn.marker, ms=size, color=drawn.colour, mec="white", mew=0.7, zorder=4)
            handles += ax.plot([], [], drawn.marker, ms=_USUAL, color=drawn.colour, mec="white", mew=0.7)
        if zero:
            ax.axhline(0, color="#8C8C8C", lw=1, zorder=1)
        if limits:
            ax.set_ylim(limits)
        ax.margins(0.08)
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
        fig.legend(handles, list(series), loc="outside lower center", ncol=4, fontsize=9, frameon=False,
                   title=growing or None, title_fontsize=9)  # fmt: skip
    return fig
