"""Any picture as an upright one in RGB, 8 bits a channel."""

import numpy as np
from PIL import Image, ImageFile, ImageOps

__all__ = ["as_rgb", "to_rgb", "turn_upright"]


def as_rgb(image: Image.Image) -> Image.Image:
    """The picture in RGB as `open_photo` would have opened it.

    Turned by its EXIF orientation only where it comes straight from a file: one that was cropped, mirrored or turned
    since may still carry the file's. In memory RGB stays as it is.
    """
    if isinstance(image, ImageFile.ImageFile):
        return to_rgb(turn_upright(image, []), [])
    return image if image.mode == "RGB" else to_rgb(image, [])


def turn_upright(image: Image.Image, changes: list[tuple[str, str]]) -> Image.Image:
    """The picture turned by its EXIF orientation.

    Args:
        image: as its file has it.
        changes: gets what had to be changed, as pairs (what it was, what was done).
    """
    try:
        if image.getexif().get(0x0112, 1) in range(2, 9):
            changes.append(("rotated (EXIF orientation)", "turned upright"))
        return ImageOps.exif_transpose(image)
    except Exception:  # the picture itself is whole
        changes.append(("its EXIF block is damaged", "used as it lies, perhaps not upright"))
        return image


def to_rgb(image: Image.Image, changes: list[tuple[str, str]]) -> Image.Image:
    """The picture in RGB: 16-bit grey divided by 257, 32-bit grey stretched, transparent parts on white.

    Args:
        image: of any mode.
        changes: gets what had to be changed, as pairs (what it was, what was done).
    """
    if image.mode.startswith("I;16"):
        pixels = np.asarray(image).astype(np.float32)
        dark = "; it uses the lowest eighth of the range only and comes out dark" if pixels.max() < 8192 else ""
        changes.append(("16-bit grey", "divided by 257 to 8 bits" + dark))
        image = Image.fromarray((pixels / 257 + 0.5).astype(np.uint8))
    elif image.mode in ("I", "F"):
        changes.append(("32-bit grey", "stretched from its darkest to its lightest value"))
        image = Image.fromarray(_stretch(np.nan_to_num(np.asarray(image, dtype=np.float64))))
    elif image.mode == "CMYK":
        changes.append(("CMYK colours (for print)", "converted to RGB"))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getextrema()[3][0] < 255:
            changes.append(("transparent parts (alpha)", "shown on white"))
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _stretch(pixels: np.ndarray) -> np.ndarray:
    low, high = pixels.min(), pixels.max()
    return ((pixels - low) / max(high - low, 1e-12) * 255 + 0.5).astype(np.uint8)
