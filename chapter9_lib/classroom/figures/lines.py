"""Plain lines: functions drawn, and losses followed."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.ends import end_labels, tick
from chapter9_lib.classroom.figures.style import GREY, look, new_figure, style, text_colour

__all__ = ["lines"]


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    bands: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    logx: bool = False,
    ticks: Sequence[float] | None = None,
    marks: Mapping[str, float] | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    limits: tuple[float, float] | None = None,
    height: float = 3.0,
) -> Figure:
    """One line for each name, written at its end.

    Args:
        series: {name: (x, y)}.
        bands: {name: (low, high)}: intervals around some of them.
        logx: a log axis.
        ticks: the numbers to write along it; None leaves that to matplotlib.
        limits: of the upright axis, for figures that stand side by side.
        marks: {words: x}: places along the axis to point at.
        height: of the figure, in inches.
    """
    with style():
        fig = new_figure(height)
        ax = fig.subplots()
        ends = []
        for position, (name, (across, up)) in enumerate(series.items()):
            drawn = look(name, position)
            ax.plot(across, up, color=drawn.colour, ls=("-", "--", ":", "-.")[position % 4], zorder=3)
            if name in (bands or {}):
                ax.fill_between(across, *bands[name], color=drawn.colour, alpha=0.13, lw=0, zorder=2)
            ends.append((across[-1], up[-1], drawn.name, text_colour(drawn.colour)))
        if limits is not None:
            ax.set_ylim(limits)
        if logx:
            ax.set_xscale("log")
        if ticks is not None:
            ax.set_xticks(ticks, [tick(value) for value in ticks])
            ax.set_xticks([], minor=True)
        for number, (words, place) in enumerate((marks or {}).items()):
            ax.axvline(place, color=GREY, lw=1, ls=(0, (4, 3)), zorder=2)
            ax.annotate(
                words, (place, 1 - 0.11 * number), xycoords=("data", "axes fraction"), xytext=(-5, -2), ha="right",
                textcoords="offset points", va="top", color=GREY, fontsize=9,
            )  # fmt: skip
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
        end_labels(fig, ax, ends)
    return fig
