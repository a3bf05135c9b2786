"""How many gentle epochs it takes until layers taken over, however special, serve the new task (claim Y3)."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from chapter9_lib.studies.transfer import Arm
from chapter9_lib.training import History, Phase, evaluate, fine_tune
from data_scripts.experiments.transfer_nets import RECIPE, cell, net, rendered_world, task
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_EPOCHS, _TENTH = 6, 0.1


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    train, test = task("random", seed, "B")
    model = cell("random", seed, Arm("A", frozen=True), keys["layers"])
    seen = {"base": 100 * evaluate(net("random", seed, "B"), test).accuracy, "0": 100 * evaluate(model, test).accuracy}

    def score(model: nn.Module, history: History) -> None:
        seen[str(len(history))] = 100 * evaluate(model, test).accuracy

    fine_tune(
        model, train, phases=[Phase("stem", _EPOCHS, _TENTH * RECIPE["lr"])], batch_size=RECIPE["batch_size"],
        augment=True, seed=seed, watch=score, progress=False,
    )  # fmt: skip
    return seen


PLAN = Plan(
    name="recovery",
    question="How many epochs at a tenth of the rate until layers of another task, once frozen, serve this one?",
    claims=["Y3"],
    conditions=[{"layers": layers} for layers in (1, 3, 5, 7)],
    seeds=[0, 1, 2],
    run=_run,
    split="epochs",
    seconds=100,
    world=rendered_world,
)
