"""`chapter9 fit` beside the chapter's plain loop, fastai and logistic regression on PACS photos: dog, elephant,
giraffe, horse, house.

    CHAPTER9_FIELD=… python -m data_scripts.measure_records head-to-head-pacs

A "seed" of this record is a fold.
"""

from data_scripts.recording import Plan
from tests.peers.head_to_head import FOLDS, ONE_COMMAND, SECONDS, compared, peers_world

__all__ = ["PLAN"]

PLAN = Plan(
    name="head-to-head-pacs",
    question="Does one command do as well on PACS photos as a plain loop, fastai, and a head on untouched features?",
    claims=["W1"],
    conditions=[{"method": method} for method in (ONE_COMMAND, "logistic regression", "plain loop", "fastai")],
    seeds=list(range(FOLDS)),
    repeats="folds",
    run=lambda keys, fold: compared(keys["method"], fold, "pacs/photo"),
    split="measure",
    unit="",
    seconds=lambda keys: SECONDS[keys["method"]],
    world=lambda: peers_world("pacs/photo"),
)
