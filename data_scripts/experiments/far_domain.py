"""Borrowing for pictures that are no photos: spectrograms of animal calls, from fifty labels to eight hundred (N1, N2).

Every strategy trains for the same budget, without augmentation (a mirrored call is another call), at the best of three
rates on validation calls, chosen once with 200 labels and a seed of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze, freeze_batchnorm, lab_resnet, load_pretrained, reinitialize, replace_head
from chapter9_lib.training import evaluate, fine_tune, pretrain_self_supervised
from chapter9_lib.worlds.calls import Calls, open_calls
from data_scripts.experiments.lab import budget
from data_scripts.experiments.learning_rates import best_of
from data_scripts.experiments.transfer_nets import kept
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["LABELS", "PLAN", "RATES", "STRATEGIES", "best_far_rate", "tuned_for_calls"]

LABELS = (50, 200, 800)
RATES = (3e-4, 1e-3, 3e-3)
_BATCH, _TESTED, _UNLABELLED, _OTHER_CALLS, _FIRST = 32, 600, 2000, 4000, 10_000


def _borrowed() -> nn.Module:
    return load_pretrained("lab-resnet", source="bundled", num_classes=5)


def _of_other_animals(seed: int) -> nn.Module:
    """Trained on the calls of forty invented animals: domain-specific pretraining."""

    def make() -> nn.Module:
        torch.manual_seed(seed)
        model, calls = lab_resnet(40), open_calls("source", _OTHER_CALLS)
        fine_tune(model, calls, epochs=15, lr=3e-3, batch_size=64, augment=False, seed=seed, progress=False)
        return model

    return replace_head(kept(f"calls-source-{seed}", make), 5)


def _without_labels(seed: int) -> nn.Module:
    """Trained by VICReg on calls of the five species that nobody has labelled; views differ in time and loudness."""

    def make() -> nn.Module:
        torch.manual_seed(seed)
        model, calls = lab_resnet(5), open_calls("train", _UNLABELLED)
        pretrain_self_supervised(model, calls, epochs=15, flip=0.0, zoom=0.3, seed=seed, progress=False)
        return model

    return replace_head(kept(f"calls-unlabelled-{seed}", make), 5)


@dataclass(frozen=True)
class _Strategy:
    start: Callable[[int], nn.Module]
    frozen: bool = False


def _scratch(seed: int) -> nn.Module:
    return lab_resnet(5)


def _again_from(stage: str, seed: int) -> nn.Module:
    model = _borrowed()
    reinitialize(model, stage)
    return model


STRATEGIES: dict[str, _Strategy] = {
    "scratch": _Strategy(_scratch),
    "frozen": _Strategy(lambda seed: _borrowed(), frozen=True),
    "fine-tuned": _Strategy(lambda seed: _borrowed()),
    "fine-tuned, norms held": _Strategy(lambda seed: freeze_batchnorm(_borrowed())),
    "afresh from layer4": _Strategy(partial(_again_from, "layer4")),
    "afresh from layer2": _Strategy(partial(_again_from, "layer2")),
    "calls of other animals": _Strategy(_of_other_animals),
    "self-supervised": _Strategy(_without_labels),
}


def tuned_for_calls(strategy: str, labels: int, rate: float, seed: int) -> tuple[nn.Module, float]:
    """A network for the five callers, and its accuracy in training."""
    chosen = STRATEGIES[strategy]
    torch.manual_seed(seed)
    model = chosen.start(seed % 10)
    if chosen.frozen:
        freeze(model)
    calls = _labelled(labels, seed)
    history = fine_tune(
        model, calls, epochs=budget(labels), lr=rate, batch_size=_BATCH, augment=False, seed=seed, progress=False
    )
    return model, history.accuracy[-1]


@cache
def _labelled(labels: int, seed: int) -> Calls:
    """Another eight hundred for every seed; the fewer are among the more, and none among those without labels."""
    first = _FIRST + max(LABELS) * (seed % 10)
    return open_calls("train", first + labels).subset(range(first, first + labels))


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    model, learned = tuned_for_calls(keys["strategy"], keys["labels"], best_far_rate(keys["strategy"]), seed)
    return {"test": 100 * evaluate(model, open_calls("test", _TESTED)).accuracy, "training": 100 * learned}


def best_far_rate(strategy: str) -> float:
    """The rate with the best validation accuracy."""
    from data_scripts.experiments.far_domain_rates import PLAN as TRIED

    return best_of(TRIED, strategy=strategy)


PLAN = Plan(
    name="far-domain",
    question="Does a network trained on photos help with spectrograms, and what helps where it does not?",
    claims=["N1", "N2"],
    conditions=[{"strategy": s, "labels": labels} for labels in LABELS for s in STRATEGIES],
    seeds=[0, 1, 2],
    run=_run,
    needs=lambda keys: bundled_backbone(),
    seconds=lambda keys: 30 + keys["labels"] * (0.05 if keys["strategy"] == "frozen" else 0.3),
)
