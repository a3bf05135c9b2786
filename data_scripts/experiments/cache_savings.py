"""What the cache at the freeze boundary saves, of what arithmetic allows: a training with it and without, in one run.

Without the cache the frozen part runs over every photo in every epoch, with it once (once for each view that is kept);
so arithmetic allows all other passes to be saved. What those take, decoding, augmentation and the preparation of
batches included, is clocked within the training without the cache. Whole trainings are timed, in the process's own
seconds of one thread, and only ratios are kept. A "seed" of this record is a repetition. Measure it with nothing else
at work, and with --workers 1.

Batches are of equal size: a last one that is much smaller is computed by other kernels, whose roundings AdamW makes
large.
"""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest import mock

import numpy as np
import torch
from PIL import Image
from torch import nn

from chapter9_lib import freeze, freeze_batchnorm, load_pretrained, open_world, preprocessing, stages
from chapter9_lib.training import ActivationCache, PhotoBatches, fine_tune
from data_scripts.experiments.field import field_weights, field_world
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN"]

BATCH = 32
_LAB, _REAL, _LARGE = "lab-resnet", "MobileNetV2, real photos", "ResNet-50's shape, noise"
_STAGES = {_LAB: ("head", "layer4", "layer3"), _REAL: ("head", "conv_head", "blocks.6"),
           _LARGE: ("head", "layer4", "layer3")}  # fmt: skip
_VIEWED = ((_LAB, "layer4"), (_REAL, "blocks.6"))
_EPOCHS, _SECONDS = {_LAB: 10, _REAL: 8, _LARGE: 6}, {_LAB: 40, _REAL: 60, _LARGE: 130}
_VIEWS = 4


class _Noise:
    """Photos of noise."""

    def __init__(self, count: int, size: tuple[int, int]) -> None:
        self.labels = np.arange(count) % 5
        self.pixels = np.random.default_rng(0).integers(0, 255, (count, *size, 3), dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        return Image.fromarray(self.pixels[index]), int(self.labels[index])


class _FrozenClock:
    """Counts the seconds that a training spends on preparing batches and on the layers in front of a stage."""

    def __init__(self, model: nn.Module, until: str) -> None:
        self.seconds, self.since = 0.0, 0.0
        model.register_forward_pre_hook(self._start)
        for part in next(stage for stage in stages(model) if stage.name == until).parts:
            model.get_submodule(part).register_forward_pre_hook(self._stop)

    def timed(self, job: Callable[..., Any]) -> Callable[..., Any]:
        """The same job, clocked."""

        def clocked(*args: object, **kwargs: object) -> object:
            start = time.process_time()
            found = job(*args, **kwargs)
            self.seconds += time.process_time() - start
            return found

        return clocked

    def _start(self, *_: object) -> None:
        self.since = time.process_time()

    def _stop(self, *_: object) -> None:
        self.seconds, self.since = self.seconds + (time.process_time() - self.since if self.since else 0.0), 0.0


def _kitchen(network: str) -> tuple[nn.Module, Sequence[Any]]:
    if network == _LAB:
        return load_pretrained(network, source="bundled", num_classes=5), open_world("lab").photos("train").sample(416)
    if network == _REAL:
        photos = open_world("field").photos("train")
        model = load_pretrained("mobilenetv2_100", num_classes=5)
        return model, photos.subset(np.random.default_rng(0).permutation(len(photos))[:96])
    model = load_pretrained("resnet50", pretrained=False, num_classes=5)
    return model, _Noise(96, preprocessing(model).size)


def _epochs(keys: Mapping[str, Any]) -> int:
    """Views cost a pass each, and are for longer trainings."""
    return _EPOCHS[keys["network"]] * (2 if keys["views"] else 1)


def _trained(
    model: nn.Module, photos: Sequence[Any], keys: Mapping[str, Any], cache: bool
) -> tuple[nn.Module, float, float]:  # fmt: skip
    """The trained network; the training's seconds; and those of them that went into batches and frozen layers."""
    tuned, views = copy.deepcopy(model), keys["views"]
    clock, start = _FrozenClock(tuned, keys["thawed from"]), time.process_time()
    with mock.patch.object(PhotoBatches, "batch", clock.timed(PhotoBatches.batch)):
        fine_tune(tuned, photos, epochs=_epochs(keys), cache=cache, augment=bool(views),
                  views=views if cache else 0, batch_size=BATCH, device="cpu", progress=False)  # fmt: skip
    return tuned, time.process_time() - start, clock.seconds


def _run(keys: Mapping[str, Any], repetition: int) -> dict[str, float]:
    torch.manual_seed(0)
    model, photos = _kitchen(keys["network"])
    until, views, epochs = keys["thawed from"], keys["views"], _epochs(keys)
    freeze(freeze_batchnorm(model), until)
    order = (True, False) if repetition % 2 else (False, True)
    found = {cache: _trained(model, photos, keys, cache) for cache in order}
    (cached, quick, _), (plain, slow, frozen) = found[True], found[False]
    possible, saved = frozen * (epochs - max(1, views)) / epochs, slow - quick
    ends = cached.state_dict(), plain.state_dict()
    apart = max(float((ends[0][name] - ends[1][name]).abs().max()) for name in ends[0])
    kept = ActivationCache(model, photos, until=until, views=views, device="cpu").kept[until]
    return {"times as fast": slow / quick, "saved, % of the time": 100 * saved / slow,
            "possible, % of the time": 100 * possible / slow, "of the possible, %": 100 * saved / possible,
            "MiB kept": kept.bytes / 2**20, **({} if views else {"weights apart": apart})}  # fmt: skip


def _needs(keys: Mapping[str, Any]) -> dict[str, str]:
    if keys["network"] == _LAB:
        return bundled_backbone()
    return field_weights("timm/mobilenetv2_100") if keys["network"] == _REAL else {}


PLAN = Plan(
    name="cache-savings",
    question="How much of the time that frozen layers take does the cache save, of what arithmetic allows?",
    claims=["T2"],
    conditions=[
        *({"network": network, "thawed from": until, "views": 0} for network in _STAGES for until in _STAGES[network]),
        *({"network": network, "thawed from": until, "views": _VIEWS} for network, until in _VIEWED),
    ],
    seeds=[0, 1, 2],
    repeats="repetitions",
    run=_run,
    split="measure",
    unit="",
    seconds=lambda keys: _SECONDS[keys["network"]] * (2 if keys["views"] else 1),
    world=field_world,
    needs=_needs,
)
