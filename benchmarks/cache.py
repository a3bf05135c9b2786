"""What the activation cache saves: a head trained for 20 epochs with it and without, in one run.

    python benchmarks/cache.py [--photos 400] [--epochs 20]

Without the cache the backbone runs over every photo in every epoch, with it once; so arithmetic allows a saving of
(epochs - 1) passes of the backbone, timed here by itself, before, between and after. Figures are ratios within this
run; on a machine with other work to do, the share may come out above 100 %.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import nn

from chapter9_lib.models import find_head, freeze, lab_resnet, preprocessing
from chapter9_lib.training import PhotoBatches, fine_tune
from chapter9_lib.training.devices import place


class NoisePhotos:
    """Photos of noise, as large as the lab's."""

    def __init__(self, count: int, classes: int = 5) -> None:
        random = np.random.default_rng(0)
        self.labels = np.arange(count) % classes
        self.pixels = random.integers(0, 255, (count, 120, 160, 3), dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        return Image.fromarray(self.pixels[index]), int(self.labels[index])


def seconds(job: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def backbone_pass(model: nn.Module, photos: NoisePhotos, batch_size: int = 64) -> float:
    """Wall time of the frozen layers alone over all photos, from decoded pixels."""
    batches = PhotoBatches(photos, preprocessing(model))
    steps = torch.arange(len(photos)).split(batch_size)
    bare = place(copy.deepcopy(model).eval(), torch.device("cpu"))
    bare.set_submodule(find_head(bare).name, nn.Identity())
    with torch.no_grad():
        bare(batches.batch(steps[0]))
        return seconds(lambda: [bare(batches.batch(indices)) for indices in steps])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args()
    photos, model = NoisePhotos(options.photos), freeze(lab_resnet(5))

    def train(cache: bool) -> nn.Module:
        tuned = copy.deepcopy(model)
        fine_tune(tuned, photos, epochs=options.epochs, cache=cache, device="cpu", progress=False)
        return tuned

    results: dict[bool, nn.Module] = {}
    times, passes = {}, []
    for cache in (True, False):
        passes += [backbone_pass(model, photos) for _ in range(3)]
        times[cache] = seconds(lambda cache=cache: results.update({cache: train(cache)}))
    passes += [backbone_pass(model, photos) for _ in range(3)]
    possible = (options.epochs - 1) * statistics.median(passes)
    saved = times[False] - times[True]
    weights = [results[cache].state_dict() for cache in (True, False)]
    apart = max(float((weights[0][name] - weights[1][name]).abs().max()) for name in weights[0])
    print(f"{options.photos} photos, {options.epochs} epochs, head only, {torch.get_num_threads()} threads")
    print(f"without the cache / with it:          {times[False] / times[True]:.1f} x")
    print(f"share of the possible saving reached: {saved / possible:.0%} (promised: at least 85 %)")
    print(f"largest difference between weights:   {apart:.1e} (promised: at most 1e-5)")


if __name__ == "__main__":
    main()
