"""Yosinski's grid on halves of the source kinds: which layers can change hands (claims Y1 to Y3)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chapter9_lib.studies import ARMS
from chapter9_lib.training import evaluate
from data_scripts.experiments.transfer_nets import cell, net, rendered_world, task
from data_scripts.recording import Plan

__all__ = ["LAYERS", "PLAN", "plan"]

LAYERS = range(1, 8)
_BASES = {"base": 1, "base, twice the epochs": 2}
"""Base has fewer epochs in all than layers taken over, which bring some along: the second one has as many."""


def _run(halves: str) -> Callable[[Mapping[str, Any], int], float]:
    def run(keys: Mapping[str, Any], seed: int) -> float:
        if keys["arm"] in _BASES:
            model = net(halves, seed, keys["half"], _BASES[keys["arm"]])
        else:
            model = cell(halves, seed, next(arm for arm in ARMS if arm.name() == keys["arm"]), keys["layers"])
        return 100 * evaluate(model, task(halves, seed, keys.get("half", "B"))[1]).accuracy

    return run


def _seconds(keys: Mapping[str, Any]) -> float:
    if keys["arm"] in _BASES or keys["arm"].endswith("+"):
        return 260 * _BASES.get(keys["arm"], 1)
    return 40 + 110 * (8 - keys["layers"]) / 8


def plan(
    name: str, question: str, halves: str, arms: tuple[str, ...], seeds: list[int], layers: Iterable[int] = LAYERS
) -> Plan:
    """A record of some of the grid's arms, with the two networks trained on one half each."""
    return Plan(
        name=name,
        question=question,
        claims=["Y2"],
        conditions=[
            *({"arm": "base", "half": half} for half in "BA"),
            *([{"arm": "base, twice the epochs", "half": "B"}] if halves == "random" and "AnB" in arms else []),
            *({"arm": arm, "layers": count} for count in layers for arm in arms),
        ],
        seeds=seeds,
        run=_run(halves),
        seconds=_seconds,
        world=rendered_world,
    )


PLAN = plan(
    "transfer-grid",
    "How much do layers taken over, and kept frozen, cost: from a network of the same task, and of another?",
    "random",
    ("BnB", "AnB"),
    [0, 1, 2, 3, 4],
)
