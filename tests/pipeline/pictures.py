"""Pictures for tests, made in no time."""

import numpy as np
from PIL import Image, ImageFilter

TINTS = {"badger": (40, 40, 60), "fox": (190, 90, 30), "lynx": (150, 130, 90)}


def picture(tint, number, size=(96, 72)):
    """A smooth picture of its own, in a tint."""
    random = np.random.default_rng(number)
    noise = Image.fromarray(random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    smooth = np.asarray(noise.filter(ImageFilter.GaussianBlur(4)), dtype=float)
    return Image.fromarray((np.array(tint) + 4 * (smooth - 127)).clip(0, 255).astype(np.uint8))
