"""Ours and theirs on three cuts of the same real trail-camera photos into five folds: accuracy alone.

    CHAPTER9_FIELD=… python -m data_scripts.measure_records head-to-head-cuts

The photos come in few bursts, one of them half a fold: which of them are learned from together moves a mean over five
folds by a point. A "seed" of this record is a fold, five to a cut; the first five are those of `head-to-head`. The
cuts share their photos: `difference(…, overlap=1 / 4)` allows for that.
"""

from data_scripts.recording import Plan
from tests.peers.head_to_head import FOLDS, ONE_COMMAND, SECONDS, compared, peers_world

__all__ = ["CUTS", "PLAN"]

CUTS = 3

PLAN = Plan(
    name="head-to-head-cuts",
    question="Do ways to fine-tune differ by more than by how the photos were cut into folds?",
    claims=["T2", "W1"],
    conditions=[
        {"method": method}
        for method in (ONE_COMMAND, "ours", "ours, 4 views", "plain loop", "fastai", "logistic regression")
    ],
    seeds=list(range(CUTS * FOLDS)),
    repeats="folds",
    run=lambda keys, fold: compared(keys["method"], fold)["accuracy"],
    seconds=lambda keys: SECONDS[keys["method"]],
    world=peers_world,
)
