"""Pretrain the lab's image-text model on photos of strangers and what can be said of them; pack it into the assets.

    python -m data_scripts.render_photos described --workers 2    # first: 16,000 photos, half an hour on two cores
    python -m data_scripts.pretrain_clip                          # two hours on one core; resumes after each epoch
    python -m data_scripts.pretrain_clip --pack                   # write assets/models/lab-clip.safetensors

On a GPU the same takes a minute or two.

No photo shows a target species, no sentence names one, and sentences are made anew in every epoch. The photos' tower
starts from lab-resnet, which has never seen a target species either. State is kept in runs/pretrain/lab-clip.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models import ImageText, image_text, load_model, load_pretrained, save_model
from chapter9_lib.paths import assets
from chapter9_lib.training import augment_batch, contrastive_loss
from chapter9_lib.training.devices import pick_device, place
from chapter9_lib.training.optimizers import parameter_groups
from chapter9_lib.worlds.descriptions import VOCABULARY, describe
from chapter9_lib.worlds.trailcam.kinds import STRANGERS
from chapter9_lib.worlds.trailcam.sets import VERSION
from data_scripts.render_photos import rows_of
from data_scripts.resumable import Resumable, device_words
from data_scripts.source_photos import LIGHT, ZOOM, SourcePhotos, normal

NAME, WIDTH, DECAY = "lab-clip", 128, 0.05
FOLDER = Path("runs/pretrain") / NAME
HELD = set(STRANGERS[-128:])
"""Strangers whose photos are never trained on."""
AMONG = 64
"""Of so many sentences the right one is to be found for a photo."""


@dataclass(frozen=True)
class Recipe:
    """What decides the weights, beside the photos themselves."""

    epochs: int = 24
    batch: int = 256
    rate: float = 1e-3
    seed: int = 0


class ClipPretraining(Resumable):
    """Photos and sentences that belong together are drawn together."""

    def __init__(self, recipe: Recipe, photos: SourcePhotos, rows: list[dict[str, str]], device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        super().__init__(FOLDER, {**asdict(recipe), "count": len(rows)})
        self.recipe, self.photos, self.rows, self.device = recipe, photos, rows, device
        self.model = place(begun(), device)
        self.optimizer = torch.optim.AdamW(parameter_groups(self.model, recipe.rate, DECAY))
        steps = recipe.epochs * len(shuffled(rows, recipe.batch, torch.Generator()))
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, recipe.rate, steps, pct_start=0.1)
        self.resume()

    def parts(self) -> dict[str, Any]:
        """See `Resumable`."""
        return {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule}

    def train(self) -> float:
        """One epoch; the mean loss."""
        self.model.train()
        dice = torch.Generator().manual_seed(self.recipe.seed * 1000 + self.epoch)
        words = np.random.default_rng([self.recipe.seed, self.epoch])
        steps, losses = shuffled(self.rows, self.recipe.batch, dice), []
        batches = self.photos.batches(self.recipe.batch, torch.cat(steps))
        for (images, _), which in zip(batches, steps, strict=True):
            images = augment_batch(images, dice, zoom=ZOOM, light=LIGHT, flip=0)  # left stays left
            said = [describe(self.rows[at], words) for at in which.tolist()]
            loss = contrastive_loss(
                self.model.encode_images(normal(self.model, images)), self.model.encode_texts(said),
                self.model.log_scale.exp().clamp(max=100),
            )  # fmt: skip
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            self.schedule.step()
            losses.append(loss.item())
        return float(np.mean(losses))


def shuffled(rows: list[dict[str, str]], batch: int, dice: torch.Generator) -> list[Tensor]:
    """Positions of an epoch's photos, a batch a step, none of which holds two photos of one stranger: what is said of
    the one would be true of the other.

    Raises:
        ValueError: for a batch of more photos than there are strangers.
    """
    own: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        own.setdefault(row["species"], []).append(at)
    if batch > len(own):
        raise ValueError(f"A batch of {batch} photos, but there are {len(own)} strangers: choose a smaller one")
    mixed = [[group[at] for at in torch.randperm(len(group), generator=dice)] for group in own.values()]
    steps = []
    for turn in range(max(map(len, mixed))):
        there = torch.tensor([group[turn] for group in mixed if turn < len(group)])
        there = there[torch.randperm(len(there), generator=dice)]
        steps += [part for part in there.split(batch) if len(part) == batch]
    return [steps[at] for at in torch.randperm(len(steps), generator=dice)]


def begun() -> ImageText:
    """The model before the first step: random weights, but for a borrowed tower."""
    model = image_text(WIDTH, VOCABULARY)
    borrowed = load_pretrained("lab-resnet", source="bundled").state_dict()
    model.image.load_state_dict({**model.image.state_dict(), **{k: v for k, v in borrowed.items() if "fc." not in k}})
    return model


@torch.no_grad()
def found_again(model: nn.Module, photos: SourcePhotos, rows: list[dict[str, str]]) -> float:
    """The share of photos for which, among 64 sentences about other strangers, the own one fits best."""
    model.eval()
    words, dice = np.random.default_rng(0), np.random.default_rng(1)
    texts = model.encode_texts([describe(row, words) for row in rows])
    images = torch.cat([model.encode_images(normal(model, images)) for images, _ in photos.batches(256)])
    right = [_is_best(images[at], texts, at, rows, dice) for at in range(len(rows))]
    return float(np.mean(right))


def _is_best(image: Tensor, texts: Tensor, own: int, rows: list[dict[str, str]], dice: np.random.Generator) -> bool:
    others = [at for at in dice.permutation(len(rows)) if rows[at]["species"] != rows[own]["species"]][: AMONG - 1]
    return bool(image @ texts[own] > (texts[others] @ image).max())


def halves(device: torch.device) -> tuple[tuple[SourcePhotos, list[dict[str, str]]], ...]:
    """The photos to train on and those held out, each with their rows."""
    rows, photos = rows_of("described"), SourcePhotos.read("described", device)
    held = torch.tensor([row["species"] in HELD for row in rows])
    return tuple(
        (SourcePhotos(photos.images[mask.to(device)], photos.labels[mask.to(device)]),
         [row for row, yes in zip(rows, mask.tolist(), strict=True) if yes])
        for mask in (~held, held)
    )  # fmt: skip


def pack(held: tuple[SourcePhotos, list[dict[str, str]]]) -> Path:
    """Copy the trained model into the assets with its card."""
    model = load_model(FOLDER / NAME)
    card = {
        "name": NAME,
        "world": VERSION,
        "trained_on": "rendered photos of strangers and sentences about them; none shows or names a target species",
        f"finds_its_sentence_among_{AMONG}": round(found_again(model, *held), 4),
        "licence": "Apache-2.0",
        **json.loads((FOLDER / "made.json").read_text()),
    }
    print(json.dumps(card, indent=1))
    return save_model(model, assets() / "models" / NAME, card, half=True)


def main() -> None:
    """Parse the command line; train, or pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in asdict(Recipe()).items():
        parser.add_argument(f"--{name}", type=type(usual), default=usual)
    parser.add_argument("--device", help="cpu, cuda or mps; default: the fastest one here")
    parser.add_argument("--pack", action="store_true", help="write the trained model into the package's assets")
    choice = vars(parser.parse_args())
    to_pack, device = choice.pop("pack"), pick_device(choice.pop("device"))
    train, held = halves(torch.device("cpu") if to_pack else device)
    if to_pack:
        return print(pack(held))
    recipe = Recipe(**choice)
    run = ClipPretraining(recipe, *train, device)
    for loss in run.epochs(recipe.epochs, run.train):
        score = f"loss {loss:.3f}, its own sentence among {AMONG}: {found_again(run.model, *held):.3f}"
        print(f"epoch {run.epoch}/{recipe.epochs}: {score}, {run.seconds:.0f} s", flush=True)
    run.model.to("cpu", memory_format=torch.contiguous_format)
    save_model(run.model, FOLDER / NAME, half=True)
    options = " ".join(f"--{name} {value}" for name, value in asdict(recipe).items())
    made = {"seconds": round(run.seconds), "device": device_words(device), "photos": len(train[1]),
            "recipe": f"python -m data_scripts.pretrain_clip {options}",
            "optimizer": f"AdamW, one-cycle rate, weight decay {DECAY}"}  # fmt: skip
    (FOLDER / "made.json").write_text(json.dumps(made))


if __name__ == "__main__":
    main()
