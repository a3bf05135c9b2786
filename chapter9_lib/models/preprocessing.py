"""How a checkpoint wants its photos: size, crop, interpolation, mean and standard deviation."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from chapter9_lib.models.pictures import as_rgb

__all__ = ["Preprocessing", "preprocessing"]

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class Preprocessing:
    """From a photo to the tensor that a network was trained on.

    Attributes:
        size: (height, width) in pixels of what the network sees.
        mean: of each channel, for values in 0..1.
        std: standard deviation of each channel, for values in 0..1.
        interpolation: "nearest", "bilinear", "bicubic" or "lanczos".
        crop_pct: share of the resized photo's edge that the centre crop keeps.
        crop: True keeps the aspect ratio and crops the centre; False squeezes the frame into
            `size / crop_pct`, so that with crop_pct 1 the whole frame is seen.

    Raises:
        ValueError: for numbers that make no sense, or an unknown interpolation.
        TypeError: for a single number as size, mean or std.
    """

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"
    crop_pct: float = 1.0
    crop: bool = True

    def __post_init__(self) -> None:
        self._require_several()
        if self.interpolation not in _FILTERS:
            raise ValueError(f"interpolation={self.interpolation!r}: choose one of {', '.join(_FILTERS)}")
        if not 0 < self.crop_pct <= 1:
            raise ValueError(f"crop_pct={self.crop_pct}: a share in (0, 1] is wanted")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError(f"Three means and three positive deviations are wanted: {self}")
        if len(self.size) != 2 or min(self.size) < 1:
            raise ValueError(f"size={self.size}: (height, width) of at least one pixel each is wanted")

    def _require_several(self) -> None:
        for name, wanted, count in (("size", "(height, width)", 2), ("mean", "red, green, blue", 3),
                                    ("std", "red, green, blue", 3)):  # fmt: skip
            if not hasattr(value := getattr(self, name), "__len__"):
                raise TypeError(f"{name}={value!r}: {wanted} is wanted, such as {(value,) * count}")

    def resize(self, image: Image.Image) -> Image.Image:
        """The photo resized and cropped to `size`, in RGB; straight from `Image.open`, it is read as `open_photo` does.

        Upright, that is, with transparent parts on white, and grey of 16 or 32 bits brought to 8.
        """
        image = as_rgb(image)
        height, width = (math.floor(edge / self.crop_pct) for edge in self.size)
        if self.crop:
            height, width = _covering(image, height, width)
        if image.size != (width, height):
            image = image.resize((width, height), _FILTERS[self.interpolation])
        top, left = (int(round((a - b) / 2.0)) for a, b in zip((height, width), self.size, strict=True))
        return image.crop((left, top, left + self.size[1], top + self.size[0]))

    def pixels(self, image: Image.Image) -> Tensor:
        """The resized photo as uint8 [3, height, width]."""
        return torch.from_numpy(np.array(self.resize(image))).permute(2, 0, 1).contiguous()

    def normalize(self, images: Tensor) -> Tensor:
        """Values in 0..1, [..., 3, height, width], to what the network expects."""
        mean, std = (torch.tensor(v, dtype=images.dtype, device=images.device) for v in (self.mean, self.std))
        return (images - mean[:, None, None]) / std[:, None, None]

    def transform(self, train: bool = False) -> Callable[[Image.Image], Tensor]:
        """A function from a PIL photo to a float tensor [3, height, width].

        Args:
            train: True first crops at random (at least 85 % of each edge) and mirrors every other photo,
                drawing from torch's generator.
        """
        return _Transform(self, train)

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> "Preprocessing":
        """Read from a checkpoint's card (`input_size` is [channels, height, width])."""
        return cls(
            size=tuple(card["input_size"][-2:]),
            mean=tuple(card["mean"]),
            std=tuple(card["std"]),
            interpolation=card.get("interpolation", "bilinear"),
            crop_pct=card.get("crop_pct") or 1.0,
            crop=card.get("crop", card.get("crop_mode", "center") != "squash"),
        )

    def to_card(self) -> dict[str, Any]:
        """The entries of a checkpoint's card."""
        return {
            "input_size": [3, *self.size],
            "mean": list(self.mean),
            "std": list(self.std),
            "interpolation": self.interpolation,
            "crop_pct": self.crop_pct,
            "crop": self.crop,
        }


def preprocessing(model: nn.Module) -> Preprocessing:
    """What the model's own checkpoint expects of a photo.

    Raises:
        ValueError: when the model carries none, or something else is wrapped around it. Nothing is assumed in its
            place: the wrong mean and deviation cost tens of points without a word.
    """
    own = getattr(model, "preprocessing", None)
    if isinstance(own, Preprocessing):
        return own
    config = getattr(model, "pretrained_cfg", None)
    if isinstance(config, Mapping) and all(config.get(key) for key in ("mean", "std", "input_size")):
        return Preprocessing.from_card(config)
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        raise ValueError(f"{type(model).__name__} is wrapped around the network: pass the network, model.module")
    raise ValueError(
        f"This {type(model).__name__} doesn't say how its photos must be prepared. Load it with load_pretrained, "
        "or say it: model.preprocessing = Preprocessing(size=(224, 224), mean=..., std=...), with the numbers "
        "its weights were trained with."
    )


@dataclass(frozen=True)
class _Transform:
    preparation: Preprocessing
    train: bool

    def __call__(self, image: Image.Image) -> Tensor:
        image = _random_view(as_rgb(image)) if self.train else image
        return self.preparation.normalize(self.preparation.pixels(image).float().div(255))


def _covering(image: Image.Image, height: int, width: int) -> tuple[int, int]:
    """The (height, width) of the photo scaled to just cover the wanted one, rounded as the libraries do."""
    if height == width:
        short, long = sorted(image.size)
        other = int(height * long / short)
        return (other, height) if image.width <= image.height else (height, other)
    ratio = min(image.height / height, image.width / width)
    return round(image.height / ratio), round(image.width / ratio)


def _random_view(image: Image.Image) -> Image.Image:
    scale, right, down, mirror = torch.rand(4).tolist()
    width, height = (max(1, round(edge * (0.85 + 0.15 * scale))) for edge in image.size)
    left, top = int(right * (image.width - width + 1)), int(down * (image.height - height + 1))
    view = image.crop((left, top, left + width, top + height))
    return view.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirror < 0.5 else view
