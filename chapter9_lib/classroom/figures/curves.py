"""Accuracy against the number of photos: means, intervals, and where you stand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from chapter9_lib.classroom.figures.ends import end_labels, tick
from chapter9_lib.classroom.figures.style import GREY, INK, PALETTE, Look, look, new_figure, style, text_colour

__all__ = ["learning_curve"]

Row = Mapping[str, Any]


def learning_curve(
    table: Iterable[Row] | Any,  # noqa: ANN401
    *,
    live: Mapping[str, tuple[float, float] | list[tuple[float, float]]] | None = None,
    guess: tuple[float, float] | None = None,
    chance: float | None = None,
    chance_words: str = "guessing blindly",
    promise: tuple[float, float, str] | None = None,
    methods: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    by: str = "method",
    x: str = "photos",
    log: bool = True,
    limits: tuple[float, float] | None = None,
    title: str = "",
    ylabel: str = "accuracy (%)",
    xlabel: str = "labelled photos (log scale)",
) -> Figure:
    """One line a method, over a log axis unless told; bands and bars are the 95 % intervals.

    Args:
        table: rows with keys `by`, `x`, `mean` and `interval` (low, high) or None; or a `Record` (all its rows).
        by, x: which keys tell lines apart, and stand along the axis: numbers of photos, learning rates, layers.
        log: whether the axis is a log axis.
        limits: of the upright axis, for figures that stand side by side; by default what fits, within 0 to 101.
        live: {method: (x, value), or several}: what this machine just measured, one run each, as ringed points.
        guess: (x, value) committed before the run.
        chance: a level to beat, drawn as a thin line, with `chance_words` at its end.
        promise: (low, high, name) of a range that somebody promises, drawn as a band across.
        methods: which methods, in which order; default all, as they come.
        names: plain names to write at the line ends, where the palette's don't fit.

    Returns:
        The figure; show it with `show(fig, alt=…)`.

    Raises:
        ValueError: when the table has no row for a method asked for.
    """
    rows = list(table.table() if hasattr(table, "table") else table)
    wanted = list(methods or dict.fromkeys(row[by] for row in rows))
    with style():
        fig = new_figure(4.1)
        ax = fig.subplots()
        ends = []
        for position, method in enumerate(wanted):
            own = sorted((row for row in rows if row[by] == method), key=lambda row: row[x])
            if not own:
                raise ValueError(f"No row with {by}={method!r}; the table has {sorted({str(r[by]) for r in rows})}.")
            ends.append(_line(ax, own, x, look(method, position), (names or {}).get(method)))
        _across(ax, sorted({row[x] for row in rows}), log)
        for method, points in (live or {}).items():
            for point in points if isinstance(points, list) else [points]:
                _ringed(ax, point, look(method, wanted.index(method) if method in wanted else 0))
        if guess is not None:
            _guess(ax, guess)
        if chance is not None:
            ax.axhline(chance, color="#B5B5B5", lw=1, zorder=1)
            ax.annotate(
                chance_words,
                (1.0, chance),
                xycoords=("axes fraction", "data"),
                xytext=(-2, 3),
                ha="right",
                textcoords="offset points",
                color=GREY,
                fontsize=9,
            )
        if promise is not None:
            _promise(ax, *promise)
        ax.set_ylim(limits or _within(ax.get_ylim(), min(min(row.get("interval") or (row["mean"],)) for row in rows)))
        ax.set(title=title, ylabel=ylabel, xlabel=xlabel)
        end_labels(fig, ax, ends)
    return fig


def _line(ax: Axes, rows: list[Row], x: str, drawn: Look, name: str | None) -> tuple[float, float, str, str]:
    across, mean = [row[x] for row in rows], [row["mean"] for row in rows]
    bounds = [row.get("interval") or (row["mean"], row["mean"]) for row in rows]
    low, high = [b[0] for b in bounds], [b[1] for b in bounds]
    if drawn.filled:
        ax.fill_between(across, low, high, color=drawn.colour, alpha=0.13, lw=0, zorder=2)
    ax.errorbar(
        across,
        mean,
        yerr=[[m - a for m, a in zip(mean, low, strict=True)], [b - m for m, b in zip(mean, high, strict=True)]],
        color=drawn.colour,
        ls=drawn.dashes,
        marker=drawn.marker,
        mec=drawn.colour if not drawn.filled else "white",
        mfc=drawn.colour if drawn.filled else "white",
        mew=0.9 if drawn.filled else 1.6,
        elinewidth=1.1,
        capsize=0,
        zorder=4,
    )
    return across[-1], mean[-1], name or drawn.name, text_colour(drawn.colour)


def _within(limits: tuple[float, float], least: float) -> tuple[float, float]:
    """No room below 0 % where nothing is, nor much above 100 %."""
    low, high = limits
    return max(low, 0) if least >= 0 else low, min(high, 101) if high < 112 else high


def _across(ax: Axes, ticks: list[float], log: bool) -> None:
    if log:
        ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    if len(ticks) > 1:
        edge = 0.04 * (ticks[-1] - ticks[0])
        ax.set_xlim(*((ticks[0] / 1.12, ticks[-1] * 1.05) if log else (ticks[0] - edge, ticks[-1] + edge)))


def _ringed(ax: Axes, point: tuple[float, float], drawn: Look) -> None:
    size = 15 if drawn.marker == "D" else 17
    ax.plot(*point, ls="", marker="o", ms=size, mfc="none", mec=INK, mew=1.3, zorder=6, clip_on=False)
    ax.plot(*point, ls="", marker=drawn.marker, ms=7.5, mfc=drawn.colour, mec="white", mew=1, zorder=7, clip_on=False)
    at_the_edge = point[0] >= 0.9 * ax.get_xlim()[1]
    ax.annotate(
        "your run",
        point,
        xytext=(-6, -13) if at_the_edge else (0, -13),
        textcoords="offset points",
        ha="right" if at_the_edge else "center",
        va="top",
        fontsize=9,
        color=INK,
        bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.8},
        zorder=8,
    )


def _guess(ax: Axes, point: tuple[float, float]) -> None:
    drawn = PALETTE["guess"]
    ax.plot(*point, ls="", marker=drawn.marker, ms=17, mfc=drawn.colour, mec=INK, mew=0.9, zorder=9, clip_on=False)
    ax.annotate(
        drawn.name,
        point,
        xytext=(0, -10),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=9.5,
        color=text_colour(drawn.colour),
        fontweight="bold",
        zorder=8,
        bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.8},
    )


def _promise(ax: Axes, low: float, high: float, name: str) -> None:
    ax.axhspan(low, high, color="#ECECEC", lw=0, zorder=0)
    ax.annotate(
        name,
        (0, high),
        xycoords=("axes fraction", "data"),
        xytext=(4, -3),
        textcoords="offset points",
        va="top",
        color=GREY,
        fontsize=9,
    )
