"""One more task for the decision table: five kinds of deer, which look like home and are unknown (claims G1 and G2).

Apart, because it was measured after the rule that it puts to the test had been made.
"""

from dataclasses import replace

from data_scripts.experiments.decisions import PLAN as FIRST
from data_scripts.experiments.decisions import deer

__all__ = ["PLAN"]

PLAN = replace(
    FIRST,
    name="decisions-deer",
    question="Which strategy wins where photos look like home and little is known of their labels?",
    conditions=deer(),
)
