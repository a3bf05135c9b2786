"""How strongly each alignment pulls, chosen without a label of the target: by the information in the answers."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.classroom import record
from data_scripts.experiments.adapted import STRENGTHS, adapted
from data_scripts.recording import Plan, bundled_backbone, results

__all__ = ["PLAN", "chosen_strength"]


def _run(keys: Mapping[str, Any], seed: int) -> float:
    return adapted(keys["method"], seed, strength=keys["strength"])[1].information[1]


PLAN = Plan(
    name="adaptation-strengths",
    question="How strongly should two domains be drawn together, if no label of the target may tell?",
    claims=[],
    conditions=[{"method": method, "strength": strength} for method, tried in STRENGTHS.items() for strength in tried],
    seeds=[100],
    run=_run,
    unit="nats",
    needs=lambda keys: bundled_backbone(),
    seconds=240,
)


def chosen_strength(method: str) -> float | None:
    """The strength with the most information; None for a method that has none.

    Raises:
        RuntimeError: when the bundled record is of another world.
    """
    if method not in STRENGTHS:
        return None
    runs = {run["keys"]["strength"]: run["values"] for run in results(PLAN).values() if run["keys"]["method"] == method}
    if len(runs) < len(STRENGTHS[method]):
        bundled = record(PLAN.name)
        if bundled.world["hash"] != PLAN.world()["hash"]:
            raise RuntimeError(f"The record {PLAN.name} is of another world: measure it first.")
        runs = {row["strength"]: row["mean"] for row in bundled.table(method=method)}
    return max(runs, key=lambda strength: runs[strength])
