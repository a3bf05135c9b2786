"""Which strategy where: a map of measured cells, and a plane between them. Colour, marker and word say the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from chapter9_lib.classroom.figures.ends import end_labels, tick
from chapter9_lib.classroom.figures.style import GREY, INK, PALETTE, Look, new_figure, style, text_colour

__all__ = ["Choice", "choice_map", "choice_plane"]

_LOOKS = {
    "frozen": Look("frozen", "#005FA3", "D"),
    "frozen in views": Look("in views", "#005FA3", "D", filled=False),
    "gradual": Look("gradual", "#56B4E9", "X"),
    "adapters": Look("adapters", "#7A5C3E", "v"),
    "full": Look("full", "#009E73", "^"),
    "full with norms alive": Look("norms alive", "#009E73", "^", filled=False),
    "deep stages afresh": Look("afresh", "#3F3F8F", ">"),
    "self-supervised": Look("self-sup.", "#B8649A", "s"),
    "scratch": Look("scratch", "#D55E00", "o"),
    "as the chapter says": Look("the chapter's", INK, "P"),
}
_SHADE, _HOLLOW = 0.92, 0.55
_HEIGHTS = {True: 0.78, False: 0.5}
"""Inches a row of cells, with markers of who is level and without."""
_TALL, _WIDE = 3.5, 5.3
"""About how large a plane is, in inches."""
_WIDEST = 100
"""Letters a line beneath a plane."""


@dataclass(frozen=True)
class Choice:
    """What stands in one cell of a map.

    Attributes:
        strategy: its colour and its name.
        words: a line below the name.
        level: others that can't be told from it: a marker each.
    """

    strategy: str
    words: str = ""
    level: tuple[str, ...] = ()


def choice_map(
    panels: Mapping[str, Mapping[tuple[str, int], Choice]], rows: Sequence[str], columns: Sequence[int], *,
    xlabel: str = "labelled photos",
) -> Figure:  # fmt: skip
    """Maps one above the other, a cell for each task (row) and number of photos (column); empty where there is none.

    Args:
        panels: {title: {(row, column): what stands there}}.
        rows, columns: their order.
        xlabel: beneath the last one.

    Raises:
        ValueError: when a panel has a cell outside of the rows and columns.
    """
    for title, cells in panels.items():
        if odd := [cell for cell in cells if cell[0] not in rows or cell[1] not in columns]:
            raise ValueError(f"The map {title!r} has a cell {odd[0]}, which is in none of its rows and columns.")
    tall = [_HEIGHTS[any(choice.level for choice in cells.values())] * len(rows) + 0.4 for cells in panels.values()]
    drawn = dict.fromkeys(
        name for cells in panels.values() for choice in cells.values() for name in (choice.strategy, *choice.level)
    )
    with style():
        fig = new_figure(sum(tall) + 1.0)
        axes = fig.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": tall})[:, 0]
        for ax, (title, cells) in zip(axes, panels.items(), strict=True):
            for (row, column), choice in cells.items():
                _cell(ax, columns.index(column), rows.index(row), choice)
            ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5), title=title)
            ax.set_xticks(range(len(columns)), [f"{column:,}" for column in columns])
            ax.set_yticks(range(len(rows)), rows)
            _plain(ax)
        axes[-1].set_xlabel(xlabel)
        _legend(fig, axes[0], drawn)
    return fig


def choice_plane(
    photos: Sequence[float], known: Sequence[float], choices: Sequence[Sequence[str]], *,
    points: Mapping[str, Sequence[tuple[float, float]]] | None = None, you: tuple[float, float] | None = None,
    words: Sequence[str] = (), lines: int = 0,
) -> Figure:  # fmt: skip
    """What is advised at every number of photos (log axis) and every share that is known already.

    Args:
        photos: P numbers, rising.
        known: K shares in percent, rising.
        choices: K times P strategies.
        points: {name: its measured cells, (photos, known)}, drawn as dots with the name at the last one.
        you: where to put a star.
        words: lines to write beneath.
        lines: how many to leave room for, at least.

    Raises:
        ValueError: when there are not as many choices.
    """
    grid = np.array(choices, dtype=object)
    if grid.shape != (len(known), len(photos)):
        raise ValueError(f"{len(known)} shares and {len(photos)} numbers need as many choices, not {grid.shape}.")
    names = [name for name in _LOOKS if (grid == name).any()] + sorted(set(grid.flat) - set(_LOOKS))
    told = [line for one in words for line in wrap(one, _WIDEST, subsequent_indent="      ", drop_whitespace=False)]
    below = 0.19 * max(lines, len(told))
    with style():
        fig = new_figure(4.6 + below)
        heights = [3.6, below] if below else [3.6]
        ax, *rest = fig.subplots(len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
        shades = ListedColormap([_mixed(_look(name)) for name in names])
        numbers = np.vectorize(names.index)(grid)
        ax.pcolormesh(photos, known, numbers, cmap=shades, vmin=-0.5, vmax=len(names) - 0.5, shading="nearest")
        ax.set_xscale("log")
        ticks = [value for value in (30, 100, 300, 1000, 3000, 10_000) if photos[0] <= value <= photos[-1]]
        ax.xaxis.set_major_locator(FixedLocator(ticks))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
        free = ~_crossed(photos, known, points or {})
        for name in names:
            _name(ax, name, (grid == name) & free, photos, known)
        if you:
            star = PALETTE["guess"]
            ax.plot(*you, star.marker, ms=19, mfc=star.colour, mec=INK, mew=1, zorder=6, clip_on=False)
        ax.grid(False)
        ax.set(xlabel="labelled photos (log scale)", ylabel="known already (%)")
        _dots(fig, ax, points or {}, photos[-1])
        _shades(fig, names)
        for other in rest:
            other.axis("off")
            other.text(0, 1, "\n".join(told), va="top", fontsize=9.5, transform=other.transAxes).set_in_layout(False)
    return fig


def _look(name: str) -> Look:
    return _LOOKS.get(name) or Look(name, GREY, "h")


def _mixed(drawn: Look, share: float | None = None) -> tuple[float, float, float]:
    """Its colour with white in it, the more where its marker is hollow."""
    share = share if share is not None else (0.62 if drawn.filled else 0.3)
    return tuple(1 - share * (1 - part) for part in to_rgb(drawn.colour))


def _cell(ax: Axes, column: int, row: int, choice: Choice) -> None:
    drawn = _look(choice.strategy)
    colour = _mixed(drawn, _SHADE if drawn.filled else _HOLLOW)
    ink = "white" if 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 0.52 else INK
    ax.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, fc=colour, ec="none"))
    up = -0.27 if choice.level else -0.17 if choice.words else 0.0
    ax.text(column, row + up, drawn.name, ha="center", va="center", color=ink, fontsize=10, fontweight="bold")
    ax.text(column, row + up + (0.27 if choice.level else 0.37), choice.words, ha="center", va="center", color=ink,
            fontsize=8.5)  # fmt: skip
    if choice.level:
        ax.add_patch(Rectangle((column - 0.48, row + 0.15), 0.96, 0.31, fc="white", ec=colour, lw=1))
    for place, name in enumerate(choice.level):
        _marker(ax, column + 0.1 * (place - (len(choice.level) - 1) / 2), row + 0.305, _look(name))


def _marker(ax: Axes, x: float, y: float, drawn: Look) -> None:
    ax.plot(x, y, drawn.marker, ms=5.5, mfc=drawn.colour if drawn.filled else "white", mec=drawn.colour, mew=1.1,
            zorder=3)  # fmt: skip


def _plain(ax: Axes) -> None:
    ax.tick_params(length=0, labelcolor=INK)
    ax.grid(False)
    ax.spines[:].set_visible(False)


def _legend(fig: Figure, ax: Axes, names: Mapping[str, None]) -> None:
    ordered = [name for name in _LOOKS if name in names] + [name for name in names if name not in _LOOKS]
    handles = [
        ax.plot([], [], drawn.marker, ms=6, mec=drawn.colour, mfc=drawn.colour if drawn.filled else "white", mew=1.1)[0]
        for drawn in map(_look, ordered)
    ]
    fig.legend(handles, [_look(name).name for name in ordered], loc="outside lower center", ncol=5, fontsize=9,
               frameon=False)  # fmt: skip


def _crossed(
    photos: Sequence[float], known: Sequence[float], points: Mapping[str, Sequence[tuple[float, float]]]
) -> np.ndarray:  # fmt: skip
    """Where a name would lie on a line between dots."""
    found = np.zeros((len(known), len(photos)), dtype=bool)
    for cells in points.values():
        across, up = np.log([cell[0] for cell in cells]), [cell[1] for cell in cells]
        along = np.linspace(across[0], across[-1], 60)
        for x, y in zip(along, np.interp(along, across, up), strict=True):
            column, row = np.abs(np.log(photos) - x).argmin(), np.abs(np.asarray(known) - y).argmin()
            found[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = True
    return found


def _name(ax: Axes, name: str, where: np.ndarray, photos: Sequence[float], known: Sequence[float]) -> None:
    """The name where it has most room within its region; nothing where it has none."""
    drawn, padded = _look(name), np.pad(where, 1, constant_values=False)
    needed = np.array([0.12 / (_TALL / len(known)), (0.05 * len(drawn.name) + 0.05) / (_WIDE / len(photos))])
    inside, outside = np.argwhere(padded), np.argwhere(~padded)
    if not len(inside):
        return
    apart = (np.abs(inside[:, None] - outside[None]) - 0.5) / needed
    room = apart.max(2).min(1)
    if room.max() < 1:
        return
    row, column = inside[room.argmax()] - 1
    ax.text(photos[column], known[row], drawn.name, ha="center", va="center", fontsize=10, fontweight="bold",
            color=text_colour(drawn.colour, 8.0), zorder=5)  # fmt: skip


def _dots(
    fig: Figure, ax: Axes, points: Mapping[str, Sequence[tuple[float, float]]], right: float
) -> None:  # fmt: skip
    for cells in points.values():
        ax.plot(*zip(*cells, strict=True), "o-", ms=5, mfc="white", mec=INK, mew=1.1, lw=0.8, color=GREY, zorder=4)
    end_labels(fig, ax, [(right, cells[-1][1], name, INK) for name, cells in points.items()])


def _shades(fig: Figure, names: Sequence[str]) -> None:
    handles = [Patch(fc=_mixed(_look(name)), ec="none") for name in names]
    fig.legend(handles, [_look(name).name for name in names], loc="outside upper center", ncol=5, fontsize=9,
               frameon=False)  # fmt: skip
