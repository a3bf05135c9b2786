"""Borrowing where the target looks like little or nothing the network has seen (claims N1, N2).

Two targets: photos of the species by night, for a network that learned mostly by day (a moderate shift), and
spectrograms of animal calls (a far one). Every strategy trains for the same number of steps, at the best of four rates
on validation data, with a seed of its own. Calls are shown as they are, for a mirrored call is another call; nights
with the usual augmentation. Whoever borrows, borrows one network: that of the series, one that has heard forty other
animals, or one that has heard the five species without labels.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm, lab_resnet, load_pretrained, reinitialize, replace_head
from chapter9_lib.training import Phase, evaluate, fine_tune, pretrain_self_supervised
from chapter9_lib.worlds import calls as calls_package
from chapter9_lib.worlds import open_world
from chapter9_lib.worlds.calls import Calls, open_calls
from data_scripts.experiments.lab import budget
from data_scripts.experiments.learning_rates import best_of, chosen_in
from data_scripts.experiments.nights import night_test
from data_scripts.experiments.transfer_nets import kept
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["MOST_STEPS", "PLAN", "STRATEGIES", "TARGETS", "calls_made", "mixed_calls", "needs_of", "rate_for",
           "rate_needs", "rates_of", "scored", "seconds_of", "tried_with", "tuned"]  # fmt: skip

MOST_STEPS = 1200
_BATCH, _TESTED, _UNLABELLED, _OTHER_CALLS, _FIRST, _POOL, _NIGHTS = 32, 600, 2000, 4000, 10_000, 5000, 800
_HEAD_RATE = 1e-2
_PHOTOS, _OTHERS, _NO_LABELS = "photos", "calls of other animals", "calls without labels"


def _source(name: str) -> nn.Module:
    if name == _PHOTOS:
        return load_pretrained("lab-resnet", source="bundled", num_classes=5)
    recipe = {_OTHERS: {"epochs": 15, "lr": 3e-3, "batch_size": 64, "augment": False},
              _NO_LABELS: {"epochs": 50, "flip": 0.0, "zoom": 0.3, "crop": "width"}}[name]  # fmt: skip
    digest = hashlib.sha256(f"{calls_made()}{recipe}".encode()).hexdigest()[:8]

    def make() -> nn.Module:
        torch.manual_seed(0)
        if name == _NO_LABELS:
            model = lab_resnet(5)
            pretrain_self_supervised(model, open_calls("train", _UNLABELLED), seed=0, progress=False, **recipe)
        else:
            model = lab_resnet(40)
            fine_tune(model, open_calls("source", _OTHER_CALLS), seed=0, progress=False, **recipe)
        return model

    return kept(f"{name.replace(' ', '-')}-{digest}", make)


@dataclass(frozen=True)
class Strategy:
    """One way to come by a network for five classes.

    Attributes:
        source: whose weights; None: nobody's.
        afresh: the stage from which on they are drawn anew.
        recipe: "all" at one rate; the "head" alone; or "taught", as 04 does: the head, then all, the norms held.
        stretch: so many times the usual epochs.
    """

    source: str | None = _PHOTOS
    afresh: str | None = None
    recipe: str = "all"
    stretch: int = 1


STRATEGIES: dict[str, Strategy] = {
    "scratch": Strategy(None),
    "scratch five times as long": Strategy(None, stretch=5),
    "frozen": Strategy(recipe="head"),
    "fine-tuned": Strategy(),
    "as 04 taught": Strategy(recipe="taught"),
    "afresh from layer4": Strategy(afresh="layer4"),
    "afresh from layer3": Strategy(afresh="layer3"),
    "afresh from layer2": Strategy(afresh="layer2"),
    "afresh from stem": Strategy(afresh="stem"),
    "calls of other animals": Strategy(_OTHERS),
    "calls of other animals and frozen": Strategy(_OTHERS, recipe="head"),
    "self-supervised": Strategy(_NO_LABELS),
    "self-supervised and frozen": Strategy(_NO_LABELS, recipe="head"),
}
"""Without a comma in their names, by which records tell keys apart. "fine-tuned": all at once, the norms alive."""


@dataclass(frozen=True)
class Target:
    """What is to be learned: labelled examples of whatever the seed says, and those that choose and score."""

    train: Callable[[int, int], Sequence[Any]]
    val: Callable[[], Sequence[Any]]
    test: Callable[[], Sequence[Any]]
    augment: bool


def mixed_calls(first: int, pool: int, seed: int) -> Calls:
    """So many labelled calls from a number on, species by species, in an order of the seed's: the first few are of as
    many animals."""
    rows = np.random.default_rng(seed).permutation(pool // 5)
    return Calls("train", (first + 5 * rows[:, None] + np.arange(5)).ravel())


@cache
def _calls(labels: int, seed: int) -> Calls:
    """Other animals for every seed; the fewer are among the more, and none is among those without labels."""
    return mixed_calls(_FIRST + _POOL * (seed % 10), _POOL, seed).subset(range(labels))


def _nights(labels: int, seed: int) -> Sequence[Any]:
    rows = np.random.default_rng(seed).permutation(_NIGHTS // 5)
    nights = open_world("lab").more_photos(_NIGHTS + 200, light="infrared")
    return nights.subset((5 * rows[:, None] + np.arange(5)).ravel()[:labels])


def _held_nights() -> Sequence[Any]:
    return open_world("lab").more_photos(_NIGHTS + 200, light="infrared").subset(range(_NIGHTS, _NIGHTS + 200))


TARGETS: dict[str, Target] = {
    "night": Target(_nights, _held_nights, night_test, augment=True),
    "calls": Target(_calls, lambda: open_calls("val", 300), lambda: open_calls("test", _TESTED), augment=False),
}


@cache
def calls_made() -> str:
    """A checksum of the code that makes the calls."""
    files = sorted(Path(next(iter(calls_package.__path__))).glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def tuned(target: str, strategy: str, labels: int, rate: float, seed: int) -> tuple[nn.Module, float]:
    """A network for the five species, and its accuracy in training."""
    chosen = STRATEGIES[strategy]
    source = _source(chosen.source) if chosen.source else None  # made before anything is drawn
    torch.manual_seed(seed)
    model = lab_resnet(5) if source is None else replace_head(source, 5)
    if chosen.afresh:
        reinitialize(model, chosen.afresh)
    epochs = chosen.stretch * budget(labels, MOST_STEPS)
    first = max(1, epochs // 3)
    phases = {
        "all": [Phase("stem", epochs, rate)],
        "head": [Phase("head", epochs, rate)],
        "taught": [Phase("head", first, _HEAD_RATE), Phase("stem", epochs - first, rate)],
    }[chosen.recipe]
    history = fine_tune(
        freeze_batchnorm(model) if chosen.recipe == "taught" else model, TARGETS[target].train(labels, seed),
        phases=phases, batch_size=_BATCH, augment=TARGETS[target].augment, seed=seed, progress=False,
    )  # fmt: skip
    return model, history.accuracy[-1]


def scored(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    """Percent right on what was held out, and in training, at the rate that was best for it."""
    target, strategy, labels = keys["target"], keys["strategy"], keys["labels"]
    model, learned = tuned(target, strategy, labels, rate_for(target, strategy, labels), seed)
    return {"test": 100 * evaluate(model, TARGETS[target].test()).accuracy, "training": 100 * learned}


def rates_of(strategy: str) -> tuple[float, ...]:
    """What it may choose from: four rates, three times as high where the head alone is trained."""
    return (1e-3, 3e-3, 1e-2, 3e-2) if STRATEGIES[strategy].recipe == "head" else (3e-4, 1e-3, 3e-3, 1e-2)


def tried_with(target: str, strategy: str, labels: int) -> int:
    """With how many labels the rate for so many was chosen."""
    many = target == "calls" and strategy in ("scratch", "frozen", "fine-tuned", "as 04 taught")
    return 800 if labels >= 800 and many else 200


def rate_for(target: str, strategy: str, labels: int) -> float:
    """The rate with the best validation accuracy."""
    from data_scripts.experiments.far_domain_rates import PLAN as TRIED

    return best_of(TRIED, **_asked(target, strategy, labels))


def rate_needs(target: str, strategy: str, labels: int) -> dict[str, str]:
    """The rate that was chosen, for `Plan.needs`."""
    from data_scripts.experiments.far_domain_rates import PLAN as TRIED

    return chosen_in(TRIED, rate_for(target, strategy, labels), **_asked(target, strategy, labels))


def needs_of(keys: Mapping[str, Any]) -> dict[str, str]:
    """The backbone, the calls, and the rate that was chosen."""
    chosen = rate_needs(keys["target"], keys["strategy"], keys["labels"])
    return bundled_backbone() | {"calls": calls_made()} | chosen


def _asked(target: str, strategy: str, labels: int) -> dict[str, Any]:
    usual = "scratch" if strategy.startswith("scratch") else strategy
    return {"target": target, "strategy": usual, "labels": tried_with(target, usual, labels)}


def seconds_of(keys: Mapping[str, Any]) -> float:
    """What a run of these keys is expected to take."""
    chosen, passes = STRATEGIES[keys["strategy"]], keys["labels"] * budget(keys["labels"], MOST_STEPS)
    return 15 + chosen.stretch * passes / (2000 if chosen.recipe == "head" else 80)


_ASKED = {
    ("calls", 50): ("scratch", "frozen", "fine-tuned", "as 04 taught", "afresh from layer3", "calls of other animals",
                    "calls of other animals and frozen", "self-supervised", "self-supervised and frozen"),
    ("calls", 200): tuple(STRATEGIES),
    ("calls", 800): ("scratch", "frozen", "fine-tuned", "as 04 taught"),
    ("night", 200): ("scratch", "frozen", "fine-tuned", "as 04 taught", "afresh from layer4", "afresh from layer3"),
}  # fmt: skip

PLAN = Plan(
    name="far-domain",
    question="Does a network trained on photos help by night and with spectrograms, and what helps where not?",
    claims=["N1", "N2"],
    conditions=[
        {"target": target, "strategy": strategy, "labels": labels}
        for (target, labels), strategies in _ASKED.items()
        for strategy in strategies
    ],
    seeds=[0, 1, 2, 3, 4],
    run=scored,
    needs=needs_of,
    seconds=seconds_of,
)
