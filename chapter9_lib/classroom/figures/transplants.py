"""Networks as rows of blocks: whose layers they are, and which of them may still learn."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from chapter9_lib.classroom.figures.style import GREY, PALETTE, new_figure, style, text_colour

__all__ = ["Row", "transplants"]

_COLOURS = {"A": PALETTE["borrowed"].colour, "B": PALETTE["fine-tuned"].colour, "": PALETTE["scratch"].colour}


@dataclass(frozen=True)
class Row:
    """One network of a picture.

    Attributes:
        name: written in front of it.
        donor: whose layers come first: "A" or "B".
        taken: how many they are; all others are fresh.
        frozen: whether those taken over stand still.
        note: written behind it.
    """

    name: str
    donor: str
    taken: int
    frozen: bool
    note: str = ""


def transplants(rows: Sequence[Row], layers: Sequence[str], *, title: str = "") -> Figure:
    """Each network a row of blocks from photo to answer: blue from A, green from B, vermilion fresh; ❄ stands still.

    Args:
        rows: from top to bottom.
        layers: the names of all layers, the first one first.
    """
    with style():
        fig = new_figure(0.8 + 0.52 * len(rows) + (0.35 if title else 0))
        ax = fig.subplots()
        for place, row in enumerate(rows):
            for number in range(len(layers)):
                _block(ax, number, place, row)
            ax.text(len(layers) - 0.35, place, row.note, va="center", color=GREY, fontsize=9.5)
        ax.set_xlim(-0.55, len(layers) + (3.2 if any(row.note for row in rows) else -0.4))
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xticks(range(len(layers)), layers)
        ax.set_yticks(range(len(rows)), [row.name for row in rows])
        ax.xaxis.tick_top()
        ax.tick_params(length=0, labelsize=9.5)
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.set_title(title)
    return fig


def _block(ax: Axes, number: int, place: int, row: Row) -> None:
    taken = number < row.taken
    colour = _COLOURS[row.donor if taken else ""]
    still = taken and row.frozen
    box = FancyBboxPatch(
        (number - 0.42, place - 0.32), 0.84, 0.64, boxstyle="round,pad=0,rounding_size=0.08", fc=colour,
        ec="none", alpha=0.9 if still else 0.35,
    )  # fmt: skip
    ax.add_patch(box)
    words = f"{row.donor if taken else 'new'}{' ❄' if still else ''}"
    ax.text(
        number, place, words, ha="center", va="center", fontsize=9, fontweight="bold" if taken else "normal",
        color="white" if still else text_colour(colour),
    )  # fmt: skip
