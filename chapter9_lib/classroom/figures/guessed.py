"""Guesses against what was measured: one on a line, or all of a learner's on one board."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.style import INK, PALETTE, new_figure, style, text_colour

__all__ = ["guess_against_truth", "guess_board"]


def guess_against_truth(
    guess: float | None,
    truth: float,
    interval: tuple[float, float] | None = None,
    *,
    low: float = 0,
    high: float = 100,
    unit: str = "%",
    name: str = "your guess",
) -> Figure:
    """One axis from `low` to `high`: the measured value with its interval above it, the guess below it.

    Args:
        guess: None where nobody has guessed.
        truth: what was measured.
        interval: its 95 % interval; None where there is none.
        low, high: the ends of the axis.
        unit: of all of them.
        name: whose guess it is, as it is written beside it.
    """
    span, measured, guessed = high - low, PALETTE["borrowed"].colour, PALETTE["guess"]
    with style():
        fig = new_figure(1.35)
        ax = fig.subplots()
        ax.set(xlim=(low - 0.02 * span, high + 0.02 * span), ylim=(-1, 1), yticks=[])
        ax.grid(False)
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.axhline(0, color="#D8D8D8", lw=1.2, zorder=1)
        if interval:
            ax.plot(interval, (0, 0), color=measured, lw=9, alpha=0.3, solid_capstyle="butt", zorder=2)
        ax.plot(truth, 0, "D", ms=8, color=measured, mec="white", zorder=4)
        _label(ax, truth, 11, f"measured: {_short(truth)} {unit}", text_colour(measured), "bottom", low, high)
        if guess is not None:
            ax.plot((guess, truth), (0, 0), color=guessed.colour, lw=1.6, zorder=3)
            ax.plot(guess, 0, guessed.marker, ms=17, mfc=guessed.colour, mec=INK, mew=0.9, zorder=5)
            _label(ax, guess, -11, f"{name}: {_short(guess)} {unit}", text_colour(guessed.colour), "top", low, high)
    return fig


def guess_board(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """All guesses at once, each on the range that it was asked on: on the diagonal it was right, above it too high.

    Args:
        rows: as `chapter9_lib.classroom.guesses.scored` gives them; hollow where nobody guessed in time.
    """
    measured, guessed = PALETTE["borrowed"].colour, PALETTE["guess"]
    with style():
        fig = new_figure(4.2, 4.8)
        ax = fig.subplots()
        ax.plot((0, 1), (0, 1), color=measured, lw=1.6, zorder=1)
        ax.text(0.88, 0.99, "right", color=text_colour(measured), ha="right", va="top", fontweight="bold")
        for row in rows:
            truth, guess, span = (_placed(row, row[key]) for key in ("truth", "guess", "interval"))
            if span is not None:
                ax.plot(span, (guess, guess), color=measured, lw=3, alpha=0.3, zorder=2)
            face = guessed.colour if row["honest"] else "none"
            ax.plot(truth, guess, guessed.marker, ms=11, mfc=face, mec=INK, mew=0.9, zorder=3)
        ticks = ([0, 0.5, 1], ["low end", "middle", "high end"])
        ax.set_xticks(*ticks)
        ax.set_yticks(*ticks)
        ax.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), xlabel="measured, on the range asked", ylabel="guessed")
    return fig


def _placed(row: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401 - a number, an interval, or nothing
    """On the row's range, which is 0 to 1, and not beyond it."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return tuple(_placed(row, bound) for bound in value)
    return min(max((value - row["low"]) / (row["high"] - row["low"]), 0.0), 1.0)


def _short(value: float) -> str:
    """A small number keeps its first decimal: half a percent is not nothing."""
    return (f"{value:.1f}" if abs(value) < 10 and round(value, 1) != round(value) else f"{value:.0f}").replace("-", "−")


def _label(ax: Axes, x: float, away: float, text: str, colour: str, va: str, low: float, high: float) -> None:
    place = (x - low) / (high - low)
    ax.annotate(
        text,
        (x, 0),
        xytext=(0, away),
        textcoords="offset points",
        va=va,
        color=colour,
        fontweight="bold",
        ha="left" if place < 0.15 else "right" if place > 0.85 else "center",
    )
