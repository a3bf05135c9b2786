"""What a training step with adapters costs: ours, peft's, and without, in one run.

    pip install -e ".[peers]"                        # in an environment of its own
    python benchmarks/adapters.py                    # a ViT-Tiny's shape, rank 8 on its attention
    python benchmarks/adapters.py --network vit_base_patch16_224 --batch 4

Times are this process's seconds on one core; the three take turns, and the median counts. Weights are random: they
don't change the time.
"""

import argparse
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

from chapter9_lib import load_pretrained, preprocessing
from chapter9_lib.models import add_lora

ATTENTION, PEERS = r"attn\.(qkv|proj)", "peft's"


def kitchens(network: str, rank: int) -> dict[str, nn.Module]:
    """The same network three times: everything trained, with our adapters, and with peft's."""
    from peft import LoraConfig, get_peft_model

    plain, ours, theirs = (load_pretrained(network, pretrained=False, num_classes=5) for _ in range(3))
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=rf".*{ATTENTION}", modules_to_save=["head"])
    return {
        "everything": plain,
        "ours": add_lora(ours, rank=rank, targets=ATTENTION),
        PEERS: get_peft_model(theirs, config),
    }


def step(model: nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, labels: torch.Tensor) -> float:
    """The seconds of forward, backward and update."""
    start = time.process_time()
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    optimizer.step()
    return time.process_time() - start


def main() -> None:
    """Parse the command line, measure, and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="vit_tiny_patch16_224", help="a transformer of timm's")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=12)
    choice = parser.parse_args()
    torch.set_num_threads(1)
    models = {name: model.train() for name, model in kitchens(choice.network, choice.rank).items()}
    learned = {name: [p for p in model.parameters() if p.requires_grad] for name, model in models.items()}
    optimizers = {name: torch.optim.AdamW(own, lr=1e-4) for name, own in learned.items()}
    images = torch.rand(choice.batch, 3, *preprocessing(models["everything"]).size)
    labels, times = torch.randint(0, 5, (choice.batch,)), {name: [] for name in models}
    for _ in range(choice.steps + 1):
        for name, model in models.items():
            times[name].append(step(model, optimizers[name], images, labels))
    medians = {name: statistics.median(own[1:]) for name, own in times.items()}
    print(f"{choice.network}, rank {choice.rank} on attention, batches of {choice.batch}, one core")
    for name, median in medians.items():
        share = sum(p.numel() for p in learned[name]) / sum(p.numel() for p in models[name].parameters())
        print(f"{name:11} {share:7.2%} trained, a step takes {median / medians['everything']:.2f} of everything's")
    print(f"ours over peft's: {medians['ours'] / medians[PEERS]:.2f}")


if __name__ == "__main__":
    main()
