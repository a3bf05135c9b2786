"""Measured values side by side, each with its interval; and a confusion matrix."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.style import GREY, INK, PALETTE, look, new_figure, style, text_colour

__all__ = ["BLUES", "bars_with_intervals", "confusion_matrix"]

BLUES = LinearSegmentedColormap.from_list(
    "paper to blue", ["#FFFFFF", "#BBD3EA", "#5D97CB", PALETTE["borrowed"].colour]
)


def bars_with_intervals(
    rows: Sequence[Mapping[str, Any]],
    *,
    unit: str = "%",
    title: str = "",
    xlabel: str = "",
    reference: tuple[float, str] | None = None,
    guess: float | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Horizontal bars from zero, one a row, with the interval drawn on each and the value written beside it.

    Args:
        rows: mappings with `method` (a name of the palette), `label` or both; `mean`; `interval` (low, high) or None.
        unit: written after each value.
        reference: (value, name) of a level to compare with, such as chance.
        guess: a value committed before the run.
        limits: the axis; by default from zero to a little beyond the longest interval.
    """
    with style():
        fig = new_figure(0.9 + 0.46 * len(rows) + (0.35 if title else 0) + (0.25 if reference else 0))
        ax = fig.subplots()
        for place, row in enumerate(rows):
            _bar(ax, len(rows) - 1 - place, row, place, unit)
        labels = [row.get("label") or look(row["method"], i).name for i, row in enumerate(rows)]
        ax.set_yticks(range(len(rows) - 1, -1, -1), labels)
        ax.tick_params(axis="y", labelcolor=INK, labelsize=10.5)
        ax.grid(False)
        ax.spines["left"].set_visible(False)
        ax.set_xlim(*(limits or _span(rows, guess)))
        ax.set_ylim(-0.6, len(rows) - 0.4 + (0.25 if reference else 0))
        ax.set(title=title, xlabel=xlabel)
        if reference:
            _reference(ax, *reference)
        if guess is not None:
            _guess(ax, guess, len(rows))
    return fig


def confusion_matrix(
    counts: Sequence[Sequence[int]] | np.ndarray, classes: Sequence[str], *, title: str = ""
) -> Figure:
    """What each species was taken for: rows are the truth, columns the answer; shade is the share of the row.

    Args:
        counts: (C, C) integers, `counts[truth][answer]`.
        classes: C names.

    Raises:
        ValueError: when the matrix is not C by C.
    """
    counts = np.asarray(counts)
    if counts.shape != (len(classes),) * 2:
        raise ValueError(f"{len(classes)} classes need a {len(classes)} x {len(classes)} matrix, not {counts.shape}.")
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = 0.62 * len(classes)
    with style():
        fig = new_figure(size + 1.4, size + 2.6)
        ax = fig.subplots()
        ax.imshow(share, cmap=BLUES, vmin=0, vmax=1)
        for (truth, answer), count in np.ndenumerate(counts):
            ax.text(
                answer,
                truth,
                str(count) if count else "·",
                ha="center",
                va="center",
                fontsize=10.5,
                fontweight="bold" if truth == answer else "normal",
                color="white" if share[truth, answer] > 0.55 else (INK if count else "#B5B5B5"),
            )
        ax.set_xticks(range(len(classes)), classes, rotation=35, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(classes)), classes)
        ax.tick_params(length=0, labelcolor=INK)
        ax.set_xticks(np.arange(0.5, len(classes) - 1), minor=True)
        ax.set_yticks(np.arange(0.5, len(classes) - 1), minor=True)
        ax.grid(False)
        ax.grid(True, which="minor", axis="both", color="#ECECEC", lw=1)
        ax.tick_params(which="minor", length=0)
        ax.spines[:].set_visible(False)
        ax.set(title=title, xlabel="what the model said", ylabel="what it was")
    return fig


def _span(rows: Sequence[Mapping[str, Any]], guess: float | None) -> tuple[float, float]:
    """From zero, or a little below the lowest interval, to beyond the highest, where its value is written."""
    ends = [row.get("interval") or (row["mean"], row["mean"]) for row in rows]
    low, high = min(0, *(end[0] for end in ends)), max(0, guess or 0, *(end[1] for end in ends))
    return 1.05 * low, high + 0.13 * (high - low)


def _bar(ax: Axes, y: int, row: Mapping[str, Any], position: int, unit: str) -> None:
    drawn = look(row.get("method", row.get("label", "")), position)
    interval = row.get("interval")
    ax.barh(y, row["mean"], height=0.5, color=drawn.colour, alpha=0.9 if drawn.filled else 0.45, lw=0, zorder=2)
    edge = max(row["mean"], 0.0)  # the right end of the bar, whichever way it points
    if interval:
        ax.plot(interval, (y, y), color="white", lw=4.2, solid_capstyle="butt", zorder=3)
        ax.plot(interval, (y, y), color=INK, lw=1.8, solid_capstyle="butt", zorder=4)
        edge = max(edge, interval[1])
    ax.annotate(
        f"{round(row['mean']) + 0:.0f} {unit}".replace("-", "−").strip(),
        (edge, y),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        color=text_colour(drawn.colour),
        fontweight="bold",
        fontsize=11,
    )


def _reference(ax: Axes, value: float, name: str) -> None:
    ax.axvline(value, color=GREY, lw=1, ls=(0, (4, 3)), zorder=5)
    ax.annotate(
        name,
        (value, 1),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        va="top",
        color=GREY,
        fontsize=9,
    )


def _guess(ax: Axes, value: float, rows: int) -> None:
    drawn = PALETTE["guess"]
    ax.plot(
        value, -0.42, ls="", marker=drawn.marker, ms=16, mfc=drawn.colour, mec=INK, mew=0.9, zorder=9, clip_on=False
    )
    ax.annotate(
        drawn.name,
        (value, -0.42),
        xytext=(12, 0),
        textcoords="offset points",
        va="center",
        fontsize=9.5,
        color=text_colour(drawn.colour),
        fontweight="bold",
    )
