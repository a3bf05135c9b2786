"""Real trail-camera photos, real ImageNet weights: scratch, random and borrowed features, five-fold by burst.

Needs CHAPTER9_FIELD. A "seed" of this record is a fold. Learning rates, and scikit-learn's C, are chosen on bursts
held out of each fold's training part: three tries for every method. Scratch, which is slow, chooses once, in the
first fold; the other folds' test photos took part in that choice, which can only be to its advantage.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import freeze, load_pretrained, preprocessing, replace_head
from chapter9_lib.training import evaluate, fine_tune
from chapter9_lib.worlds import Photos, open_world, split_by_group
from data_scripts.experiments.field import field_photos, field_world, fold_of
from data_scripts.experiments.heads import Activations, activations_of, head_accuracy, probe_accuracy
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

_RATES, _STRENGTHS = (1e-3, 3e-3, 1e-2), (0.1, 1.0, 10.0)
_EPOCHS = {"scratch": 20, "head": 60}
_BORROWED = {"borrowed": "mobilenetv2_100", "borrowed-two-layer": "mobilenetv2_100", "borrowed-vit":
             "vit_tiny_patch16_224"}  # fmt: skip


def _kitchen(method: str, seed: int) -> nn.Module:
    """A new head on a frozen backbone, or, for `scratch`, the lab's small ResNet with random weights."""
    torch.manual_seed(seed)
    if method == "scratch":
        return open_world("field", collection="trailcam").scratch_model()
    if method == "lab-borrowed":
        return freeze(load_pretrained("lab-resnet", source="bundled", num_classes=5))
    borrowed = load_pretrained(_BORROWED.get(method, "mobilenetv2_100"), source="timm", num_classes=5)
    if method != "random-features":
        two_layers = method == "borrowed-two-layer"
        return freeze(replace_head(borrowed, 5, hidden=512, dropout=0.3) if two_layers else borrowed)
    model = load_pretrained("mobilenetv2_100", source="timm", num_classes=5, pretrained=False)
    model.preprocessing = preprocessing(borrowed)
    return freeze(replace_head(model, 5))


def _score(method: str, train: Photos, test: Photos, setting: float, seed: int) -> float:
    """Percent right on `test` after training on `train` with one learning rate (or C)."""
    if method == "logistic-regression":
        return probe_accuracy(_activations("borrowed", 0), train, test, setting)
    if method != "scratch":
        return _head(method, train, test, setting, seed)
    model = _kitchen(method, seed)
    fine_tune(model, train, epochs=_EPOCHS["scratch"], lr=setting, batch_size=32, seed=seed, progress=False)
    return 100 * evaluate(model, test).accuracy


def _head(method: str, train: Photos, test: Photos, rate: float, seed: int) -> float:
    scores = head_accuracy(
        _kitchen(method, seed), _activations(method, seed), train, {"test": test}, rate=rate, epochs=_EPOCHS["head"],
        seed=seed,
    )  # fmt: skip
    return scores["test"]


@cache
def _activations(method: str, seed: int) -> Activations:
    """What a frozen backbone says of every photo, once a process; a borrowed one says the same for every seed."""
    if method == "borrowed-two-layer" or (method != "random-features" and seed):
        return _activations(method.removesuffix("-two-layer"), 0)
    return activations_of(_kitchen(method, seed), field_photos())


def _run(keys: Mapping[str, Any], fold: int) -> float:
    method = keys["method"]
    train, test = fold_of(fold)
    return _score(method, train, test, _best(method, 0 if method == "scratch" else fold), fold)


@cache
def _best(method: str, fold: int) -> float:
    """The setting that serves a method best on bursts held out of a fold's training part."""
    inner, held = split_by_group(fold_of(fold)[0], 0.25, seed=fold)
    tries = _STRENGTHS if method == "logistic-regression" else _RATES
    return max(tries, key=lambda setting: _score(method, inner, held, setting, fold))


PLAN = Plan(
    name="field-trailcam",
    question="On real trail-camera photos, what do real borrowed weights bring?",
    claims=["K2", "F2", "F3", "F6"],
    conditions=[{"method": m, "split": "five-fold by burst"} for m in
                ("scratch", "random-features", "lab-borrowed", *_BORROWED, "logistic-regression")],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    needs=lambda keys: bundled_backbone() if keys["method"] == "lab-borrowed" else {},
    seconds=lambda keys: {"scratch": 300.0, "lab-borrowed": 30.0}.get(keys["method"], 80.0),
    world=field_world,
)  # fmt: skip
