"""What a step with adapters costs, ours and peft's, beside training everything, in one run (claim L1).

The three take turns on one core, in the process's own seconds; the median counts, and of the times only ratios are
kept. Weights are random: they don't change the time. A "seed" of this record is a repetition. Needs peft, in an
environment of its own (`pip install -e ".[peers]"`); measure it with --workers 1, and with little else at work.
"""

import importlib.util
import statistics
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.adapters import kitchens, step
from chapter9_lib import preprocessing
from data_scripts.recording import Plan, lab_world

__all__ = ["PLAN", "kept_for_the_way_back"]

_RANK, _BATCH, _STEPS = 8, 16, 8
_BYTES = 12  # a trained parameter: its gradient, and AdamW's two moments, in single precision


def kept_for_the_way_back(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """MiB of intermediate results that a forward pass keeps until the backward pass, parameters not counted."""
    own = {weights.untyped_storage().data_ptr() for weights in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        F.cross_entropy(model(images), labels).backward()
    model.zero_grad()
    return sum(kept.values()) / 2**20


def _run(keys: Mapping[str, Any], seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    models = {name: model.train() for name, model in kitchens(keys["network"], _RANK).items()}
    learned = {name: [p for p in model.parameters() if p.requires_grad] for name, model in models.items()}
    optimizers = {name: torch.optim.AdamW(own, lr=1e-4) for name, own in learned.items()}
    images, labels = torch.rand(_BATCH, 3, *preprocessing(models["everything"]).size), torch.randint(0, 5, (_BATCH,))
    found = {}
    for name, model in models.items():
        found[f"{name}: MiB kept for the way back"] = kept_for_the_way_back(model, images, labels)
        found[f"{name}: MiB of gradients and moments"] = _BYTES * sum(p.numel() for p in learned[name]) / 2**20
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(_STEPS + 1):
        for name, model in models.items():
            times[name].append(step(model, optimizers[name], images, labels))
    medians = {name: statistics.median(own[1:]) for name, own in times.items()}
    return found | {f"{name}: % of everything's step": 100 * medians[name] / medians["everything"] for name in models}


def _world() -> dict[str, str]:
    """The lab's, though no photo is looked at, once peft is installed.

    Raises:
        FileNotFoundError: while it isn't.
    """
    if importlib.util.find_spec("peft") is None:
        raise FileNotFoundError('peft is not installed: pip install -e ".[peers]", in an environment of its own')
    return lab_world()


PLAN = Plan(
    name="adapter-steps",
    question="What does a training step with adapters cost, ours and peft's, beside training everything?",
    claims=["L1"],
    conditions=[{"network": "vit_tiny_patch16_224"}],
    seeds=[0, 1, 2, 3, 4],
    repeats="repetitions",
    run=_run,
    split="measure",
    unit="",
    seconds=60,
    world=_world,
)
