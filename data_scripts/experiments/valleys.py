"""Where a borrowed and a random start lead: the valley, the walk, the walls (claim K3).

From each start, borrowed or random, two trainings with everything thawed, that differ in the order of the photos and in
the new head. Scratch has three times the epochs and the rate that served it best. A training that never reaches the
loss asked for counts one epoch more than it had, and the record says how many did reach it.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import replace_head
from chapter9_lib.studies import loss_line, sharpness
from chapter9_lib.training import Phase, fine_tune
from chapter9_lib.worlds import open_world
from data_scripts.experiments.lab import photos_of
from data_scripts.experiments.learning_rates import best_rate
from data_scripts.experiments.unfreezing import rate_needed
from data_scripts.experiments.unfreezing_rates import best_rate_of
from data_scripts.recording import Plan

__all__ = ["PLAN"]

_EPOCHS = {"borrowed": 10, "scratch": 30}
_LOSS, _BATCH, _LOOKED_AT, _PLACES = 0.5, 32, 200, 21


def _trained(start: str, begin: int, seed: int) -> tuple[nn.Module, dict[str, Tensor], int]:
    """A trained network, the weights it started from, and the epochs until its training loss was below 0.5.

    Args:
        start: "borrowed" or "scratch".
        begin: seed of the random weights that scratch starts from.
        seed: of the head and of the photos' order.
    """
    torch.manual_seed(begin)
    world = open_world("lab")
    model = world.model(5) if start == "borrowed" else world.scratch_model(5)
    torch.manual_seed(seed)
    replace_head(model, 5)
    before = {name: values.clone() for name, values in model.state_dict().items()}
    rate = best_rate_of("flat") if start == "borrowed" else best_rate("scratch", 800)
    history = fine_tune(
        model, photos_of("train"), phases=[Phase("stem", _EPOCHS[start], rate)], batch_size=_BATCH, seed=seed,
        progress=False,
    )  # fmt: skip
    reached = next((epoch for epoch, loss in enumerate(history.loss, start=1) if loss < _LOSS), _EPOCHS[start] + 1)
    return model, before, reached


def _distance(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> float:
    """How far apart two networks' convolutions are, as a share of the first one's length."""
    names = [name for name, values in one.items() if values.dim() == 4]
    moved, length = (sum(float(part.square().sum()) for part in parts) for parts in (
        (other[name] - one[name] for name in names), (one[name] for name in names)))  # fmt: skip
    return (moved / length) ** 0.5


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    (model, before, reached), (other, _, _) = (_trained(keys["start"], seed, own) for own in (seed, 50 + seed))
    photos = photos_of("train").sample(_LOOKED_AT, seed=0)
    places = [at / (_PLACES - 1) for at in range(_PLACES)]
    walk = loss_line(model, before, model.state_dict(), photos, places=places)
    between = loss_line(model, model.state_dict(), other.state_dict(), photos, places=places)
    return {
        "epochs to a loss of 0.5": reached,
        "reached a loss of 0.5": float(reached <= _EPOCHS[keys["start"]]),
        "distance walked": _distance(before, model.state_dict()),
        "sharpness": float(sharpness(model, photos).mean()),
        "barrier on the way": walk.barrier,
        "barrier between two runs": between.barrier,
        **{f"walk {place:.2f}": loss for place, loss in zip(places, walk.losses.tolist(), strict=True)},
        **{f"between {place:.2f}": loss for place, loss in zip(places, between.losses.tolist(), strict=True)},
    }


PLAN = Plan(
    name="valleys",
    question="Does borrowing start in a wider valley, and is the walk to its bottom shorter?",
    claims=["K3"],
    conditions=[{"start": start} for start in _EPOCHS],
    seeds=[0, 1, 2],
    run=_run,
    split="measure",
    unit="",
    needs=lambda keys: rate_needed("flat") if keys["start"] == "borrowed" else {},
    seconds=lambda keys: {"borrowed": 320, "scratch": 740}[keys["start"]],
)
