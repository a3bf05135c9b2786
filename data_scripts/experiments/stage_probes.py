"""What can be read off each stage, by a linear probe: from the direction of an edge to the kind of animal (claim Y4).

Probes for a creature's looks are fitted on half of the kinds and scored on the other half, so that nobody can read a
coat off the name of its wearer. The kind itself, and the light, are scored on bursts held out.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from chapter9_lib.models import lab_resnet, load_pretrained, preprocessing
from chapter9_lib.studies import probe_stages
from chapter9_lib.worlds import Photos, split_by_group
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["ATTRIBUTES", "PLAN", "edge_direction"]

ATTRIBUTES = ("edge direction", "light", "coat", "pattern", "face", "headgear", "facing", "kind")
"""From what a few pixels show to what the whole animal is."""
_OF_BURSTS = ("light", "kind")
_DIRECTIONS = 4


def edge_direction(photo: Any) -> int:  # noqa: ANN401
    """The main direction of the edges in the middle of a photo, in four sectors, by the structure tensor.

    Sector 0 has edges that run up and down, 2 those from side to side, 1 and 3 the slanted ones between.
    """
    grey = np.asarray(photo.convert("L").resize((96, 72)), dtype=float)[18:54, 24:72]
    down, across = np.gradient(grey)
    angle = 0.5 * np.arctan2(2 * (across * down).sum(), (across**2 - down**2).sum())  # -90° to 90°, of the gradient
    return round(angle / (np.pi / _DIRECTIONS)) % _DIRECTIONS


@cache
def _labels() -> dict[str, np.ndarray]:
    """Each attribute of each source photo as a number; -1 where a photo has none."""
    photos = photos_of("source")
    columns = {name: [row[name] for row in photos.manifest] for name in ("light", "coat", "pattern")}
    columns |= {name: [row[name] if row["what"] == "animal" else "" for row in photos.manifest]
                for name in ("face", "headgear", "facing")}  # fmt: skip
    found = {name: np.unique(values, return_inverse=True)[1] for name, values in columns.items()}
    for name in ("face", "headgear", "facing"):
        found[name] = np.where(np.array(columns[name]) == "", -1, found[name])
    found["kind"] = photos.labels
    found["edge direction"] = np.array([edge_direction(photo) for photo, _ in photos])
    return found


def _network(name: str, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    if name == "trained":
        return load_pretrained("lab-resnet", source="bundled")
    model = lab_resnet(200, zero_init_last=False)  # with its branches shut it would be little more than its stem
    model.preprocessing = preprocessing(load_pretrained("lab-resnet", source="bundled"))
    return model


def _halves(attribute: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which photos a probe is fitted on, and which it is scored on."""
    photos = photos_of("source")
    if attribute in _OF_BURSTS:
        known, asked = split_by_group(photos, 0.5, seed=seed)
        return _places(photos, known), _places(photos, asked)
    kinds = np.random.default_rng(seed).permutation(len(photos.classes))[: len(photos.classes) // 2]
    fitted = np.isin(photos.labels, kinds)
    return np.flatnonzero(fitted), np.flatnonzero(~fitted)


def _places(whole: Photos, part: Photos) -> np.ndarray:
    where = {path: at for at, path in enumerate(whole.paths)}
    return np.array([where[path] for path in part.paths])


def _scores(model: nn.Module, attributes: Sequence[str], seed: int) -> dict[str, float]:
    fitted, scored = _halves(attributes[0], seed)
    labels = {name: (_labels()[name][fitted], _labels()[name][scored]) for name in attributes}
    photos = photos_of("source")
    found = probe_stages(model, photos.subset(fitted), photos.subset(scored), labels)
    scores = {f"{name} at {stage}": 100 * share for name, row in found.items() for stage, share in row.items()}
    for name, (known, asked) in labels.items():
        commonest = np.bincount(known[known >= 0]).argmax()
        scores[f"{name} at nothing"] = 100 * float((asked[asked >= 0] == commonest).mean())
    return scores


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    model = _network(keys["network"], seed)
    of_looks = [name for name in ATTRIBUTES if name not in _OF_BURSTS]
    return _scores(model, of_looks, seed) | _scores(model, _OF_BURSTS, seed)


PLAN = Plan(
    name="stage-probes",
    question="What can a linear probe read off each stage of a trained network, and of a random one?",
    claims=["Y4"],
    conditions=[{"network": network} for network in ("trained", "random")],
    seeds=[0, 1, 2],
    run=_run,
    split="probe",
    needs=lambda keys: bundled_backbone(),
    seconds=200,
)
