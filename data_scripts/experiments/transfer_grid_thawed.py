"""Yosinski's grid, the arms whose layers go on learning (claim Y2)."""

from data_scripts.experiments.transfer_grid import plan

__all__ = ["PLAN"]

PLAN = plan(
    "transfer-grid-thawed",
    "Do layers taken over help where they may go on learning?",
    "random",
    ("BnB+", "AnB+"),
    [0, 1, 2, 3, 4],
)
