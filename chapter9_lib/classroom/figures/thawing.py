"""Which stages are thawed when, and how fast each of them learns."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from chapter9_lib.classroom.figures.ends import end_labels, tick
from chapter9_lib.classroom.figures.style import GREY, INK, PALETTE, Look, look, new_figure, style, text_colour

__all__ = ["phase_plan", "thawing_steps"]

_FROZEN = "#E9EEF3"
_GREENS = LinearSegmentedColormap.from_list("slow to fast", ["#DDF1EA", PALETTE["fine-tuned"].colour])
_SLOWEST, _FASTEST = 1e-6, 1e-2


def phase_plan(phases: Mapping[str, Mapping[str, float]], stages: Sequence[str], *, title: str = "") -> Figure:
    """A training in phases as a table: one row a phase, one column a stage, with its learning rate or “frozen”.

    Args:
        phases: {what the phase is called: {stage: highest learning rate}}; a stage left out is frozen.
        stages: all of them, stem first.
    """
    with style():
        fig = new_figure(0.75 + 0.5 * len(phases) + (0.35 if title else 0))
        ax = fig.subplots()
        for row, rates in enumerate(phases.values()):
            for column, stage in enumerate(stages):
                _cell(ax, column, row, rates.get(stage), small=len(stages) > 7)
        ax.set_xlim(-0.5, len(stages) - 0.5)
        ax.set_ylim(len(phases) - 0.5, -0.5)
        ax.set_xticks(range(len(stages)), stages, rotation=30 if len(stages) > 7 else 0)
        ax.set_yticks(range(len(phases)), list(phases))
        ax.xaxis.tick_top()
        ax.tick_params(length=0, labelcolor=INK)
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.set_title(title)
    return fig


def thawing_steps(
    table: Sequence[Mapping[str, Any]],
    step: int,
    *,
    layer_decay: float,
    lines: Mapping[str, str],
    head_lr: float = 1e-3,
    limits: tuple[float, float] = (0, 100),
    title: str = "",
) -> Figure:
    """Where a gradual thawing stands after `step` phases: the rates above, and beneath what has been scored so far.

    Args:
        table: rows with `after` ("<stage>: <what>", the head first), `mean` and `interval`, as in the record
            layer-decay.
        step: phases done, from 1; the first trains the head alone, each later one thaws a stage more.
        layer_decay: from each stage to the one before it, the rate is multiplied by so much.
        lines: {what: words} of what is drawn.
        head_lr: the head's highest rate.
        limits: of the axis of the scores.
    """
    order = list(dict.fromkeys(row["after"].rpartition(": ")[0] for row in table))
    with style():
        fig = new_figure(4.0)
        above, below = fig.subplots(2, 1, height_ratios=(1, 5.2))
        for column in range(len(order)):
            _cell(above, column, 0, head_lr * layer_decay**column if column < step else None, small=False)
        above.set(xlim=(-0.5, len(order) - 0.5), ylim=(0.5, -0.5))
        above.set_axis_off()
        above.set_title(title)
        scored = {row["after"]: row for row in table}
        ends = [
            _scores(below, [scored[f"{stage}: {what}"] for stage in order], step, look(words, number), words)
            for number, (what, words) in enumerate(lines.items())
        ]
        below.set_xticks(range(len(order)), ["head alone", *(f"+ {stage}" for stage in order[1:])])
        below.set(xlim=(-0.5, len(order) - 0.5), ylim=limits, ylabel="accuracy (%)", xlabel="thawed so far")
        end_labels(fig, below, ends)
    return fig


def _scores(
    ax: Axes, rows: Sequence[Mapping[str, Any]], step: int, drawn: Look, words: str
) -> tuple[float, float, str, str]:
    """One line as far as it has come, the rest of it faint."""
    means = [row["mean"] for row in rows]
    ax.plot(range(len(rows)), means, color=drawn.colour, lw=1, alpha=0.35)
    ax.plot(range(step), means[:step], color=drawn.colour, marker=drawn.marker, mec="white", zorder=4)
    for place, row in enumerate(rows[:step]):
        ax.plot((place, place), row["interval"] or (row["mean"],) * 2, color=drawn.colour, lw=1.3, zorder=3)
    return len(rows) - 1, means[-1], words, text_colour(drawn.colour)


def _cell(ax: Axes, column: int, row: int, rate: float | None, small: bool) -> None:
    share = 0 if rate is None else (math.log(rate) - math.log(_SLOWEST)) / (math.log(_FASTEST) - math.log(_SLOWEST))
    colour = _FROZEN if rate is None else to_hex(_GREENS(min(max(share, 0.0), 1.0)))
    box = FancyBboxPatch(
        (column - 0.46, row - 0.38), 0.92, 0.76, boxstyle="round,pad=0,rounding_size=0.06", fc=colour, ec="none"
    )
    ax.add_patch(box)
    words = ("❄" if small else "frozen") if rate is None else tick(rate)
    ax.text(
        column, row, words, ha="center", va="center", fontsize=8.5 if small else 10,
        color=GREY if rate is None else INK, fontweight="normal" if rate is None else "bold",
    )  # fmt: skip
