"""Pretrain a bundled backbone on the source world, and pack it into the package's assets.

On one CPU core that computes in bfloat16 (avx512_bf16 or amx_bf16 among its flags): 20,000 photos, 24 epochs, half an
hour for lab-resnet, an hour for lab-teacher; with `--arithmetic float32` about twice that. The card of a bundled model
holds the very command that made it, as `recipe`. lab-vit, a transformer, has too few photos to learn from labels alone:
it also learns from lab-teacher (Touvron et al. 2020, arXiv 2012.12877).

    python -m data_scripts.render_photos source-train                   # first: the photos
    python -m data_scripts.pretrain --model lab-resnet                  # resumes after each epoch
    python -m data_scripts.pretrain --model lab-teacher
    python -m data_scripts.pretrain --model lab-vit --teacher lab-teacher --rate 1e-3
    python -m data_scripts.pretrain --model lab-resnet --pack           # write assets/models/lab-resnet.safetensors

On a GPU: ten times the photos (4 GB of memory for them), larger steps.

    python -m data_scripts.render_photos source-train-large --workers 16
    python -m data_scripts.pretrain --model lab-teacher --photos source-train-large --batch 256 --rate 6e-3 --epochs 40

The accuracy on the card is that of the stored half-precision file on the bundled `source` photos, none of which
is trained on. State is kept in runs/pretrain/MODEL.
"""

import argparse
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import lab_resnet, lab_teacher, lab_vit, load_model, load_pretrained, save_model
from chapter9_lib.paths import assets
from chapter9_lib.training import distillation_loss
from chapter9_lib.training.devices import grad_scaler, mixed_precision, pick_device, place
from chapter9_lib.training.optimizers import parameter_groups
from chapter9_lib.worlds.trailcam.sets import SETS, VERSION
from data_scripts.resumable import Resumable, device_words
from data_scripts.source_photos import GREY, LIGHT, ZOOM, SourcePhotos, accuracy, normal, views

RUNS = Path("runs/pretrain")
MODELS: dict[str, Callable[[int], nn.Module]] = {
    "lab-resnet": lab_resnet, "lab-teacher": lab_teacher, "lab-vit": lab_vit,
}  # fmt: skip
DECAY, SMOOTHING = 0.05, 0.1


@dataclass(frozen=True)
class Recipe:
    """What decides the weights, beside the photos themselves."""

    model: str = "lab-resnet"
    photos: str = "source-train"
    epochs: int = 24
    batch: int = 64
    rate: float = 3e-3
    seed: int = 0
    arithmetic: str = "bfloat16"
    teacher: str = ""

    def words(self) -> dict[str, str]:
        """The recipe for the card."""
        options = " ".join(f"--{name} {value}" for name, value in asdict(self).items() if value != "")
        return {
            "recipe": f"python -m data_scripts.pretrain {options}",
            "optimizer": f"AdamW, one-cycle rate, weight decay {DECAY}, "
            + (f"distilled from {self.teacher}" if self.teacher else f"label smoothing {SMOOTHING}"),
            "augmentation": f"flips, crops of up to {ZOOM:.0%} of each edge, brightness, contrast and colour by up to "
            f"{LIGHT:.0%}, one in {1 / GREY:.0f} grey",
        }


class Pretraining(Resumable):
    """A classifier learns the source kinds."""

    def __init__(self, recipe: Recipe, photos: int, device: torch.device | str = "cpu") -> None:
        torch.manual_seed(recipe.seed)
        super().__init__(RUNS / recipe.model, {**asdict(recipe), "count": photos})
        self.recipe, self.device = recipe, torch.device(device)
        self.model = place(MODELS[recipe.model](len(SETS[recipe.photos].kinds)), self.device)
        self.optimizer = torch.optim.AdamW(parameter_groups(self.model, recipe.rate, DECAY))
        steps = recipe.epochs * (photos // recipe.batch)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, recipe.rate, steps, pct_start=0.1)
        borrowed = load_pretrained(recipe.teacher, source="bundled") if recipe.teacher else None
        self.teacher = borrowed if borrowed is None else place(borrowed, self.device)
        self.scaler = grad_scaler(self.device)
        self.resume()

    def parts(self) -> dict[str, Any]:
        """See `Resumable`."""
        return {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule, "scaler": self.scaler}

    def run(self, data: SourcePhotos, held: SourcePhotos) -> dict[str, Any]:
        """Train to the end, store the model in half precision, and return what the card tells of the run."""
        for loss in self.epochs(self.recipe.epochs, lambda: self._train(data)):
            score = f"loss {loss:.3f}, held out {accuracy(self.model, held):.3f}"
            print(f"epoch {self.epoch}/{self.recipe.epochs}: {score}, {self.seconds:.0f} s", flush=True)
        self.model.to("cpu", memory_format=torch.contiguous_format)
        save_model(self.model, self.folder / self.recipe.model, half=True)
        made = {"seconds": round(self.seconds), "device": device_words(self.device), "photos": len(data.labels),
                "epochs": self.recipe.epochs, **self.recipe.words()}  # fmt: skip
        (self.folder / "made.json").write_text(json.dumps(made))
        return made

    def _train(self, data: SourcePhotos) -> float:
        self.model.train()
        generator = torch.Generator().manual_seed(self.recipe.seed * 1000 + self.epoch)
        order = torch.randperm(len(data.labels), generator=generator)
        steps, losses = len(order) // self.recipe.batch, []
        for images, labels in data.batches(self.recipe.batch, order[: steps * self.recipe.batch]):
            images = normal(self.model, views(images, generator))
            with self._arithmetic():
                loss = self._loss(images, labels)
            self.optimizer.zero_grad(set_to_none=True)
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
            self.schedule.step()
            losses.append(loss.detach())
        return float(torch.stack(losses).mean())

    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        scores = self.model(images)
        if self.teacher is None:
            return nn.functional.cross_entropy(scores, labels, label_smoothing=SMOOTHING)
        with torch.no_grad():
            wanted = self.teacher(images)
        return distillation_loss(scores.float(), wanted.float(), labels)

    def _arithmetic(self) -> AbstractContextManager:
        halved = self.recipe.arithmetic == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16) if halved else mixed_precision(self.device)


def pack(name: str, held: SourcePhotos) -> Path:
    """Copy a trained backbone into the assets with its card."""
    folder = RUNS / name
    model = load_model(folder / name)
    card = {
        "name": name,
        "classes": list(SETS["source"].kinds),
        "world": VERSION,
        "trained_on": "rendered photos of source kinds; none is a target species",
        "accuracy_held_out": round(accuracy(model, held), 4),
        "licence": "Apache-2.0",
        **json.loads((folder / "made.json").read_text()),
    }
    print(json.dumps(card | {"classes": "…"}, indent=1))
    return save_model(model, assets() / "models" / name, card, half=True)


def main() -> None:
    """Parse the command line; train, or pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=MODELS, default=Recipe.model)
    parser.add_argument("--photos", choices=("source-train", "source-train-large"), default=Recipe.photos)
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--batch", type=int, default=Recipe.batch)
    parser.add_argument("--rate", type=float, default=Recipe.rate, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--arithmetic", choices=("float32", "bfloat16"), default=Recipe.arithmetic)
    parser.add_argument("--teacher", default=Recipe.teacher, help="a bundled network to learn from as well")
    parser.add_argument("--device", help="cpu, cuda or mps; default: the fastest one here")
    parser.add_argument("--pack", action="store_true", help="write the trained model into the package's assets")
    choice = vars(parser.parse_args())
    to_pack, device = choice.pop("pack"), pick_device(choice.pop("device"))
    if to_pack:
        return print(pack(choice["model"], SourcePhotos.held_out()))
    recipe = Recipe(**choice)
    data = SourcePhotos.read(recipe.photos, device)
    Pretraining(recipe, len(data.labels), device).run(data, SourcePhotos.held_out(device))


if __name__ == "__main__":
    main()
