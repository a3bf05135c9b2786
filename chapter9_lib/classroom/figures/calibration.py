"""Whether a model is right as often as it says."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from chapter9_lib.classroom.figures.style import GREY, look, new_figure, style
from chapter9_lib.training.calibration import Calibration

__all__ = ["reliability"]


def reliability(found: Mapping[str, Calibration], *, height: float = 3.4) -> Figure:
    """How often models are right (upright) when they are so sure (along); the size of a dot is its number of photos.

    Args:
        found: {name: what `calibration` found}.
        height: of the figure, in inches.
    """
    with style():
        fig = new_figure(height)
        ax = fig.subplots()
        ax.plot([0, 100], [0, 100], color=GREY, lw=1, ls=(0, (4, 3)), zorder=1)
        for position, (name, one) in enumerate(found.items()):
            drawn, there = look(name, position), one.count > 0
            sizes = 20 + 180 * one.count[there] / max(1, one.count.max())
            across, up = 100 * one.confidence[there], 100 * one.accuracy[there]
            ax.plot(across, up, color=drawn.colour, lw=1.2, zorder=2)
            label = f"{drawn.name}: {100 * one.ece:.1f} points off on average"
            ax.scatter(across, up, sizes, color=drawn.colour, marker=drawn.marker, label=label, zorder=3, clip_on=False)
        ax.set(xlabel="how sure it is (%)", ylabel="how often it is right (%)", xlim=(0, 102), ylim=(-3, 103))
        ax.set_xticks(np.arange(0, 101, 20))
        legend = ax.legend(
            loc="lower left", bbox_to_anchor=(-0.02, 1.0), fontsize=9.5, frameon=False, borderpad=0, handletextpad=0.3
        )
        for handle in legend.legend_handles:
            handle.set_sizes([50])
    return fig
