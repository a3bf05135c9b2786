"""Yosinski's grid between tasks that have little in common: from living kinds to man-made ones (claim Y2)."""

from data_scripts.experiments.transfer_grid import plan

__all__ = ["PLAN"]

PLAN = plan(
    "transfer-grid-dissimilar",
    "How much do layers cost that were learned on living kinds, where man-made ones are to be told apart?",
    "dissimilar",
    ("BnB", "AnB"),
    [0, 1, 2],
)
