"""Figures in one house style; each takes data and hands back a matplotlib figure. `show(fig, alt=…)` displays it."""

from chapter9_lib.classroom.figures.answers import answer_grid, answer_wall
from chapter9_lib.classroom.figures.bars import bars_with_intervals, confusion_matrix
from chapter9_lib.classroom.figures.calibration import reliability
from chapter9_lib.classroom.figures.choices import Choice, choice_map, choice_plane
from chapter9_lib.classroom.figures.curves import learning_curve
from chapter9_lib.classroom.figures.display import encode, show
from chapter9_lib.classroom.figures.filters import filter_grid
from chapter9_lib.classroom.figures.forest import forest
from chapter9_lib.classroom.figures.guessed import guess_against_truth, guess_board
from chapter9_lib.classroom.figures.heat import heat_map
from chapter9_lib.classroom.figures.kitchen import kitchen_map
from chapter9_lib.classroom.figures.lines import lines
from chapter9_lib.classroom.figures.maps import feature_maps
from chapter9_lib.classroom.figures.photos import neighbour_grid, opinion_grid, opinions, photo_grid
from chapter9_lib.classroom.figures.scatter import scatter
from chapter9_lib.classroom.figures.style import PALETTE, look, new_figure, style, text_colour
from chapter9_lib.classroom.figures.thawing import phase_plan, thawing_steps
from chapter9_lib.classroom.figures.trade import trade
from chapter9_lib.classroom.figures.transplants import Row, transplants

__all__ = [
    "PALETTE",
    "Choice",
    "Row",
    "answer_grid",
    "answer_wall",
    "bars_with_intervals",
    "choice_map",
    "choice_plane",
    "confusion_matrix",
    "encode",
    "feature_maps",
    "filter_grid",
    "forest",
    "guess_against_truth",
    "guess_board",
    "heat_map",
    "kitchen_map",
    "learning_curve",
    "lines",
    "look",
    "neighbour_grid",
    "new_figure",
    "opinion_grid",
    "opinions",
    "phase_plan",
    "photo_grid",
    "reliability",
    "scatter",
    "show",
    "style",
    "text_colour",
    "thawing_steps",
    "trade",
    "transplants",
]
