"""How many photos at once suit a CPU in passes that learn nothing, and how far from all at once their rounding is.

    python benchmarks/passes.py                                     # MobileNetV2's shape, 224 px
    python benchmarks/passes.py --network resnet50 --photos 64

`PhotoBatches.at_once` is what the library gives such a network to score photos; what a training goes on from, such as a
cache, is computed at least sixteen at once, which round as a training's batches do. Times are this process's seconds on
one core; the sizes take turns, and the median counts. Weights and pixels are random: they don't change the time.
"""

import argparse
import statistics
import time

import torch
from PIL import Image
from torch import nn

from chapter9_lib import load_pretrained, preprocessing
from chapter9_lib.training import PhotoBatches

SIZES = (1, 4, 8, 16, 32, 64)


def seconds(model: nn.Module, images: torch.Tensor, at_once: int) -> float:
    """Of a pass over the images, so many at once."""
    start = time.process_time()
    with torch.inference_mode():
        for few in images.split(at_once):
            model(few)
    return time.process_time() - start


def rounding(model: nn.Module, images: torch.Tensor, at_once: int) -> float:
    """How far features are from those of all images at once, at most."""
    with torch.inference_mode():
        together = model.forward_features(images)
        apart = torch.cat([model.forward_features(few) for few in images.split(at_once)])
    return float((apart - together).abs().max())


def main() -> None:
    """Parse the command line, measure, and print milliseconds a photo and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="mobilenetv2_100", help="of timm's")
    parser.add_argument("--photos", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    choice = parser.parse_args()
    torch.set_num_threads(1)
    model = load_pretrained(choice.network, pretrained=False, num_classes=5)
    height, width = preprocessing(model).size
    ours = PhotoBatches([Image.new("RGB", (width, height))], preprocessing(model)).at_once(max(SIZES))
    images = torch.rand(choice.photos, 3, height, width)
    sizes = sorted({*SIZES, ours})
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(choice.rounds + 1):
        for size in sizes:
            times[size].append(seconds(model, images, size))
    medians = {size: statistics.median(own[1:]) for size, own in times.items()}
    print(f"{choice.network}, {width} x {height} pixels, {choice.photos} photos, one core; at_once gives {ours}")
    for size, median in medians.items():
        each = 1000 * median / choice.photos
        print(f"{size:3} at once {each:6.1f} ms a photo, {median / medians[ours]:.2f} of at_once's, "
              f"features {rounding(model, images[: max(SIZES)], size):.0e} apart")  # fmt: skip


if __name__ == "__main__":
    main()
