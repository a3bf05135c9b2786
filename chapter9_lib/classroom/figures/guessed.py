"""A guess against what was measured, on one line."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.style import INK, PALETTE, new_figure, style, text_colour

__all__ = ["guess_against_truth"]


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
    """One axis from `low` to `high`: the measured value with its interval above it, the guess below it."""
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
        _label(ax, truth, 11, f"measured: {truth:.0f} {unit}", text_colour(measured), "bottom", low, high)
        if guess is not None:
            ax.plot((guess, truth), (0, 0), color=guessed.colour, lw=1.6, zorder=3)
            ax.plot(guess, 0, guessed.marker, ms=17, mfc=guessed.colour, mec=INK, mew=0.9, zorder=5)
            _label(ax, guess, -11, f"{name}: {guess:.0f} {unit}", text_colour(guessed.colour), "top", low, high)
    return fig


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
