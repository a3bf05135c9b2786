"""What an image processor of transformers does to a photo, in the library's own words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image

from chapter9_lib.models.preprocessing import Preprocessing

__all__ = ["preprocessing_of"]

_FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}  # PIL's numbers
_SAY = "load it yourself, and set model.preprocessing = Preprocessing(...)"


def preprocessing_of(processor: Any, name: str) -> Preprocessing:  # noqa: ANN401 - one of transformers' many
    """What an image processor of transformers does, as the library's own preprocessing.

    Args:
        processor: from `AutoImageProcessor`.
        name: of the repository, for the error.

    Raises:
        ValueError: when it does what can't be said so, such as another scale or order of the channels: a made-up
            photo, prepared by both, tells.
    """
    size, crop = _sides(processor.size), _sides(getattr(processor, "crop_size", None))
    if not getattr(processor, "do_resize", True) or not size:
        raise ValueError(f"{name}: its photos are not resized to one size; {_SAY}")
    scale = getattr(processor, "rescale_factor", 1 / 255)
    if not getattr(processor, "do_rescale", True) or abs(scale * 255 - 1) > 1e-3:
        raise ValueError(f"{name}: its pixels are multiplied by {scale:g}, not by 1/255; {_SAY}")
    mean, std = ((0.0,) * 3, (1.0,) * 3)
    if getattr(processor, "do_normalize", True):
        mean, std = (tuple(float(value) for value in values) for values in (processor.image_mean, processor.image_std))
    if getattr(processor, "include_top", False):  # EfficientNet's divides by the deviation twice
        std = tuple(value * value for value in std)
    seen, share, keeps_shape = _framing(processor, size, crop)
    ours = Preprocessing(seen, mean, std, _FILTERS[int(processor.resample)], crop_pct=share, crop=keeps_shape)
    _require_the_same(processor, ours, name)
    return ours


def _require_the_same(processor: Any, ours: Preprocessing, name: str) -> None:  # noqa: ANN401
    """A photo of slow gradients, where a pixel's shift is nothing and any other difference is plain."""
    down, right = np.mgrid[0:1:240j, 0:1:320j]
    photo = Image.fromarray((255 * np.stack([right, down, (1 - right) * down], axis=-1)).astype(np.uint8))
    theirs = torch.as_tensor(np.asarray(processor(photo, return_tensors="np")["pixel_values"][0]))
    mine = ours.transform()(photo)
    if theirs.shape != mine.shape or float((theirs - mine).abs().mean()) > 0.05:
        raise ValueError(f"{name}: {type(processor).__name__} prepares photos in a way of its own; {_SAY}")


def _framing(
    processor: Any, size: tuple[int, ...], crop: tuple[int, ...]  # noqa: ANN401
) -> tuple[tuple[int, int], float, bool]:  # fmt: skip
    """(height, width) that the network sees, the share that the crop keeps, and whether the aspect ratio stays."""
    if len(size) == 1 and getattr(processor, "crop_pct", None):  # ConvNeXt's: small ones cropped, large ones squeezed
        large = size[0] >= 384
        return (size[0], size[0]), 1.0 if large else float(processor.crop_pct), not large
    if type(processor).__name__.startswith("Levit"):  # resizes to 256/224 of what it is told
        return (crop[0], crop[-1]), crop[0] / int(256 / 224 * size[0]), True
    if not getattr(processor, "do_center_crop", False) or not crop:
        return (size[0], size[-1]), 1.0, len(size) == 1
    seen = (crop[0], crop[-1])
    return seen, min(1.0, seen[0] / size[0]), len(size) == 1


def _sides(size: Any) -> tuple[int, ...]:  # noqa: ANN401
    """(shortest edge,) or (height, width); () where there is neither."""
    if isinstance(size, int):
        return (size,)
    get = size.get if isinstance(size, Mapping) else lambda key: getattr(size, key, None)
    if size is None:
        return ()
    if get("shortest_edge"):
        return (int(get("shortest_edge")),)
    return (int(get("height")), int(get("width"))) if get("height") else ()
