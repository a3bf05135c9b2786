"""Photos of the source world in memory, for pretraining: read once, seen in random views, scored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from chapter9_lib.models import lab_resnet, preprocessing
from chapter9_lib.training.augmentation import augment_batch
from chapter9_lib.worlds import open_world
from data_scripts.render_photos import rows_of

__all__ = ["GREY", "LIGHT", "ZOOM", "SourcePhotos", "accuracy", "normal", "views"]

ZOOM, LIGHT, GREY = 0.25, 0.3, 0.2


@dataclass
class SourcePhotos:
    """Photos as uint8 `(N, 3, 72, 96)` and their labels `(N,)`, in memory."""

    images: Tensor
    labels: Tensor

    @staticmethod
    def read(set_name: str, device: torch.device | str = "cpu") -> "SourcePhotos":
        """All photos of a rendered set."""
        rows = rows_of(set_name)
        paths = [Path(row["folder"]) / row["file"] for row in rows]
        return SourcePhotos._opened(paths, [int(row["label"]) for row in rows], set_name, device)

    @staticmethod
    def held_out(device: torch.device | str = "cpu") -> "SourcePhotos":
        """The bundled photos of the source kinds, none of which is trained on."""
        photos = open_world("lab").photos("source")
        labels = [int(row["label"]) for row in photos.manifest]
        return SourcePhotos._opened(photos.paths, labels, "source", device)

    @staticmethod
    def _opened(paths: Sequence[Path], labels: list[int], name: str, device: torch.device | str) -> "SourcePhotos":
        prepare = preprocessing(lab_resnet(2))
        images = torch.empty(len(paths), 3, *prepare.size, dtype=torch.uint8)
        for i, path in enumerate(tqdm(paths, unit="photo", desc=f"reading {name}")):
            with Image.open(path) as photo:
                images[i] = prepare.pixels(photo)
        return SourcePhotos(images.to(device), torch.tensor(labels).to(device))

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Images as float in 0..1 and their labels, batch by batch."""
        order = torch.arange(len(self.labels)) if order is None else order
        for chosen in order.to(self.labels.device).split(size):
            yield self.images[chosen].float().div(255), self.labels[chosen]


def views(images: Tensor, generator: torch.Generator) -> Tensor:
    """Random views of photos `(N, 3, H, W)` in 0..1; some are grey, as photos by infrared are."""
    grey = (torch.rand(len(images), generator=generator) < GREY).to(images.device)
    images = augment_batch(images, generator, zoom=ZOOM, light=LIGHT)
    return torch.where(grey[:, None, None, None], images.mean(1, keepdim=True), images)


def normal(model: nn.Module, images: Tensor) -> Tensor:
    """Images in 0..1 as the model wants them, channels last in memory."""
    return preprocessing(model).normalize(images).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def accuracy(model: nn.Module, data: SourcePhotos) -> float:
    """Share of photos whose kind is named rightly, in single precision."""
    model.eval()
    right = sum(int((model(normal(model, x)).argmax(1) == y).sum()) for x, y in data.batches(256))
    return right / len(data.labels)
