"""Two rows of the decision table with ten thousand photos, apart because they take longest (claims G1 and G2)."""

from dataclasses import replace

from data_scripts.experiments.decisions import PLAN as FEWER
from data_scripts.experiments.decisions import many

__all__ = ["PLAN"]

PLAN = replace(
    FEWER,
    name="decisions-many",
    question="With ten thousand photos of a task that is near or far, which strategy wins?",
    conditions=many(),
)
