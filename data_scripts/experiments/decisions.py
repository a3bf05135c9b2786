"""The decision table, measured: how many photos, how near the task, which strategy (claims G1, G2 and T6).

Every strategy makes as many steps, with augmentation where photos may be varied and something is thawed. Those that
thaw take the rate that was best for their kind in other records: on validation photos of the species by day or, for
calls, on validation calls. "as the chapter says" takes the chapter's strategy with the chapter's rates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import add_lora, freeze_batchnorm, lab_resnet, load_pretrained, reinitialize, replace_head
from chapter9_lib.training import Phase, evaluate, fine_tune, pretrain_self_supervised
from data_scripts.experiments.decision_adapters import best_adapter_rate, rate_needed
from data_scripts.experiments.decision_tasks import (
    DEER,
    DEER_PHOTOS,
    MANY,
    MAPPED,
    PHOTOS,
    TASKS,
    task_needs,
    task_world,
)
from data_scripts.experiments.far_domain import rate_for, rate_needs
from data_scripts.experiments.lab import budget
from data_scripts.experiments.learning_rates import PLAN as PLAIN_TRIED
from data_scripts.experiments.learning_rates import TRIED, Task, best_rate, chosen_in
from data_scripts.experiments.transfer_nets import kept
from data_scripts.experiments.unfreezing_rates import PLAN as THAW_TRIED
from data_scripts.experiments.unfreezing_rates import best_rate_of
from data_scripts.recording import Plan, lab_world

__all__ = ["PLAN", "STRATEGIES", "deer", "epochs_for", "many"]

_BATCH, _MOST_STEPS, _VIEWS = 32, 500, 8
_HEAD_LR, _AFRESH, _RANK, _UNLABELLED_EPOCHS = 1e-2, "layer3", 4, 40


def epochs_for(photos: int) -> int:
    """Thirty, but at least 120 steps and at most 500; in any case three, one a phase."""
    return max(3, budget(photos, _MOST_STEPS))


@dataclass
class _Way:
    """A network, what is trained of it in which order, and how photos are shown."""

    model: nn.Module
    phases: list[Phase]
    options: dict[str, Any] = field(default_factory=dict)
    adapters: Phase | None = None


@dataclass(frozen=True)
class _Cell:
    task: str
    photos: int
    seed: int

    @property
    def epochs(self) -> int:
        return epochs_for(self.photos)

    @property
    def third(self) -> int:
        return self.epochs // 3

    def borrowed(self) -> nn.Module:
        return load_pretrained("lab-resnet", source="bundled", num_classes=TASKS[self.task].classes)

    def rate(self, recipe: str, far: str) -> float:
        """The one that was best for a recipe of `unfreezing` or, with calls, for a strategy of `far-domain`."""
        return rate_for("calls", far, self.photos) if self.task == "calls" else best_rate_of(recipe)


def _frozen(cell: _Cell) -> _Way:
    rate = rate_for("calls", "frozen", cell.photos) if cell.task == "calls" else _HEAD_LR
    return _Way(cell.borrowed(), [Phase("head", cell.epochs, rate)])


def _frozen_in_views(cell: _Cell) -> _Way:
    way = _frozen(cell)
    way.options = {"augment": True, "views": _VIEWS}
    return way


def _gradual(cell: _Cell) -> _Way:
    rate, part = cell.rate("gradual", "as 04 taught"), cell.third
    phases = [Phase("head", part, _HEAD_LR), Phase("layer4", part, rate)]
    rest = cell.epochs - 2 * part
    return _Way(freeze_batchnorm(cell.borrowed()), [*phases, Phase("layer3", rest, rate)])


def _full(cell: _Cell) -> _Way:
    rate, rest = cell.rate("LP-FT", "as 04 taught"), cell.epochs - cell.third
    return _Way(freeze_batchnorm(cell.borrowed()), [Phase("head", cell.third, _HEAD_LR), Phase("stem", rest, rate)])


def _full_alive(cell: _Cell) -> _Way:
    """With norms that learn the new statistics: for photos that are unlike any the network knows."""
    rate, rest = cell.rate("LP-FT", "fine-tuned"), cell.epochs - cell.third
    return _Way(cell.borrowed(), [Phase("head", cell.third, _HEAD_LR), Phase("stem", rest, rate)])


def _afresh(cell: _Cell) -> _Way:
    """As the chapter's lines for partial transfer: the last two stages."""
    model = cell.borrowed()
    reinitialize(model, _AFRESH)
    return _Way(model, [Phase("stem", cell.epochs, cell.rate("flat", "afresh from layer3"))])


def _adapters(cell: _Cell) -> _Way:
    phase = Phase(None, cell.epochs - cell.third, best_adapter_rate(cell.task))
    return _Way(freeze_batchnorm(cell.borrowed()), [Phase("head", cell.third, _HEAD_LR)], adapters=phase)


def _scratch(cell: _Cell) -> _Way:
    far = cell.task == "calls"
    rate = rate_for("calls", "scratch", cell.photos) if far else best_rate("scratch", cell.photos)
    return _Way(lab_resnet(TASKS[cell.task].classes), [Phase("stem", cell.epochs, rate)])


def _without_labels(cell: _Cell) -> _Way:
    """VICReg on photos of the task that nobody has labelled, then as from scratch."""
    task, scratch = TASKS[cell.task], _scratch(cell)
    views = {} if task.augmented else {"flip": 0.0, "zoom": 0.3, "crop": "width"}

    def make() -> nn.Module:
        torch.manual_seed(0)
        model = lab_resnet(2)
        pretrain_self_supervised(model, task.unlabelled(), epochs=_UNLABELLED_EPOCHS, seed=0, progress=False, **views)
        return model

    name = f"decision-{cell.task.replace(' ', '-')}-{lab_world()['hash'][:8]}-{_UNLABELLED_EPOCHS}-epochs"
    rate = rate_for("calls", "self-supervised", cell.photos) if cell.task == "calls" else scratch.phases[0].head_lr
    return _Way(replace_head(kept(name, make), task.classes), [Phase("stem", cell.epochs, rate)])


def _as_the_chapter_says(cell: _Cell) -> _Way:
    """Photos of animals are near, by its own words, and spectrograms far; 1,000 photos are many, 10,000 very many."""
    far, epochs = cell.task == "calls", cell.epochs
    if cell.photos < 1000:
        options = {"augment": True, "views": _VIEWS} if far else {}
        return _Way(cell.borrowed(), [Phase("head", epochs, 1e-3)], options)
    model, part = freeze_batchnorm(cell.borrowed()), cell.third
    if cell.photos >= MANY:
        return _Way(model, [Phase("head", part, 1e-3), Phase("stem", epochs - part, 1e-4)])
    thawed = [Phase("layer4", part, 1e-3, 0.1)]
    if far:
        thawed.append(Phase("layer3", epochs - 2 * part, 1e-3, 0.1))
    else:
        thawed = [Phase("layer4", epochs - part, 1e-3, 0.1)]
    return _Way(model, [Phase("head", part, 1e-3), *thawed])


STRATEGIES: dict[str, Callable[[_Cell], _Way]] = {
    "frozen": _frozen, "frozen in views": _frozen_in_views, "gradual": _gradual, "adapters": _adapters, "full": _full,
    "full with norms alive": _full_alive, "deep stages afresh": _afresh, "self-supervised": _without_labels,
    "scratch": _scratch, "as the chapter says": _as_the_chapter_says,
}  # fmt: skip
_PLAIN = ("frozen", "gradual", "adapters", "full", "scratch", "as the chapter says")
"""Tried with ten thousand, with norms alive where they are far."""


def _conditions() -> list[dict[str, Any]]:
    cells = [(task, photos) for photos in PHOTOS for task in MAPPED]
    return [
        {"task": task, "photos": photos, "strategy": strategy}
        for task, photos in cells
        for strategy in STRATEGIES
        if strategy != "self-supervised" or task in ("species by night", "calls")
    ]


def deer() -> list[dict[str, Any]]:
    """The conditions of a task that looks like home and is unknown nevertheless."""
    strategies = [strategy for strategy in STRATEGIES if strategy != "self-supervised"]
    return [{"task": DEER, "photos": photos, "strategy": one} for photos in DEER_PHOTOS for one in strategies]


def many() -> list[dict[str, Any]]:
    """The conditions with as many photos as can be had."""
    tried = [("species by day", _PLAIN), ("calls", (*_PLAIN, "full with norms alive"))]
    return [{"task": task, "photos": MANY, "strategy": one} for task, some in tried for one in some]


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    task, cell = TASKS[keys["task"]], _Cell(keys["task"], keys["photos"], seed)
    torch.manual_seed(seed)
    way = STRATEGIES[keys["strategy"]](cell)
    way.model.to(memory_format=torch.channels_last)  # as a CPU's convolutions are quickest with
    torch.manual_seed(seed)
    photos = task.pool(seed).subset(range(cell.photos))
    options = {"augment": None if task.augmented else False, "batch_size": _BATCH, "seed": seed, "progress": False}
    try:
        fine_tune(way.model, photos, phases=way.phases, **options | way.options)
        if way.adapters:
            fine_tune(add_lora(way.model, rank=_RANK), photos, phases=[way.adapters], **options)
    except FloatingPointError:
        return {"test": 100 / task.classes, "diverged": 100.0}
    return {"test": 100 * evaluate(way.model, task.test()).accuracy, "diverged": 0.0}


def _needs(keys: Mapping[str, Any]) -> dict[str, str]:
    """The backbone, and what other records chose for this strategy."""
    strategy, calls, photos = keys["strategy"], keys["task"] == "calls", keys["photos"]
    needed = task_needs(keys)
    if strategy == "as the chapter says":
        return needed
    if strategy == "adapters":
        return needed | rate_needed(keys["task"])
    far = {"gradual": "as 04 taught", "full": "as 04 taught", "full with norms alive": "fine-tuned",
           "frozen in views": "frozen", "deep stages afresh": "afresh from layer3"}.get(strategy, strategy)  # fmt: skip
    if calls:
        return needed | rate_needs("calls", far, photos)
    if strategy in ("scratch", "self-supervised"):
        tried = {"task": Task.SPECIES.value, "method": "scratch", "photos": TRIED[Task.SPECIES][photos > 200]}
        return needed | chosen_in(PLAIN_TRIED, best_rate("scratch", photos), **tried)
    recipe = {"gradual": "gradual", "full": "LP-FT", "full with norms alive": "LP-FT", "deep stages afresh": "flat"}
    if strategy not in recipe:
        return needed
    return needed | chosen_in(THAW_TRIED, best_rate_of(recipe[strategy]), recipe=recipe[strategy])


def _expected(keys: Mapping[str, Any]) -> float:
    passes, quick = keys["photos"] * epochs_for(keys["photos"]), ("frozen", "frozen in views")
    return 15 + passes / (2000 if keys["strategy"] in quick else 80)


PLAN = Plan(
    name="decisions",
    question="With so many photos of a task so near or far, which strategy wins?",
    claims=["G1", "G2", "T6"],
    conditions=_conditions(),
    seeds=[0, 1, 2],
    run=_run,
    needs=_needs,
    seconds=_expected,
    world=task_world,
)
