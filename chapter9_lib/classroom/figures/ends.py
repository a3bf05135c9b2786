"""Names at the ends of lines, and numbers along a log axis."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["end_labels", "tick"]


def end_labels(fig: Figure, ax: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Names at the line ends, pushed apart where two would touch.

    Args:
        ends: for each line the place of its last point, (x, y), its name and the colour to write it in.
    """
    low, high = ax.get_ylim()
    gap = (high - low) * 15 / (fig.get_figheight() * 72 * 0.72)
    ordered = sorted(ends, key=lambda end: end[1])
    places = [end[1] for end in ordered]
    for _ in range(60):
        for i in range(1, len(places)):
            overlap = gap - (places[i] - places[i - 1])
            if overlap > 0:
                places[i - 1], places[i] = places[i - 1] - overlap / 2, places[i] + overlap / 2
    for (right, _, name, colour), place in zip(ordered, places, strict=True):
        ax.annotate(
            name,
            (right, place),
            xytext=(11, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontweight="bold",
            fontsize=10,
            annotation_clip=False,
        )


def tick(value: float) -> str:
    """A number as one reads it on a log axis: 1,000 or 1e-3."""
    if value >= 0.01 or value == 0:
        return f"{value:,.0f}" if value >= 1 else f"{value:g}"
    return f"{value:.0e}".replace("e-0", "e-")
