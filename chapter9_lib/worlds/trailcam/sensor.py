"""From light to a file: exposure, lens, colour, noise, the information strip and JPEG."""

from datetime import datetime, timedelta

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from .scene import Scene
from .sites import Site, site

__all__ = ["blur", "develop", "timestamp"]

_STRIPS = (
    ("top", "M {frame}/3", "{c:02d}C"),
    ("bottom", "CAM{cam:02d}", "{c:+03d}"),
    ("bottom", "{c:02d}C", "TRAIL {cam:02d}"),
    ("none", "", ""),
)


def blur(image: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of `(C, H, W)`; `sigma` in pixels."""
    if sigma < 0.15:
        return image
    reach = max(1, int(np.ceil(2.5 * sigma)))
    x = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    kernel = torch.exp(-0.5 * (x / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(len(image), 1, -1)
    padded = torch.nn.functional.pad(image[None], (reach,) * 4, mode="replicate")
    rows = torch.nn.functional.conv2d(padded, kernel[:, :, None], groups=len(image))
    return torch.nn.functional.conv2d(rows, kernel[..., None], groups=len(image))[0]


def develop(light: Tensor, scene: Scene) -> Image.Image:
    """The photo that the site's camera writes: `light` `(3, H, W)` linear, any scale."""
    place, width = site(scene.camera), light.shape[2]
    light = blur(_bloom(light), place.blur * width / 192)
    pixels = _sharpen(_expose(light, scene), width / 192).permute(1, 2, 0).cpu().numpy()
    pixels = _colour(pixels, place, scene) * _vignette(*pixels.shape[:2], infrared=scene.light == "infrared")
    pixels = _grain(pixels, place, scene)
    encoded = np.where(pixels <= 0.0031308, 12.92 * pixels, 1.055 * np.maximum(pixels, 1e-6) ** (1 / 2.4) - 0.055)
    photo = Image.fromarray((np.clip(encoded, 0, 1) * 255 + 0.5).astype(np.uint8))
    return _strip(photo, place, scene)


def _bloom(light: Tensor) -> Tensor:
    """A cheap lens spreads a little of every light over its surroundings."""
    return 0.93 * light + 0.07 * blur(light, 0.03 * light.shape[2])


def _sharpen(pixels: Tensor, scale: float) -> Tensor:
    """The halo that a trail camera's firmware draws around edges (unsharp masking)."""
    return (pixels + 0.30 * (pixels - blur(pixels, 1.1 * scale))).clamp(0, 1)


def timestamp(scene: Scene) -> datetime:
    """When the photo was taken, to the second."""
    return datetime(2025, 1, 1) + timedelta(days=scene.day - 1, seconds=round(scene.hour * 3600))


def _expose(light: Tensor, scene: Scene) -> Tensor:
    """Automatic exposure to a middle grey, then a filmic curve (Narkowicz's fit of ACES, 2016).

    Grey, highlight and contrast were set so that photos are as bright, as contrasty and as colourful as real
    trail-camera photos. No exposure is exact: that of a burst is off by a fifth of a stop (standard
    deviation).
    """
    level = light.mean(0)
    middle = float(torch.exp(torch.log(level + 1e-3).mean()))
    bright = float(level.flatten().quantile(0.97))
    if scene.light == "infrared":
        gain = float(np.clip(0.30 / (bright + 0.05), 0.3, 1.8))
    else:
        gain = float(np.clip(0.55 * 0.09 / middle + 0.45 * 0.38 / (bright + 1e-3), 0.15, 4.0))
    x = (
        light
        * gain
        * 2 ** float(0.22 * np.random.default_rng([21, scene.camera, *scene.burst.encode()]).standard_normal())
    )
    y = (x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)).clamp(0, 1)
    return y + 0.30 * (y * y * (3 - 2 * y) - y)


def _colour(pixels: np.ndarray, place: Site, scene: Scene) -> np.ndarray:
    grey = pixels @ np.array([0.30, 0.59, 0.11], pixels.dtype)
    if scene.light == "infrared":
        return np.repeat(grey[..., None], 3, 2)
    saturation = 1.12 * place.saturation * (0.75 if scene.light == "dusk" else 1.0)
    return np.clip(grey[..., None] + (pixels - grey[..., None]) * saturation, 0, None) * np.array(
        place.tint, pixels.dtype
    )


def _vignette(height: int, width: int, *, infrared: bool) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    radius2 = x**2 + 0.7 * y**2
    return (np.exp(-0.75 * radius2) if infrared else 1 - 0.13 * radius2)[..., None].astype(np.float32)


def _grain(pixels: np.ndarray, place: Site, scene: Scene) -> np.ndarray:
    rng = np.random.default_rng([15, scene.seed])
    height, width, _ = pixels.shape
    level = place.noise * {"day": 0.6, "dusk": 1.5, "infrared": 1.25}[scene.light]
    shot = rng.standard_normal((height, width, 1), np.float32) * 0.8
    colour = rng.standard_normal((height, width, 3), np.float32) * (0.0 if scene.light == "infrared" else 0.6)
    return np.clip(
        pixels + level * (shot + colour) * (0.12 + np.sqrt(np.clip(pixels, 0, 1))) * min(1.0, width / 160), 0, 1
    )


def _strip(photo: Image.Image, place: Site, scene: Scene) -> Image.Image:
    where, left, right = _STRIPS[place.strip]
    if where == "none":
        return photo
    width, height = photo.size
    band, scale = max(4, round(height * 0.06)), 4
    strip = Image.new("RGB", (width * scale, band * scale), (8, 8, 8))
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(size=band * scale * 0.82)
    rng = np.random.default_rng([16, scene.day, scene.camera])
    celsius = int(11 - 11 * np.cos(2 * np.pi * (scene.day - 15) / 365) + rng.normal(0, 3))
    words = {"cam": scene.camera, "frame": scene.frame + 1, "c": celsius}
    middle = timestamp(scene).strftime("%Y-%m-%d %H:%M:%S")
    tone = (225, 225, 225)
    edge, centre = 2 * scale, band * scale // 2
    draw.text((edge, centre), left.format(**words), tone, font, anchor="lm")
    draw.text((width * scale // 2, centre), middle, tone, font, anchor="mm")
    draw.text((width * scale - edge, centre), right.format(**words), tone, font, anchor="rm")
    photo.paste(strip.resize((width, band), Image.Resampling.BOX), (0, 0 if where == "top" else height - band))
    return photo
