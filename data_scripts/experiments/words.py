"""How far words get, and how many labels a sentence is worth (claims P1 and P3).

`lab-clip` has never seen one of the five species, nor read a name. A seed of a condition with words is which of the
written descriptions are taken; of one with labels, which photos are labelled.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from chapter9_lib.models import ImageText, ZeroShot, find_head, load_pretrained, zero_shot
from chapter9_lib.training import evaluate, head_features, linear_probe, nearest_neighbours, prototypes
from chapter9_lib.worlds import Photos
from chapter9_lib.worlds.in_words import IN_WORDS, TEMPLATES
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone, lab_world_with

__all__ = ["PLAN", "clip", "in_words", "labelled"]

_SPLITS = ("test", "night")
_LABELS, _DECAYS, _SCALE = (1, 2, 5, 10, 20, 50), (1e-4, 1e-3, 1e-2), 1 / 0.07
_WORDS = {
    "one sentence": (1, 1), "one sentence in five templates": (1, 5), "two sentences": (2, 1), "four sentences": (4, 1),
    "four sentences in five templates": (4, 5),
}  # fmt: skip
"""{what is asked with: (descriptions of a species, templates)}. Of five, four leave another out with each seed."""
_EXAMPLES = ("nearest mean", "nearest example", "logistic regression", "nearest mean and a sentence")


@cache
def clip() -> ImageText:
    """The lab's image-text model."""
    model = load_pretrained("lab-clip", source="bundled")
    assert isinstance(model, ImageText)
    return model


def in_words(sentences: int, templates: int, seed: int) -> ZeroShot:
    """A classifier of so many descriptions of each species, beginning with number `seed`, in so many templates."""
    chosen = {name: [said[(seed + n) % len(said)] for n in range(sentences)] for name, said in IN_WORDS.items()}
    return zero_shot(clip(), chosen, templates=TEMPLATES[:templates])


def labelled(count: int, seed: int) -> Photos:
    """So many photos of each species, each of another burst."""
    train, random, chosen = photos_of("train"), np.random.default_rng(seed), []
    for label in range(len(train.classes)):
        own = random.permutation(np.flatnonzero(train.labels == label))
        _, first = np.unique(train.groups[own], return_index=True)
        chosen += own[np.sort(first)[:count]].tolist()
    return train.subset(chosen)


@cache
def _features(split: str) -> Tensor:
    return _vectors(photos_of(split))


def _vectors(photos: Photos) -> Tensor:
    """Where the model puts photos among sentences, as unit vectors, times what cosines are multiplied by."""
    tower = clip().image
    features, head = head_features(tower, photos), find_head(tower).module
    with torch.no_grad():
        return F.normalize(head(features.to(head.weight.device)).cpu(), dim=1) * _SCALE


def _probed(examples: Photos, split: str, decay: float) -> float:
    rows, test = _vectors(examples), photos_of(split)
    return linear_probe(rows, examples.labels, _features(split), test.labels, decay=decay, standardise=False)


@cache
def _best_decay(count: int) -> float:
    """The best of three on validation photos, which knows more than whoever has so few labels."""
    return max(_DECAYS, key=lambda decay: _probed(labelled(count, 100), "val", decay))


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    by, count = keys["by"], keys.get("labels", 0)
    if not count:
        classifier = in_words(*_WORDS[by], seed)
    elif by == "logistic regression":
        return {split: 100 * _probed(labelled(count, seed), split, _best_decay(count)) for split in _SPLITS}
    elif by == "nearest example":
        classifier = nearest_neighbours(clip(), labelled(count, seed))
    else:
        words = in_words(1, 1, seed) if by.endswith("sentence") else None
        classifier = prototypes(clip(), labelled(count, seed), words=words)
    return {split: 100 * evaluate(classifier, photos_of(split)).accuracy for split in _SPLITS}


PLAN = Plan(
    name="words",
    question="How well does a model name species that it never met, from a sentence each, and how many labels is that?",
    claims=["P1", "P3"],
    conditions=[
        *({"by": by} for by in _WORDS),
        *({"by": by, "labels": count} for by in _EXAMPLES for count in _LABELS),
    ],
    seeds=[0, 1, 2, 3, 4],
    run=_run,
    needs=lambda keys: bundled_backbone("lab-clip"),
    seconds=8,
    world=lambda: lab_world_with("lab-clip"),
)
