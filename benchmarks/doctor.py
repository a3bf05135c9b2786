"""What a visit to the doctor costs, in epochs of the training that it looks at, in one run.

    python benchmarks/doctor.py                              # the lab's network and photos
    python benchmarks/doctor.py --network mobilenetv2_100    # a network of timm's with random weights

`examine` takes one step on one batch and looks at some photos of each set, however many there are: the more photos, the
less of an epoch it costs. Times are this process's seconds; the two take turns, and the median counts.
"""

import argparse
import statistics
import time

import torch
from torch import nn

from chapter9_lib import examine, fine_tune, freeze, load_pretrained, open_world
from chapter9_lib.worlds import Photos

PHOTOS = (100, 800)


def trained(model: nn.Module, photos: Photos) -> None:
    """One epoch, of whatever is thawed, in new views."""
    fine_tune(model, photos, epochs=1, batch_size=32, augment=True, progress=False)


def visit(model: nn.Module, train: Photos, val: Photos) -> None:
    """The doctor's look at the same set-up."""
    examine(model, train, val, optimizer=torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3))


def ratio(model: nn.Module, train: Photos, val: Photos) -> float:
    """A visit's seconds over an epoch's."""
    began = time.process_time()
    visit(model, train, val)
    seen = time.process_time()
    trained(model, train)
    return (seen - began) / (time.process_time() - seen)


def main() -> None:
    """Parse the command line, measure, and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="lab-resnet", help="bundled, or of timm's")
    parser.add_argument("--repeats", type=int, default=3)
    choice = parser.parse_args()
    torch.set_num_threads(1)
    bundled, world = choice.network.startswith("lab-"), open_world("lab")
    for what in ("everything", "the head alone"):
        model = load_pretrained(choice.network, "bundled" if bundled else "timm", num_classes=5, pretrained=bundled)
        if what == "the head alone":
            freeze(model)
        for count in PHOTOS:
            train, val = world.photos("train").sample(count, seed=0), world.photos("val")
            median = statistics.median(ratio(model, train, val) for _ in range(choice.repeats))
            print(f"{choice.network}, {what} trained on {count} photos: a visit costs {median:.2f} epochs")


if __name__ == "__main__":
    main()
