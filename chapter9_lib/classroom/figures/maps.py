"""Photos as points: what a network makes of them, flattened to two dimensions."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.style import GREY, PALETTE, new_figure, style, text_colour

__all__ = ["feature_maps"]

_COLOURS = [PALETTE[name].colour for name in ("borrowed", "scratch", "fine-tuned", "random-features")] + ["#7A5C3E"]
_MARKERS = ("o", "^", "s", "D", "v", "P", "X")


def feature_maps(
    maps: Mapping[str, tuple[np.ndarray, np.ndarray]], labels: tuple[Sequence[int], Sequence[int]],
    classes: Sequence[str], domains: tuple[str, str], *, height: float = 3.6,
) -> Figure:  # fmt: skip
    """Features of two domains side by side for several networks: the first domain hollow, the second one filled.

    Each map shows the two directions in which all of its photos differ most (principal components).

    Args:
        maps: {name: (features of the first domain [N, D], of the second [M, D])}.
        labels: of the N and of the M photos.
        classes: names of the labels.
        domains: names of the two domains.
        height: of the figure, in inches.
    """
    with style():
        fig = new_figure(height)
        panels = fig.subplots(1, len(maps), squeeze=False)[0]
        for ax, (name, (one, other)) in zip(panels, maps.items(), strict=True):
            flat = _flattened(np.concatenate([one, other]))
            parts = ((flat[: len(one)], np.asarray(labels[0]), False), (flat[len(one) :], np.asarray(labels[1]), True))
            for points, own, filled in parts:
                for label in range(len(classes)):
                    colour, chosen = _COLOURS[label % len(_COLOURS)], points[own == label]
                    ax.scatter(chosen[:, 0], chosen[:, 1], 13, marker=_MARKERS[label % len(_MARKERS)],
                               facecolors=colour if filled else "none", edgecolors=colour, linewidths=0.7,
                               alpha=0.85, zorder=3)  # fmt: skip
            ax.set_title(name, fontsize=10.5)
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
        handles = [
            panels[0].scatter([], [], 28, marker=_MARKERS[label % len(_MARKERS)], color=_COLOURS[label % len(_COLOURS)])
            for label in range(len(classes))
        ]
        empty = panels[0].scatter([], [], 28, marker="o", facecolors="none", edgecolors=GREY)
        handles += [empty, panels[0].scatter([], [], 28, marker="o", color=GREY)]
        told = fig.legend(handles, [*classes, *domains], loc="outside lower center", ncol=4, fontsize=9, frameon=False)
        for text, colour in zip(told.get_texts(), _COLOURS, strict=False):
            text.set_color(text_colour(colour))
    return fig


def _flattened(rows: np.ndarray) -> np.ndarray:
    """The two first principal components."""
    centred = rows - rows.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:2].T
