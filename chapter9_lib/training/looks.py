"""Photos made to look as if another camera, or another hour, had taken them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from chapter9_lib.training.inputs import image_in, label_in

__all__ = ["Look", "Looked", "infrared_look"]

Look = Callable[[Image.Image, np.random.Generator], Image.Image]
"""From an RGB photo and random numbers to another photo of the same size."""


def infrared_look(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """A photo by daylight as a trail camera's infrared flash might have shown it: grey, lit from the camera, grainy.

    Colour goes, in a random mixture (infrared sees a coat otherwise than we do); the flash lights the middle more than
    the rim; contrast is hard, and dark places are noisy. What it can't know is how far away things are: a real flash
    leaves the background dark.

    Args:
        photo: RGB.
        random: where the numbers come from; the same ones give the same photo.
    """
    pixels = np.asarray(photo.convert("RGB"), dtype=np.float32) / 255
    grey = pixels @ random.dirichlet([4.0, 4.0, 2.0]).astype(np.float32)
    height, width = grey.shape
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    middle = random.normal(0, 0.15, 2)
    away = (down - middle[0]) ** 2 + (across - middle[1]) ** 2
    lit = grey * np.exp(-random.uniform(0.5, 1.5) * away)
    lit = (lit / max(float(np.quantile(lit, 0.98)), 1e-3)).clip(0, 1) ** random.uniform(0.9, 1.6)
    noisy = lit * random.uniform(0.6, 1.0) + random.normal(0, random.uniform(0.01, 0.05), lit.shape)
    return Image.fromarray((255 * noisy).clip(0, 255).astype(np.uint8)).convert("RGB")


class Looked:
    """A dataset of which each photo is seen through a look, always the same one for a seed.

    Args:
        photos: a dataset of (PIL image, label), or PIL images.
        look: such as `infrared_look`.
        seed: of the random numbers it gets.
    """

    def __init__(self, photos: Sequence[Any], look: Look, seed: int = 0) -> None:
        self.photos, self.look, self.seed = photos, look, seed
        for known in ("labels", "classes"):
            if hasattr(photos, known):
                setattr(self, known, getattr(photos, known))

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, at: int) -> tuple[Image.Image, Any]:
        item = self.photos[at]
        label = -1 if isinstance(item, Image.Image) else label_in(item, at, "photos")
        return self.look(image_in(item, at), np.random.default_rng([self.seed, at])), label
