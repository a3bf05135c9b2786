"""Pretrain the bundled backbone on the source world, and pack it into the package's assets.

    python -m data_scripts.render_photos source-train       # first: the photos
    python -m data_scripts.pretrain --epochs 22             # resumes from runs/pretrain after an interruption
    python -m data_scripts.pretrain --pack                  # write assets/models/lab-resnet.safetensors and its card

Runs on a GPU where there is one. One photo in ten is held out for the accuracy on the card.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from chapter9_lib.models import lab_resnet, load_model, preprocessing, save_model
from chapter9_lib.paths import assets
from chapter9_lib.training.augmentation import augment_batch
from chapter9_lib.training.devices import pick_device
from chapter9_lib.training.optimizers import parameter_groups
from chapter9_lib.worlds.trailcam import SETS
from data_scripts.render_photos import VERSION, rows_of

RUNS = Path("runs/pretrain")


@dataclass
class Data:
    """Photos as uint8 `(N, 3, 72, 96)` and labels `(N,)`, split into training and held-out."""

    images: Tensor
    labels: Tensor
    held: Tensor

    @staticmethod
    def read(set_name: str = "source-train") -> "Data":
        """All photos of a rendered set, in memory; every tenth scene is held out."""
        rows = rows_of(set_name)
        prepare = preprocessing(lab_resnet(2))
        images = torch.empty(len(rows), 3, *prepare.size, dtype=torch.uint8)
        for i, row in enumerate(tqdm(rows, unit="photo", desc="reading")):
            with Image.open(Path(row["folder"]) / row["file"]) as photo:
                images[i] = prepare.pixels(photo)
        held = torch.from_numpy(np.random.default_rng(20).permutation(len(rows)) % 10 == 0)
        return Data(images, torch.tensor([int(row["label"]) for row in rows]), held)


def pretrain(data: Data, epochs: int, batch: int, rate: float, device: str, seed: int = 0) -> dict[str, Any]:
    """Train from random weights with AdamW and a one-cycle rate; returns the card's measurements."""
    torch.manual_seed(seed)
    model = lab_resnet(len(SETS["source-train"].kinds)).to(device, memory_format=torch.channels_last)
    train = (~data.held).nonzero()[:, 0]
    steps = epochs * (len(train) // batch)
    optimizer = torch.optim.AdamW(parameter_groups(model, rate, 0.05))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    RUNS.mkdir(parents=True, exist_ok=True)
    saved, start, seconds = RUNS / "last.ckpt", 0, 0.0
    settings = {"epochs": epochs, "batch": batch, "rate": rate, "seed": seed, "photos": len(train)}
    if saved.exists():
        state = torch.load(saved, weights_only=True, map_location=device)
        if state["settings"] != settings:
            raise SystemExit(f"{saved} was begun with {state['settings']}, not {settings}: finish it so, or delete it.")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        start, seconds = state["epoch"], state["seconds"]
    for epoch in range(start, epochs):
        began = time.perf_counter()
        loss = _epoch(
            model, data, train, optimizer, schedule, batch, torch.Generator().manual_seed(seed * 1000 + epoch)
        )
        seconds += time.perf_counter() - began
        print(
            f"epoch {epoch + 1}/{epochs} loss {loss:.3f} held out {accuracy(model, data, device):.3f} {seconds:.0f} s",
            flush=True,
        )
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
        torch.save(state | {"epoch": epoch + 1, "seconds": seconds, "settings": settings}, saved.with_suffix(".part"))
        saved.with_suffix(".part").replace(saved)
    model = model.to("cpu", memory_format=torch.contiguous_format)
    save_model(model, RUNS / "lab-resnet", half=True)
    return {
        "seconds": round(seconds),
        "epochs": epochs,
        "batch": batch,
        "rate": rate,
        "photos": len(train),
        "device": device,
    }


def _epoch(
    model: nn.Module, data: Data, train: Tensor, optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler, batch: int, generator: torch.Generator,
) -> float:  # fmt: skip
    model.train()
    device = next(model.parameters()).device
    order = train[torch.randperm(len(train), generator=generator)]
    total, steps = 0.0, len(order) // batch
    for chosen in order[: steps * batch].split(batch):
        images = augment_batch(data.images[chosen].float().div(255), generator).to(device)
        loss = nn.functional.cross_entropy(
            model(_normal(model, images)), data.labels[chosen].to(device), label_smoothing=0.1
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
    return total / steps


def _normal(model: nn.Module, images: Tensor) -> Tensor:
    return preprocessing(model).normalize(images).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def accuracy(model: nn.Module, data: Data, device: str = "cpu") -> float:
    """Share of held-out photos whose kind is named rightly."""
    model.eval()
    held = data.held.nonzero()[:, 0]
    right = 0
    for chosen in held.split(256):
        images = data.images[chosen].to(device).float().div(255)
        right += int((model(_normal(model, images)).argmax(1).cpu() == data.labels[chosen]).sum())
    return right / len(held)


def pack(data: Data) -> None:
    """Copy the trained backbone into the assets with its card; the accuracy is that of the stored half precision."""
    model = load_model(RUNS / "lab-resnet")
    made = json.loads((RUNS / "made.json").read_text())
    card = {
        "name": "lab-resnet",
        "classes": list(SETS["source-train"].kinds),
        "world": VERSION,
        "trained_on": "rendered photos of source kinds; none is a target species",
        "accuracy_held_out": round(accuracy(model, data), 4),
        "recipe": "python -m data_scripts.pretrain",
        "licence": "Apache-2.0",
        **made,
    }
    print(
        save_model(model, assets() / "models" / "lab-resnet", card, half=True),
        json.dumps(card | {"classes": "…"}, indent=1),
    )


def main() -> None:
    """Parse the command line; train, or pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=22)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--device", default=str(pick_device()))
    parser.add_argument("--pack", action="store_true")
    choice = parser.parse_args()
    data = Data.read()
    if choice.pack:
        return pack(data)
    made = pretrain(data, choice.epochs, choice.batch, choice.rate, choice.device)
    (RUNS / "made.json").write_text(json.dumps(made))


if __name__ == "__main__":
    main()
