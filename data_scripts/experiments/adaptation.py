"""From day to night without a label of the night: what each method is worth (claims A1 to A5).

The night is seen by an infrared camera, which augmentation can mimic, or by a thermal one, which it can't; and once by
infrared where most of what passes is boar. "information" is a share of the most there could be.
"""

import math
from collections.abc import Mapping
from typing import Any

from data_scripts.experiments.adaptation_strengths import PLAN as TRIED
from data_scripts.experiments.adaptation_strengths import chosen_strength, tried_with
from data_scripts.experiments.adapted import CAMERAS, adapted, by_day, scores, thermal_camera, true_labels
from data_scripts.experiments.learning_rates import chosen_in
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    method, camera = keys["method"], keys["camera"]
    if method == "as it is":
        return scores(by_day(seed), camera)
    model, found = adapted(method, seed, camera, chosen_strength(method, camera))
    told = {"domains told apart": 100 * found.told_apart[1], "information": 100 * found.information[1] / math.log(5)}
    if found.history is not None and found.history.domain_accuracy:
        told["domain classifier"] = 100 * found.history.domain_accuracy[-1]
    for number, sure in enumerate(found.rounds, start=1):
        told[f"round {number}: kept"] = 100 * sure.share
        told[f"round {number}: right"] = 100 * sure.right(true_labels(camera)) if len(sure.positions) else 0.0
    return scores(model, camera) | told


def _needs(keys: Mapping[str, Any]) -> dict[str, str]:
    method, camera = keys["method"], keys["camera"]
    strength = chosen_strength(method, camera)
    chosen = {} if strength is None else chosen_in(TRIED, strength, camera=tried_with(camera), method=method)
    return bundled_backbone() | chosen | ({"thermal camera": thermal_camera()} if camera == "thermal" else {})


PLAN = Plan(
    name="adaptation",
    question="How much of the gap between day and night does each method close without a label?",
    claims=["A1", "A2", "A3", "A4", "A5"],
    conditions=[
        {"camera": camera, "method": method} for camera, methods in CAMERAS.items() for method in ("as it is", *methods)
    ],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=_needs,
    seconds=lambda keys: {"as it is": 120, "adabn": 30}.get(keys["method"], 150 if ", then" in keys["method"] else 90),
)
