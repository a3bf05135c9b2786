"""The borrowed kitchen, drawn once: what each part of a network is in it."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, FancyBboxPatch, Polygon

from chapter9_lib.classroom.figures.icons import ICONS
from chapter9_lib.classroom.figures.style import GREY, PALETTE, WIDTH, style, text_colour

__all__ = ["kitchen_map"]

BORROWED, NEW = PALETTE["borrowed"].colour, PALETTE["scratch"].colour
_COLUMNS = (  # part, what it sees, in the kitchen, block width, block height
    ("stem", "edges, colours", "gas and water", 1.6, 15.0),
    ("stage 1", "corners, textures", "the stove", 2.4, 12.5),
    ("stage 2", "patterns", "the knives", 3.4, 10.0),
    ("stage 3", "shapes", "the pans", 4.8, 7.6),
    ("stage 4", "parts of animals", "the oven", 6.6, 5.4),
    ("head", "your 5 species", "the menu", 1.5, 9.0),
)
_CENTRES = (23.5, 37.5, 51.0, 64.5, 78.0, 93.0)


def kitchen_map() -> Figure:
    """The analogy as one picture: a network from photo to species, and beneath each part its place in the kitchen.

    Blue is borrowed and left as it is, vermilion is new and yours. Beneath: how far a learning rate may turn each part,
    and the norm statistics as thermostats.
    """
    with style():
        fig = Figure(figsize=(WIDTH, 4.75), facecolor="white")
        ax = fig.add_axes((0.005, 0.005, 0.99, 0.99))
        ax.set(xlim=(0, 101), ylim=(0, 64), aspect="auto")
        ax.set_axis_off()
        _headings(ax)
        _network(ax)
        for centre, (part, *_), draw in zip(_CENTRES, _COLUMNS, ICONS, strict=True):
            draw(ax, centre - 4.2, 22.6, NEW if part == "head" else BORROWED)
        _learning_rates(ax)
        _thermostats(ax)
    return fig


def _headings(ax: Axes) -> None:
    for y, bold, plain in (
        (48.0, "The network", "photo in,\nspecies out"),
        (27.0, "The kitchen", "what a cook\nwould call it"),
        (12.6, "Learning rate", "how far a dial\nmay be turned"),
        (3.2, "Norm statistics", "thermostats"),
    ):
        ax.text(0.6, y + 1.2, bold, fontsize=10.5, fontweight="bold", va="center")
        ax.text(
            0.6,
            y - (0.6 if "\n" in plain else 1.3),
            plain,
            fontsize=8.8,
            color=GREY,
            va="top" if "\n" in plain else "center",
            linespacing=1.15,
        )
    for y in (35.4, 17.6, 7.3):
        ax.plot((0.6, 100), (y, y), color="#E4E4E4", lw=0.8)
    ax.text(
        51, 61.0, "the backbone: borrowed, kept as it is", ha="center", color=text_colour(BORROWED), fontweight="bold"
    )
    ax.text(93, 61.0, "new: yours", ha="center", color=text_colour(NEW), fontweight="bold")
    ax.plot((18, 83), (58.9, 58.9), color=BORROWED, lw=1.4)
    ax.plot((88.5, 97.5), (58.9, 58.9), color=NEW, lw=1.4)


def _network(ax: Axes) -> None:
    for i, (centre, (part, sees, thing, wide, high)) in enumerate(zip(_CENTRES, _COLUMNS, strict=True)):
        new = part == "head"
        colour = NEW if new else BORROWED
        box = FancyBboxPatch(
            (centre - wide / 2, 48.6 - high / 2),
            wide,
            high,
            boxstyle="round,pad=0,rounding_size=0.5",
            fc=colour,
            ec="none",
            alpha=1 if new else 0.42 + 0.13 * i,
        )
        ax.add_patch(box)
        if i:
            before = _COLUMNS[i - 1][3] / 2
            ax.annotate(
                "",
                (centre - wide / 2 - 0.7, 48.6),
                (_CENTRES[i - 1] + before + 0.7, 48.6),
                arrowprops={"arrowstyle": "-|>", "color": "#9A9A9A", "lw": 1, "mutation_scale": 9},
            )
        ax.text(centre, 39.3, part, ha="center", va="center", fontweight="bold", color=text_colour(colour), fontsize=10)
        ax.text(centre, 36.9, sees, ha="center", va="center", fontsize=8.8, color=GREY)
        ax.text(
            centre, 20.2, thing, ha="center", va="center", fontsize=10, color=text_colour(colour), fontweight="bold"
        )


def _learning_rates(ax: Axes) -> None:
    ax.add_patch(Polygon([(18, 12.4), (83, 13.9), (83, 10.9)], closed=True, fc=BORROWED, alpha=0.55, ec="none"))
    ax.add_patch(Polygon([(88.5, 14.9), (97.5, 15.5), (97.5, 9.3), (88.5, 9.9)], closed=True, fc=NEW, ec="none"))
    ax.text(18, 9.2, "barely", fontsize=8.8, color=GREY)
    ax.text(82.8, 8.7, "a little, and late", fontsize=8.8, color=GREY, ha="right")
    ax.text(93, 12.4, "freely", fontsize=9.5, color="white", ha="center", va="center", fontweight="bold")


def _thermostats(ax: Axes) -> None:
    for centre in _CENTRES[:5]:
        ax.add_patch(Ellipse((centre, 3.7), 4.3, 4.36, fc="white", ec=BORROWED, lw=1.3))
        ax.plot((centre, centre + 0.8), (3.7, 5.1), color=BORROWED, lw=1.5, solid_capstyle="round")
        ax.plot(centre, 3.7, "o", ms=2.2, color=BORROWED)
    ax.text(
        82.0, 4.0, "set by the last cook:\nleave the setting", fontsize=8.8, color=GREY, va="center", linespacing=1.2
    )
