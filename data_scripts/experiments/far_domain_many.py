"""The far target of `far-domain` with five thousand labels (claims N1, N2).

No more than 1,200 steps are made with them either: seven passes.
"""

from data_scripts.experiments.far_domain import needs_of, scored, seconds_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

PLAN = Plan(
    name="far-domain-many",
    question="With five thousand labelled calls, does a network trained on photos still help?",
    claims=["N1", "N2"],
    conditions=[
        {"target": "calls", "strategy": strategy, "labels": 5000}
        for strategy in ("scratch", "frozen", "fine-tuned", "afresh from layer3")
    ],
    seeds=[0, 1, 2],
    run=scored,
    needs=needs_of,
    seconds=seconds_of,
)
