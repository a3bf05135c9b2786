"""How strongly each alignment pulls, chosen without a label of the target: by the information in the answers."""

from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from chapter9_lib.classroom import record
from data_scripts.experiments.adapted import CAMERAS, STRENGTHS, adapted, thermal_camera
from data_scripts.recording import Plan, bundled_backbone, results

__all__ = ["PLAN", "chosen_strength", "tried_with"]


def _run(keys: Mapping[str, Any], seed: int) -> float:
    return adapted(keys["method"], seed, keys["camera"], keys["strength"])[1].information[1]


PLAN = Plan(
    name="adaptation-strengths",
    question="How strongly should two domains be drawn together, if no label of the target may tell?",
    claims=[],
    conditions=[
        {"camera": camera, "method": method, "strength": strength}
        for camera in ("infrared", "thermal")
        for method in CAMERAS[camera]
        for strength in STRENGTHS.get(method, ())
    ],
    seeds=[100, 101],
    run=_run,
    unit="nats",
    needs=lambda keys: (
        bundled_backbone() | ({"thermal camera": thermal_camera()} if keys["camera"] == "thermal" else {})
    ),
    seconds=100,
)


def tried_with(camera: str) -> str:
    """The kind of night that strengths were tried with: nights full of boar take those of the usual ones."""
    return "thermal" if camera == "thermal" else "infrared"


def chosen_strength(method: str, camera: str) -> float | None:
    """The strength with the most information, for infrared and for thermal nights; None for a method that has none.

    Raises:
        RuntimeError: when the bundled record is of another world.
    """
    if method not in STRENGTHS:
        return None
    keys, said = {"camera": tried_with(camera), "method": method}, defaultdict(list)
    for run in results(PLAN).values():
        if keys.items() <= run["keys"].items():
            said[run["keys"]["strength"]].append(run["values"])
    runs = {strength: fmean(values) for strength, values in said.items() if len(values) == len(PLAN.seeds)}
    if len(runs) < len(STRENGTHS[method]):
        bundled = record(PLAN.name)
        if bundled.world["hash"] != PLAN.world()["hash"]:
            raise RuntimeError(f"The record {PLAN.name} is of another world: measure it first.")
        runs = {row["strength"]: row["mean"] for row in bundled.table(**keys)}
    return max(runs, key=lambda strength: runs[strength])
