"""How strongly each alignment pulls, chosen without a label of the target: by the information in the answers."""

from collections.abc import Mapping
from typing import Any

from chapter9_lib.classroom import record
from data_scripts.experiments.adapted import CAMERAS, STRENGTHS, adapted
from data_scripts.recording import Plan, bundled_backbone, results

__all__ = ["PLAN", "chosen_strength"]


def _run(keys: Mapping[str, Any], seed: int) -> float:
    return adapted(keys["method"], seed, keys["camera"], keys["strength"])[1].information[1]


PLAN = Plan(
    name="adaptation-strengths",
    question="How strongly should two domains be drawn together, if no label of the target may tell?",
    claims=[],
    conditions=[
        {"camera": camera, "method": method, "strength": strength}
        for camera, methods in CAMERAS.items()
        for method in methods
        for strength in STRENGTHS.get(method, ())
    ],
    seeds=[100],
    run=_run,
    unit="nats",
    needs=lambda keys: bundled_backbone(),
    seconds=240,
)


def chosen_strength(method: str, camera: str) -> float | None:
    """The strength with the most information; None for a method that has none.

    Raises:
        RuntimeError: when the bundled record is of another world.
    """
    if method not in STRENGTHS:
        return None
    keys = {"camera": camera, "method": method}
    runs = {run["keys"]["strength"]: run["values"] for run in results(PLAN).values()
            if keys.items() <= run["keys"].items()}  # fmt: skip
    if len(runs) < len(STRENGTHS[method]):
        bundled = record(PLAN.name)
        if bundled.world["hash"] != PLAN.world()["hash"]:
            raise RuntimeError(f"The record {PLAN.name} is of another world: measure it first.")
        runs = {row["strength"]: row["mean"] for row in bundled.table(**keys)}
    return max(runs, key=lambda strength: runs[strength])
