"""`show(fig, alt=…)`: the one way a figure leaves the library, never without words for those who can't see it."""

import io
import sys
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from chapter9_lib.classroom.frontend import in_notebook

__all__ = ["draw", "encode", "show"]

DPI = 80  # CSS pixels an inch; stored at twice that, for sharp screens
DRAWN = "drawn"  # marks an image that is itself a chart, not a photo
LIMIT = 110_000  # bytes: beyond that a PNG of photos is stored as a JPEG


def show(fig: Figure, alt: str) -> None:
    """Display a figure with its alternative text, sharp on retina screens, and close it.

    Args:
        fig: any matplotlib figure, from this library or from pyplot.
        alt: what the figure shows, in a sentence or two, for readers who can't see it.

    Raises:
        ValueError: when `alt` is missing or too short to describe anything.
    """
    if not isinstance(alt, str) or len(alt.split()) < 3:
        raise ValueError(f"A figure needs alt text: say in a sentence what it shows, show(fig, alt='…'); got {alt!r}.")
    if not in_notebook():
        print(f"[figure] {alt}")
    else:
        from IPython.display import display

        data, kind, size = encode(fig)
        meta = {"alt": " ".join(alt.split()), "width": size[0], "height": size[1]}
        display({kind: data, "text/plain": f"<figure: {meta['alt']}>"}, metadata={kind: meta}, raw=True)
    _close(fig)


def encode(fig: Figure) -> tuple[bytes, str, tuple[int, int]]:
    """The figure as small image bytes, their MIME type, and the size to show it at in CSS pixels (width, height).

    Charts become PNGs of at most 256 colours; what is too heavy for that, being made of photographs, becomes a JPEG.
    """
    photos = _has_photos(fig)
    density = 1.5 if photos else 2
    image = draw(fig, round(DPI * density))
    size = (round(image.width / density), round(image.height / density))
    if not photos:
        flat = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat.putpalette([255 if value > 252 else value for value in flat.getpalette()])  # paper stays white
        small = _save(flat, "PNG", optimize=True)
    else:
        small = _save(image, "PNG")
    if len(small) <= LIMIT:
        return small, "image/png", size
    return _save(image, "JPEG", quality=66, optimize=True), "image/jpeg", size


def draw(fig: Figure, dpi: int) -> Image.Image:
    """The figure as pixels, `dpi` to an inch."""
    before = fig.dpi
    fig.set_dpi(dpi)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    fig.set_dpi(before)
    return image


def _has_photos(fig: Figure) -> bool:
    images = [image for axes in fig.get_axes() for image in axes.get_images()]
    return any(image.get_array().ndim == 3 and image.get_gid() != DRAWN for image in images)


def _save(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _close(fig: Figure) -> None:
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)
