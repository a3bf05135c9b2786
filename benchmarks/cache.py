"""What the activation cache saves, boundary by boundary: a training with it and without, in one run.

    python benchmarks/cache.py                                  # the lab's network, on the lab's photos
    python benchmarks/cache.py --network mobilenetv2_100        # real weights and photos (CHAPTER9_FIELD)
    python benchmarks/cache.py --network resnet50 --photos 96   # a ResNet-50's shape, on noise

Without the cache the frozen part runs over every photo in every epoch, with it once; so arithmetic allows a saving of
(epochs - 1) passes of the frozen part over the decoded photos. Those passes are timed by themselves, before, between
and after, by running the network up to the boundary and no further. Whole trainings are timed: decoding, forward,
backward, the optimizer. Figures are ratios within this run; on a machine with other work to do, the share may come
out above 100 %.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from chapter9_lib import freeze, freeze_batchnorm, load_pretrained, open_world, preprocessing, stages
from chapter9_lib.training import ActivationCache, PhotoBatches, fine_tune
from chapter9_lib.training.crossing import record
from chapter9_lib.training.devices import place
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


def seconds(job: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def measure(model: nn.Module, photos: Sequence[Any], until: str, epochs: int) -> Saving:
    """Train from one boundary with the cache and without; see how much of the possible saving is reached."""
    freeze(freeze_batchnorm(model), until)
    cache = ActivationCache(model, photos, device="cpu")
    kept = cache.kept[until]

    def frozen_part() -> None:
        bare = place(copy.deepcopy(model), torch.device("cpu"))
        for indices in steps:
            record(bare, kept.boundary.crossings, batches.batch(indices))

    def train(use: bool) -> nn.Module:
        tuned = copy.deepcopy(model)
        fine_tune(
            tuned, photos, epochs=epochs, cache=use, augment=False, batch_size=BATCH, device="cpu", progress=False
        )
        return tuned

    batches, steps = PhotoBatches(photos, preprocessing(model)), torch.arange(len(photos)).split(BATCH)
    results: dict[bool, nn.Module] = {}
    times, passes = {}, []
    for use in (True, False):
        passes += [seconds(frozen_part) for _ in range(2)]
        times[use] = seconds(lambda use=use: results.update({use: train(use)}))
    passes += [seconds(frozen_part) for _ in range(2)]
    possible = (epochs - 1) * statistics.median(passes)
    weights = [results[use].state_dict() for use in (True, False)]
    apart = max(float((weights[0][name].double() - weights[1][name].double()).abs().max()) for name in weights[0])
    return Saving(
        until, times[False] / times[True], (times[False] - times[True]) / possible, possible / times[False],
        kept.bytes / 2**20, apart,
    )  # fmt: skip


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
    parser.add_argument("--until", nargs="*", help="first thawed stages; default: the last three")
    options = parser.parse_args()
    model, photos = kitchen(options.network, options.photos)
    found = [stage.name for stage in stages(model)]
    print(f"{options.network}, {len(photos)} photos, {options.epochs} epochs, {torch.get_num_threads()} threads")
    print(f"{'thawed from':<14} {'faster':>7} {'reached / possible':>20} {'kept':>10} {'weights apart':>14}")
    for until in options.until or reversed(found[-3:]):
        saving = measure(copy.deepcopy(model), photos, until, options.epochs)
        of_all = f"{saving.share * saving.possible:.0%} / {saving.possible:.0%} of time"
        print(
            f"{saving.until:<14} {saving.faster:6.1f}x {of_all:>20} {saving.mebibytes:6.0f} MiB {saving.apart:14.1e}"
            f"   ({saving.share:.0%} of the possible)"
        )


if __name__ == "__main__":
    main()
