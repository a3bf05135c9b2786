"""One house style and one palette: a colour, a marker and a dash pattern that always mean the same method."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib
from matplotlib import font_manager
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

__all__ = ["GREY", "INK", "PAPER", "PALETTE", "Look", "known", "look", "new_figure", "style", "text_colour"]

INK, GREY, PAPER = "#222222", "#6E6E6E", "#FFFFFF"
WIDTH = 7.6  # inches: a notebook column
_FONTS = ("Source Sans 3", "Source Sans Pro", "Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans")


@dataclass(frozen=True)
class Look:
    """How one method is drawn everywhere: colour, marker, dashes, whether its marker is filled, and its plain name."""

    name: str
    colour: str
    marker: str
    dashes: str = "-"
    filled: bool = True


# After Okabe & Ito (2008), moved until any two stay >= 20 apart in CIELAB for every kind of colour vision.
PALETTE = {
    "scratch": Look("from scratch", "#D55E00", "o"),
    "scratch-5x": Look("from scratch, 5× the epochs", "#D55E00", "o", "--", filled=False),
    "random-features": Look("frozen random features", "#B8649A", "s"),
    "borrowed": Look("borrowed, frozen", "#005FA3", "D"),
    "head-again": Look("borrowed, frozen, head trained on", "#005FA3", "D", ":"),
    "borrowed-two-layer": Look("borrowed, two-layer head", "#005FA3", "D", "--", filled=False),
    "fine-tuned": Look("borrowed, fine-tuned", "#009E73", "^"),
    "BnB+": Look("its own, learning on", "#009E73", "^", "--", filled=False),
    "guess": Look("your guess", "#EBB000", "*"),
    "chapter": Look("the chapter says", INK, "P", ":"),
}
_ALIASES = {
    "frozen": "borrowed", "linear": "borrowed", "two-layer": "borrowed-two-layer", "thawed": "fine-tuned",
    "random": "random-features", "random features": "random-features", "head only": "borrowed",
    "AnB": "borrowed", "BnB": "fine-tuned", "AnB+": "borrowed-two-layer",
    **dict.fromkeys(("flat", "discriminative", "gradual", "gradual + discriminative", "LP-FT"), "fine-tuned"),
}  # fmt: skip
_OTHERS = (("#7A5C3E", "v"), ("#56B4E9", "X"), ("#8C8C8C", "<"), ("#3F3F8F", ">"))


def known(method: str) -> bool:
    """Whether a method has a fixed look."""
    return _ALIASES.get(method, method) in PALETTE


def look(method: str, position: int = 0) -> Look:
    """The fixed look of a method; a name outside the palette gets a spare look by its `position`."""
    key = _ALIASES.get(method, method)
    if key in PALETTE:
        return PALETTE[key]
    colour, marker = _OTHERS[position % len(_OTHERS)]
    return Look(method, colour, marker)


def text_colour(colour: str, contrast: float = 4.5) -> str:
    """The colour, darkened until text in it reads on white (contrast ratio of WCAG 2: 4.5)."""
    rgb = to_rgb(colour)
    while 1.05 / (_luminance(rgb) + 0.05) < contrast:
        rgb = tuple(0.95 * c for c in rgb)
    return to_hex(rgb)


@contextmanager
def style() -> Iterator[None]:
    """The house style for everything drawn inside: light, no frame on top or right, sizes for a notebook column."""
    with matplotlib.rc_context(_rc()):
        yield


def new_figure(height: float = 3.6, width: float = WIDTH) -> Figure:
    """An empty figure of `width` x `height` inches that pyplot does not hold on to, laid out by constraints."""
    return Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)


def _rc() -> dict[str, object]:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return {
        "font.family": [name for name in _FONTS if name in installed] or ["sans-serif"],
        "font.size": 10.5, "axes.titlesize": 12, "axes.titleweight": "bold", "axes.titlelocation": "left",
        "axes.titlepad": 10, "axes.labelsize": 10.5, "axes.labelcolor": GREY, "axes.edgecolor": "#B5B5B5",
        "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "axes.axisbelow": True,
        "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#ECECEC", "grid.linewidth": 0.8,
        "xtick.color": GREY, "ytick.color": GREY, "xtick.labelsize": 10, "ytick.labelsize": 10,
        "xtick.major.size": 3, "ytick.major.size": 0, "xtick.minor.size": 0, "text.color": INK,
        "lines.linewidth": 2.0, "lines.markersize": 6.5, "lines.solid_capstyle": "round",
        "figure.constrained_layout.w_pad": 0.08, "figure.constrained_layout.h_pad": 0.08,
    }  # fmt: skip


def _luminance(rgb: tuple[float, ...]) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
