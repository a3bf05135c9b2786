"""What the activation cache saves, boundary by boundary: a training with it and without, in one run.

    python benchmarks/cache.py                                  # the lab's network, on the lab's photos
    python benchmarks/cache.py --network mobilenetv2_100        # real weights and photos (CHAPTER9_FIELD)
    python benchmarks/cache.py --network resnet50 --photos 160  # a ResNet-50's shape, on noise

Without the cache the frozen part runs over every photo in every epoch, with it once; so arithmetic allows all of its
passes but one to be saved. What those take, the preparation of the batches included, is clocked within the training
without the cache. Whole trainings are timed: decoding, forward, backward, the optimizer; each `--repeats` times, the
two kinds in turn, of which the median counts. Times are this process's seconds on one core, not the clock's, so that
other work on the machine disturbs little. Figures are ratios within this run.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import torch
from PIL import Image
from torch import nn

from chapter9_lib import freeze, freeze_batchnorm, load_pretrained, open_world, preprocessing, stages
from chapter9_lib.training import ActivationCache, PhotoBatches, fine_tune
from chapter9_lib.worlds import Photos

BATCH = 32


class NoisePhotos:
    """Photos of noise."""

    def __init__(self, count: int, classes: int = 5, size: tuple[int, int] = (120, 160)) -> None:
        random = np.random.default_rng(0)
        self.labels = np.arange(count) % classes
        self.pixels = random.integers(0, 255, (count, *size, 3), dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        return Image.fromarray(self.pixels[index]), int(self.labels[index])


@dataclass(frozen=True)
class Saving:
    """One boundary's figures.

    Attributes:
        until: the first thawed stage.
        faster: the training without the cache takes so many times as long.
        share: of the saving that arithmetic allows, so much was reached.
        possible: of the training without the cache, so much time is spent on passes that need not be made.
        mebibytes: what is kept.
        apart: largest difference between the weights of the two trainings.
    """

    until: str
    faster: float
    share: float
    possible: float
    mebibytes: float
    apart: float


class FrozenClock:
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


def measure(model: nn.Module, photos: Sequence[Any], until: str, epochs: int, repeats: int) -> Saving:
    """Train from one boundary with the cache and without; see how much of the possible saving is reached."""
    freeze(freeze_batchnorm(model), until)
    kept = ActivationCache(model, photos, device="cpu").kept[until]
    times: dict[bool, list[float]] = {True: [], False: []}
    possible, weights = [], {}
    for use in (True, False) * repeats:
        tuned = copy.deepcopy(model)
        clock = FrozenClock(tuned, until)
        start = time.process_time()
        with mock.patch.object(PhotoBatches, "batch", clock.timed(PhotoBatches.batch)):
            fine_tune(
                tuned, photos, epochs=epochs, cache=use, augment=False, batch_size=BATCH, device="cpu", progress=False
            )
        times[use].append(time.process_time() - start)
        weights[use] = tuned.state_dict()
        if not use:
            possible.append(clock.seconds * (epochs - 1) / epochs)
    without, using, idle = (statistics.median(found) for found in (times[False], times[True], possible))
    apart = max(float((weights[True][name].double() - tensor.double()).abs().max())
                for name, tensor in weights[False].items())  # fmt: skip
    return Saving(until, without / using, (without - using) / idle, idle / without, kept.bytes / 2**20, apart)


def _some(photos: Photos, count: int) -> Photos:
    """Photos drawn at random, of however many classes they are."""
    return photos.subset(np.random.default_rng(0).permutation(len(photos))[:count])


def kitchen(network: str, count: int) -> tuple[nn.Module, Sequence[Any]]:
    """A network and photos to measure with."""
    torch.manual_seed(0)
    if network == "lab-resnet":
        model = load_pretrained(network, source="bundled", num_classes=5)
        return model, open_world("lab").photos("train").sample(count)
    if network == "mobilenetv2_100":
        return load_pretrained(network, num_classes=5), _some(open_world("field").photos("train"), count)
    model = load_pretrained(network, pretrained=False, num_classes=5)
    return model, NoisePhotos(count, size=preprocessing(model).size)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="lab-resnet")
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--until", nargs="*", help="first thawed stages; default: the last three")
    options = parser.parse_args()
    model, photos = kitchen(options.network, options.photos)
    found = [stage.name for stage in stages(model)]
    torch.set_num_threads(1)
    print(f"{options.network}, {len(photos)} photos, {options.epochs} epochs, median of {options.repeats}, one core")
    print(f"{'thawed from':<14} {'faster':>7} {'reached / possible':>20} {'kept':>10} {'weights apart':>14}")
    for until in options.until or reversed(found[-3:]):
        saving = measure(copy.deepcopy(model), photos, until, options.epochs, options.repeats)
        of_all = f"{saving.share * saving.possible:.0%} / {saving.possible:.0%} of time"
        print(
            f"{saving.until:<14} {saving.faster:6.1f}x {of_all:>20} {saving.mebibytes:6.0f} MiB {saving.apart:14.1e}"
            f"   ({saving.share:.0%} of the possible)"
        )


if __name__ == "__main__":
    main()
