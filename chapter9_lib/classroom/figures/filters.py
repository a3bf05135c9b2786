"""What a first layer looks for: its filters as little pictures."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.style import WIDTH, style

__all__ = ["filter_grid"]


def filter_grid(filters: Mapping[str, np.ndarray], *, columns: int = 6) -> Figure:
    """The colour filters of several networks side by side, each stretched to its own range, in an order of their own.

    Filters are sorted by how much colour they carry, so that like stands beside like.

    Args:
        filters: {network: weights [filters, 3, height, width]}.
        columns: filters in a row.

    Raises:
        ValueError: for weights of another shape.
    """
    if wrong := [name for name, w in filters.items() if w.ndim != 4 or w.shape[1] != 3]:
        raise ValueError(f"{wrong[0]}: filters are [filters, 3, height, width], not {filters[wrong[0]].shape}.")
    rows = max(-(-len(w) // columns) for w in filters.values())
    cell = WIDTH / (len(filters) * (columns + 1))
    with style():
        fig = Figure(figsize=(WIDTH, rows * cell + 0.45), layout="constrained", facecolor="white")
        for ax, (name, weights) in zip(fig.subplots(1, len(filters), squeeze=False)[0], filters.items(), strict=True):
            ax.imshow(_sheet(weights, columns, rows), interpolation="nearest")
            ax.set_title(name, fontsize=10.5)
            ax.set(xticks=[], yticks=[])
            ax.set_axis_off()
    return fig


def _sheet(weights: np.ndarray, columns: int, rows: int) -> np.ndarray:
    height, width = weights.shape[2:]
    sheet = np.ones((rows * (height + 1) - 1, columns * (width + 1) - 1, 3))
    for place, number in enumerate(np.argsort(_colourful(weights))):
        top, left = (place // columns) * (height + 1), (place % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = _picture(weights[number])
    return sheet


def _colourful(weights: np.ndarray) -> np.ndarray:
    """How much of each filter is colour rather than grey."""
    grey = weights.mean(1, keepdims=True)
    return ((weights - grey) ** 2).sum((1, 2, 3)) / (weights**2).sum((1, 2, 3)).clip(1e-12)


def _picture(weights: np.ndarray) -> np.ndarray:
    """[height, width, 3] in 0..1, zero in the middle."""
    reach = np.abs(weights).max() or 1.0
    return np.moveaxis(0.5 + 0.5 * weights / reach, 0, -1)
