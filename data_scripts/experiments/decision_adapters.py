"""Which of three rates adapters get in the decision table: on validation photos by day, or on validation calls."""

from collections.abc import Mapping
from typing import Any

import torch

from chapter9_lib.models import add_lora, freeze_batchnorm, load_pretrained
from chapter9_lib.training import Phase, evaluate, fine_tune
from data_scripts.experiments.far_domain import TARGETS, calls_made
from data_scripts.experiments.lab import budget, photos_of
from data_scripts.experiments.learning_rates import best_of, chosen_in
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "best_adapter_rate", "rate_needed"]

_PHOTOS, _RANK, _SEED = 200, 4, 109


def _run(keys: Mapping[str, Any], seed: int) -> float:
    calls = keys["domain"] == "calls"
    train = TARGETS["calls"].train(_PHOTOS, seed) if calls else photos_of("train").sample(_PHOTOS, seed=seed)
    epochs, augment = budget(_PHOTOS), False if calls else None
    torch.manual_seed(seed)
    model = freeze_batchnorm(load_pretrained("lab-resnet", source="bundled", num_classes=5))
    options = {"batch_size": 32, "augment": augment, "seed": seed, "progress": False}
    fine_tune(model, train, phases=[Phase("head", epochs // 3, 1e-2)], **options)
    fine_tune(add_lora(model, rank=_RANK), train, phases=[Phase(None, epochs - epochs // 3, keys["rate"])], **options)
    return 100 * evaluate(model, TARGETS["calls"].val() if calls else photos_of("val")).accuracy


PLAN = Plan(
    name="decision-adapters",
    question="Which of three learning rates serves adapters best on validation photos, and on validation calls?",
    claims=[],
    conditions=[{"domain": domain, "rate": rate} for domain in ("photos", "calls") for rate in (1e-3, 3e-3, 1e-2)],
    seeds=[_SEED],
    run=_run,
    needs=lambda keys: bundled_backbone() | ({"calls": calls_made()} if keys["domain"] == "calls" else {}),
    seconds=90,
)


def best_adapter_rate(task: str) -> float:
    """The rate with the best validation accuracy for a task of the table."""
    return best_of(PLAN, domain=_domain(task))


def rate_needed(task: str) -> dict[str, str]:
    """For `Plan.needs`."""
    return chosen_in(PLAN, best_adapter_rate(task), domain=_domain(task))


def _domain(task: str) -> str:
    return "calls" if task == "calls" else "photos"
