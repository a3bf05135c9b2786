"""Kitchen things in line art, each in a box ten high and about ten wide, from its lower left corner."""

from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, PathPatch, Polygon
from matplotlib.path import Path

__all__ = ["ICONS"]


def _stroke(ax: Axes, x: float, y: float, colour: str, *lines: list[tuple[float, float]], width: float = 1.5) -> None:
    for line in lines:
        ax.plot(
            [x + px * 0.84 for px, _ in line],
            [y + py for _, py in line],
            color=colour,
            lw=width,
            solid_capstyle="round",
            solid_joinstyle="round",
        )


def _filled(ax: Axes, x: float, y: float, colour: str, points: list[tuple[float, float]], alpha: float = 0.2) -> None:
    ax.add_patch(
        Polygon([(x + 0.84 * px, y + py) for px, py in points], closed=True, fc=colour, alpha=alpha, ec="none")
    )
    _stroke(ax, x, y, colour, [*points, points[0]])


def _flame(ax: Axes, x: float, y: float, colour: str) -> None:
    curve = [(5, 10), (8.2, 6.6), (8.6, 3), (5, 2.4), (1.4, 3), (1.8, 6), (3.4, 7.2), (3.9, 6.2), (4.6, 8.2), (5, 10)]
    path = Path([(x + 0.84 * px, y + py) for px, py in curve], [Path.MOVETO] + [Path.CURVE4] * 9)
    ax.add_patch(PathPatch(path, fc=colour, alpha=0.2, ec="none"))
    ax.add_patch(PathPatch(path, fc="none", ec=colour, lw=1.5))
    _stroke(ax, x, y, colour, [(0, 0.6), (10, 0.6)], [(5, 0.6), (5, 2.2)], [(3.4, 1.5), (6.6, 1.5)], width=2.2)


def _stove(ax: Axes, x: float, y: float, colour: str) -> None:
    _filled(ax, x, y, colour, [(0.6, 0), (9.4, 0), (9.4, 7.2), (0.6, 7.2)])
    _stroke(
        ax,
        x,
        y,
        colour,
        [(2, 0.9), (8, 0.9), (8, 4), (2, 4), (2, 0.9)],
        [(0.6, 5), (9.4, 5)],
        [(1.6, 8.2), (4.2, 8.2)],
        [(5.8, 8.2), (8.4, 8.2)],
    )
    for knob in (2.4, 4.1, 5.9, 7.6):
        ax.plot(x + 0.84 * knob, y + 6.1, "o", ms=2.4, color=colour)


def _knives(ax: Axes, x: float, y: float, colour: str) -> None:
    _filled(ax, x, y, colour, [(1.6, 4), (4.2, 4), (4.2, 7), (1.6, 10)])
    _filled(ax, x, y, colour, [(6.2, 4), (7.8, 4), (7.8, 8), (6.2, 10)])
    for left, right in ((1.6, 2.9), (6.2, 7.3)):
        _filled(ax, x, y, colour, [(left, 0), (right, 0), (right, 3.6), (left, 3.6)], alpha=0.85)


def _pans(ax: Axes, x: float, y: float, colour: str) -> None:
    _filled(ax, x, y, colour, [(0, 3.4), (7, 3.4), (6.2, 0.2), (0.8, 0.2)])
    _stroke(ax, x, y, colour, [(7, 3.1), (11.2, 4.4)], width=2.6)
    _filled(ax, x, y, colour, [(1, 5.4), (6, 5.4), (6, 8.6), (1, 8.6)])
    _stroke(
        ax,
        x,
        y,
        colour,
        [(0.4, 8.6), (6.6, 8.6)],
        [(3.0, 9.5), (4.0, 9.5)],
        [(1, 7.6), (0.1, 7.6)],
        [(6, 7.6), (6.9, 7.6)],
    )


def _oven(ax: Axes, x: float, y: float, colour: str) -> None:
    _filled(ax, x, y, colour, [(0.4, 0), (9.6, 0), (9.6, 9.6), (0.4, 9.6)])
    _stroke(
        ax,
        x,
        y,
        colour,
        [(1.6, 1), (8.4, 1), (8.4, 5.6), (1.6, 5.6), (1.6, 1)],
        [(2.2, 3.2), (7.8, 3.2)],
        [(2.4, 6.8), (7.6, 6.8)],
    )
    for knob in (2.2, 7.8):
        ax.add_patch(Ellipse((x + 0.84 * knob, y + 8.3), 1.3, 1.32, fc="white", ec=colour, lw=1.3))


def _menu(ax: Axes, x: float, y: float, colour: str) -> None:
    _filled(ax, x, y, colour, [(1.6, 0), (8.4, 0), (8.4, 10), (1.6, 10)], alpha=0.12)
    _stroke(ax, x, y, colour, [(3.4, 8.4), (6.6, 8.4)], width=2.4)
    for line in (6.6, 5.2, 3.8, 2.4, 1.0):
        _stroke(ax, x, y, colour, [(2.7, line), (5.6, line)], [(6.8, line), (7.3, line)], width=1.2)


ICONS = (_flame, _stove, _knives, _pans, _oven, _menu)
