"""What accuracy costs: networks between the quick and the right."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from chapter9_lib.classroom.figures.ends import tick
from chapter9_lib.classroom.figures.style import GREY, INK, look, new_figure, style, text_colour

__all__ = ["trade"]

Point = tuple[float, float, tuple[float, float] | None]


def trade(
    points: Mapping[str, Point], *, pairs: Sequence[tuple[str, str]] = (),
    xlabel: str = "milliseconds a photo (log scale)", ylabel: str = "accuracy (%)", height: float = 3.6,
) -> Figure:  # fmt: skip
    """Networks by cost (log axis) and accuracy, each with its interval; a dashed line joins those of a pair.

    Args:
        points: {name: (cost, accuracy, (low, high) or None)}.
        pairs: names of a teacher and a student, say: the line says how many times as quick, and at how many points.
        xlabel, ylabel: of the axes.
        height: of the figure, in inches.

    Raises:
        ValueError: for a cost that is not positive.
        KeyError: for a pair that is not among the points.
    """
    if wrong := [name for name, (cost, _, _) in points.items() if cost <= 0]:
        raise ValueError(f"{wrong[0]} costs {points[wrong[0]][0]}: a log axis wants something positive.")
    dearest, cheapest = (choose(cost for cost, _, _ in points.values()) for choose in (max, min))
    middle = (dearest * cheapest) ** 0.5
    with style():
        fig = new_figure(height)
        ax = fig.subplots()
        for position, (name, (cost, accuracy, interval)) in enumerate(points.items()):
            drawn = look(name, position)
            spread = None if interval is None else [[accuracy - interval[0]], [interval[1] - accuracy]]
            ax.errorbar(cost, accuracy, yerr=spread, marker=drawn.marker, ms=8, ls="", color=drawn.colour,
                        mfc=drawn.colour if drawn.filled else "white", zorder=4)  # fmt: skip
            dear = cost > middle
            ax.annotate(drawn.name, (cost, accuracy), xytext=(-8, 5) if dear else (8, -5), textcoords="offset points",
                        ha="right" if dear else "left", va="bottom" if dear else "top", fontsize=9.5,
                        color=text_colour(drawn.colour))  # fmt: skip
        for slow, quick in pairs:
            (a, high, _), (b, low, _) = points[slow], points[quick]
            ax.plot([a, b], [high, low], color=GREY, lw=1, ls=(0, (4, 3)), zorder=2)
            said = f"{a / b:.0f}× as quick,\n{low - high:+.1f} points".replace("-", "−")
            ax.annotate(said, ((a * b) ** 0.5, (high + low) / 2), xytext=(-6, 6), textcoords="offset points",
                        ha="right", va="bottom", fontsize=9, color=INK)  # fmt: skip
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(FixedLocator([step * 10**power for power in range(-1, 5) for step in (1, 2, 5)]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
        ax.margins(x=0.25, y=0.25)
        ax.set(xlabel=xlabel, ylabel=ylabel)
    return fig
