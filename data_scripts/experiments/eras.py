"""Four eras of transfer learning on the same photos and one tower: what each trains, and how far it gets (P2, P3).

All of them begin with the photos' tower of `lab-clip`, which has seen no photo of the five species. Those that train
have fifteen epochs, the first third of them for the head alone where more follows, at the best of three rates.
"""

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import add_lora, freeze, freeze_batchnorm, replace_head
from chapter9_lib.training import Phase, evaluate, fine_tune, prototypes
from chapter9_lib.worlds import Photos
from data_scripts.experiments.lab import budget, photos_of
from data_scripts.experiments.learning_rates import best_of, chosen_in
from data_scripts.experiments.words import clip, in_words, labelled
from data_scripts.recording import Plan, bundled_backbone, lab_world_with

__all__ = ["LEARNING", "PLAN", "learned"]

_HEAD_RATE, _EPOCHS, _SPLITS = 1e-2, 15, ("test-seen", "test", "night")
_ON_FIVE = "everything, on five photos each"
LEARNING: dict[str, tuple[float, ...]] = {
    "features, a new head": (3e-3, 1e-2, 3e-2),
    "everything, gently": (3e-4, 1e-3, 3e-3),
    "adapters of rank 4": (1e-3, 3e-3, 1e-2),
}
"""What trains, and the rates that it may choose from."""
_SHOWN: dict[str, Callable[[int], nn.Module]] = {
    "a sentence each": lambda seed: in_words(1, 1, seed),
    "five photos each": lambda seed: prototypes(clip(), labelled(5, seed)),
}


def learned(era: str, rate: float, train: Photos, seed: int, epochs: int = _EPOCHS) -> nn.Module:
    """The tower with a head for the species after a training by the means of that era."""
    torch.manual_seed(seed)
    model, first = replace_head(copy.deepcopy(clip().image), 5), epochs // 3
    if era == "features, a new head":
        _train(freeze(model), train, [Phase("head", epochs, rate)], seed)
        return model
    head = Phase("head", first, _HEAD_RATE)
    if era == "everything, gently":
        _train(freeze_batchnorm(model), train, [head, Phase("stem", epochs - first, rate)], seed)
        return model
    _train(freeze_batchnorm(model), train, [head], seed)
    _train(add_lora(model, rank=4), train, [Phase(None, epochs - first, rate)], seed)
    return model


def _train(model: nn.Module, train: Photos, phases: list[Phase], seed: int) -> None:
    fine_tune(model, train, phases=phases, batch_size=32, seed=seed, progress=False)


def _made(era: str, seed: int) -> nn.Module:
    if era in _SHOWN:
        return _SHOWN[era](seed)
    if era == _ON_FIVE:
        few = labelled(5, seed)
        return learned("everything, gently", _best_rate("everything, gently"), few, seed, budget(len(few)))
    return learned(era, _best_rate(era), photos_of("train"), seed)


def _best_rate(era: str) -> float:
    from data_scripts.experiments.era_rates import PLAN as TRIED

    return best_of(TRIED, era=_tried_as(era))


def _tried_as(era: str) -> str:
    return "everything, gently" if era == _ON_FIVE else era


def _needs(keys: Mapping[str, Any]) -> dict[str, str]:
    from data_scripts.experiments.era_rates import PLAN as TRIED

    era = keys["era"]
    chosen = {} if era in _SHOWN else chosen_in(TRIED, _best_rate(era), era=_tried_as(era))
    return bundled_backbone("lab-clip") | chosen


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    clip(), photos_of("train")  # loaded before anything is timed
    start = time.process_time()
    model = _made(keys["era"], seed)
    seconds = time.process_time() - start
    trained = 0 if keys["era"] in _SHOWN else sum(w.numel() for w in model.parameters() if w.requires_grad)
    scores = {split: 100 * evaluate(model, photos_of(split)).accuracy for split in _SPLITS}
    return {**scores, "trained parameters": float(trained), "seconds": seconds}


PLAN = Plan(
    name="eras",
    question="What does each era of transfer learning train, and how far does it get on the same photos?",
    claims=["P2", "P3"],
    conditions=[{"era": era} for era in (*LEARNING, *_SHOWN, _ON_FIVE)],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    split="measure",
    unit="",
    needs=_needs,
    seconds=lambda keys: {"everything, gently": 150, "adapters of rank 4": 180, _ON_FIVE: 40}.get(keys["era"], 15),
    world=lambda: lab_world_with("lab-clip"),
)
