"""The decision table, measured: how many photos, how near the task, which strategy (claims G1, G2 and T6).

Every strategy takes the rate that was best for it on validation photos of the species by day (other records), the same
budget, and augmentation where photos may be varied and something is thawed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import add_lora, freeze_batchnorm, lab_resnet, load_pretrained, reinitialize, replace_head
from chapter9_lib.training import Phase, evaluate, fine_tune, pretrain_self_supervised
from data_scripts.experiments.decision_tasks import TASKS, task_world
from data_scripts.experiments.learning_rates import best_rate
from data_scripts.experiments.transfer_nets import kept
from data_scripts.experiments.unfreezing_rates import best_rate_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PHOTOS", "PLAN", "STRATEGIES", "epochs_for"]

PHOTOS = (50, 200, 800, 3000)
_BATCH, _STEPS = 32, (120, 1200)
_HEAD_LR, _ADAPTER_LR, _AFRESH = 1e-2, 1e-3, "layer4"


def epochs_for(photos: int) -> int:
    """Thirty, but at least 120 steps and at most 1,200."""
    steps = -(-photos // _BATCH)
    return max(-(-_STEPS[0] // steps), min(30, _STEPS[1] // steps))


def _borrowed(task: str, seed: int) -> nn.Module:
    return load_pretrained("lab-resnet", source="bundled", num_classes=TASKS[task].classes)


def _frozen(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    return _borrowed(task, seed), [Phase("head", epochs, _HEAD_LR)]


def _gradual(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    part, rate = max(1, epochs // 3), best_rate_of("gradual")
    phases = [Phase("head", part, _HEAD_LR), Phase("layer4", part, rate), Phase("layer3", epochs - 2 * part, rate)]
    return freeze_batchnorm(_borrowed(task, seed)), phases


def _full(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    part = max(1, epochs // 3)
    phases = [Phase("head", part, _HEAD_LR), Phase("stem", epochs - part, best_rate_of("LP-FT"))]
    return freeze_batchnorm(_borrowed(task, seed)), phases


def _afresh(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    model = _borrowed(task, seed)
    reinitialize(model, _AFRESH)
    return model, [Phase("stem", epochs, best_rate_of("flat"))]


def _adapters(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase] | None]:
    return add_lora(freeze_batchnorm(_borrowed(task, seed)), rank=4), None


def _scratch(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    return lab_resnet(TASKS[task].classes), [Phase("stem", epochs, best_rate("scratch", 800))]


def _without_labels(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    """VICReg on photos of the task that nobody has labelled, then as from scratch."""

    def make() -> nn.Module:
        torch.manual_seed(seed)
        model, views = lab_resnet(2), {} if TASKS[task].augmented else {"flip": 0.0, "zoom": 0.3}
        pretrain_self_supervised(model, TASKS[task].unlabelled(), epochs=15, seed=seed, progress=False, **views)
        return model

    model = replace_head(kept(f"{task.replace(' ', '-')}-unlabelled-{seed}", make), TASKS[task].classes)
    return model, [Phase("stem", epochs, best_rate_of("flat"))]


Make = Callable[[str, int, int], tuple[nn.Module, list[Phase] | None]]
STRATEGIES: dict[str, Make] = {
    "frozen": _frozen, "gradual": _gradual, "adapters": _adapters, "full": _full,
    "afresh from the last stage": _afresh, "self-supervised": _without_labels, "scratch": _scratch,
}  # fmt: skip
_FAR = {"afresh from the last stage", "self-supervised"}
"""Remedies for tasks that are far from what the network knows, tried with these alone."""


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    task, count = TASKS[keys["task"]], keys["photos"]
    torch.manual_seed(seed)
    model, phases = STRATEGIES[keys["strategy"]](keys["task"], seed, epochs_for(count))
    how = {"phases": phases} if phases else {"epochs": epochs_for(count), "lr": _ADAPTER_LR}
    fine_tune(
        model, task.pool(seed).subset(range(count)), batch_size=_BATCH, augment=None if task.augmented else False,
        seed=seed, progress=False, **how,
    )  # fmt: skip
    return {"test": 100 * evaluate(model, task.test()).accuracy}


def _expected(keys: Mapping[str, Any]) -> float:
    speed = 2000 if keys["strategy"] == "frozen" else 100
    return 15 + keys["photos"] * epochs_for(keys["photos"]) / speed


PLAN = Plan(
    name="decisions",
    question="With so many photos of a task so near or far, which strategy wins?",
    claims=["G1", "G2", "T6"],
    conditions=[
        {"task": task, "photos": photos, "strategy": strategy}
        for photos in PHOTOS
        for task in TASKS
        for strategy in STRATEGIES
        if strategy not in _FAR or task in ("species by night", "calls")
    ],
    seeds=[0, 1, 2],
    run=_run,
    needs=lambda keys: bundled_backbone(),
    seconds=_expected,
    world=task_world,
)
