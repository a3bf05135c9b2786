"""What accuracy costs: networks between the quick and the right."""

import math
from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from chapter9_lib.classroom.figures.ends import tick
from chapter9_lib.classroom.figures.style import GREY, INK, WIDTH, Look, look, new_figure, style, text_colour

__all__ = ["trade"]

Point = tuple[float, float, tuple[float, float] | None]
Box = tuple[float, float, float, float]
_RIGHT_BELOW, _LEFT_ABOVE, _RIGHT_ABOVE, _LEFT_BELOW = (8, -5), (-8, 5), (8, 5), (-8, -5)
_FARTHER = tuple((right, up) for up in (-18, 18, -31, 31) for right in (8, -8))
"""Where words may begin, in points from what they belong to."""
_EDGES = [(-999.0, -999.0, 0.0, 999.0), (-999.0, -999.0, 999.0, 0.0)]
"""Beyond the axes, at their left and beneath them."""


def trade(
    points: Mapping[str, Point], *, pairs: Sequence[tuple[str, str]] = (), looks: Mapping[str, str] | None = None,
    xlabel: str = "milliseconds a photo (log scale)", ylabel: str = "accuracy (%)", height: float = 3.6,
) -> Figure:  # fmt: skip
    """Networks by cost (log axis) and accuracy, each with its interval; a dashed line joins those of a pair.

    Args:
        points: {name: (cost, accuracy, (low, high) or None)}.
        pairs: names of a teacher and a student, say: the line says how many times as quick, and at how many points.
        looks: {name: method}: whose colour and marker some of them have, such as those that "scratch" has elsewhere.
        xlabel, ylabel: of the axes.
        height: of the figure, in inches.

    Raises:
        ValueError: for a cost that is not positive.
        KeyError: for a pair that is not among the points.
    """
    if wrong := [name for name, (cost, _, _) in points.items() if cost <= 0]:
        raise ValueError(f"{wrong[0]} costs {points[wrong[0]][0]}: a log axis wants something positive.")
    drawn = {name: look((looks or {}).get(name, name), position) for position, name in enumerate(points)}
    words = {name: name if name in (looks or {}) else drawn[name].name for name in points}
    with style():
        fig = new_figure(height)
        ax = fig.subplots()
        for name, point in points.items():
            _mark(ax, point, drawn[name])
        for slow, quick in pairs:
            ends = points[slow], points[quick]
            ax.plot(*zip(*(end[:2] for end in ends), strict=True), color=GREY, lw=1, ls=(0, (4, 3)), zorder=2)
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(FixedLocator([step * 10**power for power in range(-1, 5) for step in (1, 2, 5)]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
        ax.margins(x=0.25, y=0.25)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        _write(ax, points, pairs, words, drawn)
    return fig


def _mark(ax: Axes, point: Point, drawn: Look) -> None:
    cost, accuracy, interval = point
    spread = None if interval is None else [[accuracy - interval[0]], [interval[1] - accuracy]]
    ax.errorbar(cost, accuracy, yerr=spread, marker=drawn.marker, ms=8, ls="", color=drawn.colour,
                mfc=drawn.colour if drawn.filled else "white", zorder=4)  # fmt: skip


def _write(
    ax: Axes, points: Mapping[str, Point], pairs: Sequence[tuple[str, str]], words: Mapping[str, str],
    drawn: Mapping[str, Look],
) -> None:  # fmt: skip
    """Each name near its point, and each pair's words beside its line, where nothing else is."""
    place = _places(ax)
    middle = math.prod(choose(cost for cost, _, _ in points.values()) for choose in (max, min)) ** 0.5
    taken = [*_EDGES, *(_around(place, point) for point in points.values())]
    taken += [box for slow, quick in pairs for box in _along(place(*points[slow][:2]), place(*points[quick][:2]))]
    for name, (cost, accuracy, _) in points.items():
        corners = [_RIGHT_BELOW, _RIGHT_ABOVE, _LEFT_ABOVE, _LEFT_BELOW]
        if cost > middle:
            corners = [_LEFT_ABOVE, _LEFT_BELOW, _RIGHT_BELOW, _RIGHT_ABOVE]
        _say(ax, place, words[name], (cost, accuracy), corners, taken, colour=text_colour(drawn[name].colour), size=9.5)
    for (a, high, _), (b, low, _) in ((points[slow], points[quick]) for slow, quick in pairs):
        said = f"{a / b:.0f}× as quick,\n{low - high:+.1f} points".replace("-", "−")
        corners = [_LEFT_ABOVE, _RIGHT_BELOW, _RIGHT_ABOVE, _LEFT_BELOW]
        _say(ax, place, said, ((a * b) ** 0.5, (high + low) / 2), corners, taken, colour=INK, size=9)


def _say(
    ax: Axes, place: Callable[[float, float], tuple[float, float]], words: str, at: tuple[float, float],
    corners: Sequence[tuple[int, int]], taken: list[Box], *, colour: str, size: float,
) -> None:  # fmt: skip
    """Write where the least is covered; at the first of the corners, or farther away, when several are as good."""
    x, y = place(*at)
    ways = [*corners, *_FARTHER]
    boxes = [_box(words, size, x + right, y + up, right > 0, up > 0) for right, up in ways]
    covered = [sum(_shared(box, other) for other in taken) for box in boxes]
    best = covered.index(min(covered))
    taken.append(boxes[best])
    right, up = ways[best]
    ax.annotate(words, at, xytext=(right, up), textcoords="offset points", ha="left" if right > 0 else "right",
                va="bottom" if up > 0 else "top", fontsize=size, color=colour)  # fmt: skip


def _places(ax: Axes) -> Callable[[float, float], tuple[float, float]]:
    """From a cost and an accuracy to about where that will be, in points: the page is not laid out yet."""
    left, right = (math.log(end) for end in ax.get_xlim())
    bottom, top = ax.get_ylim()
    wide, tall = 72 * (WIDTH - 0.7), 72 * (ax.figure.get_figheight() - 0.7)
    return lambda cost, accuracy: (
        wide * (math.log(cost) - left) / (right - left), tall * (accuracy - bottom) / (top - bottom)
    )  # fmt: skip


def _around(place: Callable[[float, float], tuple[float, float]], point: Point) -> Box:
    """A marker with its interval."""
    cost, accuracy, interval = point
    x, _ = place(cost, accuracy)
    low, high = (place(cost, end)[1] for end in interval or (accuracy, accuracy))
    y = place(cost, accuracy)[1]
    return x - 4, min(low, y - 4), x + 4, max(high, y + 4)


def _along(start: tuple[float, float], end: tuple[float, float], pieces: int = 40) -> list[Box]:
    """A line, as small boxes in a row."""
    shares = [piece / pieces for piece in range(1, pieces)]
    middles = [tuple(a + share * (b - a) for a, b in zip(start, end, strict=True)) for share in shares]
    return [(x - 3, y - 2, x + 3, y + 2) for x, y in middles]


def _box(words: str, size: float, x: float, y: float, to_the_right: bool, upwards: bool) -> Box:
    lines = words.splitlines()
    wide, tall = 0.6 * size * max(map(len, lines)), 1.25 * size * len(lines)
    left, low = x if to_the_right else x - wide, y if upwards else y - tall
    return left, low, left + wide, low + tall


def _shared(one: Box, other: Box) -> float:
    """The area that two boxes have in common."""
    wide, tall = (min(one[at + 2], other[at + 2]) - max(one[at], other[at]) for at in (0, 1))
    return max(wide, 0.0) * max(tall, 0.0)
