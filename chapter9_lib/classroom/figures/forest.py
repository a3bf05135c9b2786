"""Many measured values with their intervals: one row a method, one column a place where it was scored."""

from collections.abc import Iterable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chapter9_lib.classroom.figures.style import INK, known, look, new_figure, style, text_colour

__all__ = ["forest"]


def forest(
    rows: Iterable[Mapping[str, Any]],
    *,
    columns: Mapping[str, str],
    by: str = "method",
    split: str = "split",
    names: Mapping[str, str] | None = None,
    digits: int = 0,
    shared: bool = False,
    title: str = "",
    xlabel: str = "",
) -> Figure:
    """A forest plot: a point with its interval and its value for each row of each column.

    Args:
        rows: mappings with the keys `by` and `split`, `mean` and `interval` (low, high) or None.
        columns: {value of `split`: heading}, from left to right. Each has an axis of its own.
        by: the key that tells rows apart; they stand in the order in which they come.
        names: words for values of `by`.
        digits: of the values.
        shared: whether all columns have the same axis.
        title: of the figure.
        xlabel: beneath every column.

    Raises:
        ValueError: when a column has no row.
    """
    table = [row for row in rows if row[split] in columns]
    methods = list(dict.fromkeys(row[by] for row in table))
    if missing := [column for column in columns if all(row[split] != column for row in table)]:
        raise ValueError(f"No row with {split}={missing[0]!r}.")
    with style():
        fig = new_figure(1.0 + 0.38 * len(methods) + (0.35 if title else 0) + (0.2 if xlabel else 0))
        panels = fig.subplots(1, len(columns), sharey=True, sharex=shared, squeeze=False)[0]
        for ax, (column, heading) in zip(panels, columns.items(), strict=True):
            ax.set_title(heading, fontsize=10.5)
            ax.set_xlabel(xlabel)
            for row in table:
                if row[split] == column:
                    _point(ax, methods.index(row[by]), row, digits, _colour(str(row[by])))
            ax.grid(False)
            ax.margins(x=0.22)
            ax.spines["left"].set_visible(False)
            ax.xaxis.set_major_locator(MaxNLocator(3))
        panels[0].set_yticks(range(len(methods)), [(names or {}).get(m, str(m)) for m in methods])
        panels[0].set_ylim(len(methods) - 0.45, -0.75)
        panels[0].tick_params(axis="y", labelcolor=INK, labelsize=10.5)
        for ax in panels:
            for place in range(len(methods)):
                ax.axhline(place, color="#ECECEC", lw=0.8, zorder=0)
        if title:
            fig.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    return fig


def _colour(method: str) -> str:
    return look(method).colour if known(method) else INK


def _point(ax: Axes, place: int, row: Mapping[str, Any], digits: int, colour: str) -> None:
    if row.get("interval"):
        ax.plot(row["interval"], (place, place), color=colour, lw=2.2, solid_capstyle="butt", zorder=3)
    ax.plot(row["mean"], place, "o", color=colour, mec="white", mew=0.5, ms=4.6, zorder=4)
    ax.annotate(
        f"{round(row['mean'], digits) + 0:.{digits}f}".replace("-", "−"),
        (row["mean"], place),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=9,
        color=text_colour(colour),
    )
