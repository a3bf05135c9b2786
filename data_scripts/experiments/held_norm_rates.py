"""The same rates with the norms' statistics held as they came: what the thermostats have to do with it (claim T1)."""

from data_scripts.experiments.fine_tuning_rates import RATES, scores_after
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

PLAN = Plan(
    name="held-norm-rates",
    question="How far may the dials be turned while the norm statistics are held still?",
    claims=["T1"],
    conditions=[{"optimizer": "adamw", "rate": rate} for rate in RATES],
    seeds=[0, 1, 2],
    run=lambda keys, seed: scores_after(keys["rate"], keys["optimizer"], seed, hold_norms=True),
    needs=lambda keys: bundled_backbone(),
    seconds=110,
)
