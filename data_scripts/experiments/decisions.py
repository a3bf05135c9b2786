"""The decision table, measured: how many photos, how near the task, which strategy (claims G1, G2 and T6).

Every strategy has the same budget, and augmentation where photos may be varied and something is thawed. Those that
thaw take the rate that was best for their kind on validation photos of the species by day (other records), adapters
1e-3, as their papers have it; all that borrow a head's features train the head first.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import add_lora, freeze_batchnorm, lab_resnet, load_pretrained, reinitialize, replace_head
from chapter9_lib.training import Phase, evaluate, fine_tune, pretrain_self_supervised
from data_scripts.experiments.decision_tasks import PHOTOS, TASKS, task_world
from data_scripts.experiments.learning_rates import best_rate, chosen_in
from data_scripts.experiments.transfer_nets import kept
from data_scripts.experiments.unfreezing_rates import PLAN as TRIED
from data_scripts.experiments.unfreezing_rates import best_rate_of
from data_scripts.recording import Plan, bundled_backbone, lab_world

__all__ = ["PLAN", "STRATEGIES", "epochs_for"]

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


def _full_alive(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    """As `_full`, with norms that learn the new statistics: for photos that are unlike any the network knows."""
    return _borrowed(task, seed), _full(task, seed, epochs)[1]


def _afresh(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    model = _borrowed(task, seed)
    reinitialize(model, _AFRESH)
    return model, [Phase("stem", epochs, best_rate_of("flat"))]


def _adapters(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    """The head's phase; what follows with adapters, `_run` knows."""
    return freeze_batchnorm(_borrowed(task, seed)), [Phase("head", max(1, epochs // 3), _HEAD_LR)]


def _scratch(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    return lab_resnet(TASKS[task].classes), [Phase("stem", epochs, best_rate("scratch", 800))]


def _without_labels(task: str, seed: int, epochs: int) -> tuple[nn.Module, list[Phase]]:
    """VICReg on photos of the task that nobody has labelled, then as from scratch."""

    def make() -> nn.Module:
        torch.manual_seed(seed)
        model, views = lab_resnet(2), {} if TASKS[task].augmented else {"flip": 0.0, "zoom": 0.3}
        pretrain_self_supervised(model, TASKS[task].unlabelled(), epochs=15, seed=seed, progress=False, **views)
        return model

    name = f"decision-{task.replace(' ', '-')}-{lab_world()['hash'][:8]}-{seed}"
    model = replace_head(kept(name, make), TASKS[task].classes)
    return model, [Phase("stem", epochs, best_rate_of("flat"))]


Make = Callable[[str, int, int], tuple[nn.Module, list[Phase]]]
STRATEGIES: dict[str, Make] = {
    "frozen": _frozen, "gradual": _gradual, "adapters": _adapters, "full": _full, "full, norms alive": _full_alive,
    "afresh from the last stage": _afresh, "self-supervised": _without_labels, "scratch": _scratch,
}  # fmt: skip
_CHOSEN_FOR = {
    "gradual": "gradual", "full": "LP-FT", "full, norms alive": "LP-FT", "afresh from the last stage": "flat",
    "self-supervised": "flat",
}  # fmt: skip
"""{strategy: the recipe of `unfreezing-rates` whose rate it takes}."""
_FAR = {"full, norms alive", "afresh from the last stage", "self-supervised"}
"""Remedies for tasks that are far from what the network knows, tried with these alone."""


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    task, count = TASKS[keys["task"]], keys["photos"]
    torch.manual_seed(seed)
    model, phases = STRATEGIES[keys["strategy"]](keys["task"], seed, epochs_for(count))
    train = partial(
        fine_tune, model, task.pool(seed).subset(range(count)), batch_size=_BATCH,
        augment=None if task.augmented else False, seed=seed, progress=False,
    )  # fmt: skip
    train(phases=phases)
    if keys["strategy"] == "adapters":
        add_lora(model, rank=4)
        train(epochs=epochs_for(count) - phases[0].epochs, lr=_ADAPTER_LR)
    return {"test": 100 * evaluate(model, task.test()).accuracy}


def _needs(keys: Mapping[str, Any]) -> dict[str, str]:
    """The backbone, and what other records chose for this strategy."""
    recipe = _CHOSEN_FOR.get(keys["strategy"])
    return bundled_backbone() | (chosen_in(TRIED, best_rate_of(recipe), recipe=recipe) if recipe else {})


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
    needs=_needs,
    seconds=_expected,
    world=task_world,
)
