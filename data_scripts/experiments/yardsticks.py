"""How hard and how lifelike the rendered photos are, judged from outside.

Three yardsticks: ImageNet's MobileNetV2, frozen, under a linear probe on rendered and on real photos alike; how often
the same network has the right animal among its first five of a thousand classes; and viewers who named 100 test photos
without seeing a label (`data_scripts.viewers`). Needs CHAPTER9_FIELD for the real photos and the real weights.
"""

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models import freeze, load_pretrained, preprocessing
from chapter9_lib.training import predict
from chapter9_lib.worlds import Photos, folds, open_world, split_by_group
from data_scripts.experiments.heads import Activations, activations_of, probe_accuracy
from data_scripts.recording import Plan, lab_world
from data_scripts.viewers import VIEWERS, checksum, share_right

__all__ = ["ANSWERS", "PLAN"]

_STRENGTHS = (0.001, 0.01, 0.1, 1.0)
ANSWERS: dict[str, tuple[int, ...]] = {
    "red fox": (277, 278),
    "roe deer": (349, 350, 351, 352, 353),
    "wild boar": (341, 342, 343),
    "European badger": (362,),
    "Eurasian lynx": (287,),
}
"""The ImageNet classes that count as right: red and kit fox; bighorn, ibex, hartebeest, impala, gazelle (ImageNet has
no deer); hog, wild boar, warthog; badger; lynx."""


@cache
def _network() -> nn.Module:
    """MobileNetV2 with its thousand classes; it sees the whole frame, as the lab's models do."""
    model = load_pretrained("mobilenetv2_100", source="timm")
    model.preprocessing = dataclasses.replace(preprocessing(model), crop=False, crop_pct=1.0)
    return model.eval()


@cache
def _photos(kind: str) -> Photos:
    """As many rendered photos as there are real ones, by day and at dusk; or the real ones."""
    if kind == "real":
        world = open_world("field", collection="trailcam")
        return world.photos("train") + world.photos("val")
    world = open_world("lab")
    return (world.photos("train") + world.photos("test")).sample(len(_photos("real")), seed=0)


@cache
def _features(kind: str) -> Activations:
    """What enters the network's head, by path."""
    return activations_of(freeze(_network()), _photos(kind))


def _probe(kind: str, fold: int) -> float:
    """Percent right of a linear probe on unseen cameras (rendered) or bursts (real: there is one camera)."""
    train, test = folds(_photos(kind), k=5, by="camera" if kind == "rendered" else "burst")[fold]
    inner, held = split_by_group(train, 0.25, seed=fold)
    best = max(_STRENGTHS, key=lambda strength: probe_accuracy(_features(kind), inner, held, strength))
    return probe_accuracy(_features(kind), train, test, best)


@cache
def _day() -> tuple[Photos, Tensor]:
    """The day photos of both test sets, and the five classes that the network names first for each."""
    world = open_world("lab")
    photos = (world.photos("test") + world.photos("test-seen")).where(light="day")
    return photos, torch.as_tensor(np.asarray(predict(_network(), photos))).topk(5, dim=1).indices


def _top_five(species: str, view: str, fold: int) -> float:
    """Percent of a species' day photos with a right class among the first five; one fifth of the photos a fold."""
    photos, first = _day()
    rows = [photos.labels == photos.classes.index(species)]
    if view == "clear":
        rows.append(np.array([float(row["visible"]) > 0.85 and row["weather"] in ("clear", "overcast")
                              for row in photos.manifest]))  # fmt: skip
    chosen = np.flatnonzero(np.logical_and.reduce(rows))
    chosen = np.random.default_rng(0).permutation(chosen)[fold::5]
    right = torch.isin(first[chosen], torch.tensor(ANSWERS[species])).any(1)
    return 100 * float(right.float().mean())


def _world() -> dict[str, str]:
    """The rendered world; without the real photos there is nothing to hold it against."""
    open_world("field", collection="trailcam")
    return lab_world()


def _needs(keys: Mapping[str, Any]) -> dict[str, str]:
    if keys.get("photos") == "real":
        return {"field/trailcam": open_world("field", collection="trailcam").hash}
    return {keys["viewer"]: checksum(keys["viewer"])} if keys["yardstick"] == "viewer" else {}


def _run(keys: Mapping[str, Any], fold: int) -> float:
    if keys["yardstick"] == "probe":
        return _probe(keys["photos"], fold)
    if keys["yardstick"] == "top five":
        return _top_five(keys["species"], keys["view"], fold)
    return 100 * share_right(keys["viewer"], fold)


PLAN = Plan(
    name="yardsticks",
    question="How hard are the rendered photos, and what do strangers take them for?",
    claims=[],
    conditions=[
        *({"yardstick": "probe", "photos": kind} for kind in ("rendered", "real")),
        *({"yardstick": "top five", "species": species, "view": view} for species in ANSWERS
          for view in ("clear", "all")),
        *({"yardstick": "viewer", "viewer": viewer} for viewer in VIEWERS),
    ],
    seeds=[0, 1, 2, 3, 4],
    repeats="folds",
    run=_run,
    needs=_needs,
    seconds=20.0,
    world=_world,
)  # fmt: skip
