"""Through somebody else's glasses: photos prepared otherwise than a checkpoint wants them."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from PIL import Image

from chapter9_lib.models import Preprocessing

__all__ = ["SWAPPED", "as_seen", "preparations", "seen", "swap"]

SWAPPED = "blue, green, red"


def preparations(right: Preprocessing) -> dict[str, Preprocessing]:
    """The right preparation, and what people do instead. `SWAPPED` has the right one, for photos that went through
    `swap` before."""
    mean, std = right.mean, right.std
    return {
        "right": right,
        "not normalised": replace(right, mean=(0.0,) * 3, std=(1.0,) * 3),
        "0 to 255": replace(right, mean=(0.0,) * 3, std=(1 / 255,) * 3),
        "ImageNet's constants": replace(right, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        "normalised twice": replace(right, mean=tuple(m + m * s for m, s in zip(mean, std, strict=True)),
                                    std=tuple(s * s for s in std)),
        SWAPPED: right,
        "squeezed, or cropped": replace(right, crop=not right.crop, crop_pct=1.0),
        "half the size": replace(right, size=tuple(max(32, edge // 2) for edge in right.size)),
    }  # fmt: skip


def swap(photo: Image.Image) -> Image.Image:
    """Red and blue exchanged, as some libraries read files."""
    return Image.merge("RGB", photo.convert("RGB").split()[::-1])


def as_seen(photo: Image.Image, given: Preprocessing, wanted: Preprocessing) -> Image.Image:
    """What a network that was trained on `wanted` takes a photo for that was prepared as `given`.

    Values that no photo could have had are shown as black or white.
    """
    numbers = given.normalize(given.pixels(photo).float() / 255)
    mean, std = (torch.tensor(v)[:, None, None] for v in (wanted.mean, wanted.std))
    seen = (numbers * std + mean).clamp(0, 1).mul(255).round().to(torch.uint8)
    return Image.fromarray(seen.permute(1, 2, 0).numpy())


def seen(photos: Sequence[Image.Image], name: str, right: Preprocessing) -> list[Image.Image]:
    """What a network that was trained on `right` takes photos for whose preparation is called so in `preparations`."""
    given = preparations(right)[name]
    return [as_seen(swap(photo) if name == SWAPPED else photo, given, right) for photo in photos]
