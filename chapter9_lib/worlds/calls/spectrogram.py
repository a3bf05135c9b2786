"""From a recording to a picture: time to the right, pitch upwards, loudness as brightness."""

from functools import cache

import numpy as np
from PIL import Image

from chapter9_lib.worlds.calls.synthesis import RATE

__all__ = ["HEIGHT", "WIDTH", "spectrogram"]

HEIGHT, WIDTH = 72, 96
_WINDOW, _LOWEST, _HIGHEST, _DEPTH = 512, 70.0, 7600.0, 60.0
"""Samples a window; Hz; dB between black and white."""


def spectrogram(sound: np.ndarray) -> Image.Image:
    """The log-mel spectrogram of a recording as a grey RGB picture, 96 x 72 pixels.

    Args:
        sound: float [samples], at 16 kHz, at least 512 of them.
    """
    starts = np.linspace(0, len(sound) - _WINDOW, WIDTH).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[starts] * np.hanning(_WINDOW)
    power = np.abs(np.fft.rfft(frames)) ** 2 @ _bands().T  # [96, 72]
    decibel = 10 * np.log10(np.maximum(power, 1e-12))
    grey = 255 * (1 + (decibel - decibel.max()) / _DEPTH).clip(0, 1)
    return Image.fromarray(grey.T[::-1].round().astype(np.uint8)).convert("RGB")


@cache
def _bands() -> np.ndarray:
    """Triangles [72, 257], evenly spaced on the mel scale (O'Shaughnessy 1987), each of sum 1."""
    edges = np.linspace(_mel(_LOWEST), _mel(_HIGHEST), HEIGHT + 2)
    at = _mel(np.fft.rfftfreq(_WINDOW, 1 / RATE))
    rising = (at - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - at) / (edges[2:] - edges[1:-1])[:, None]
    bands = np.minimum(rising, falling).clip(0)
    empty = bands.sum(1) == 0  # narrower than the spectrum's steps: the nearest one
    bands[empty, np.abs(at - edges[1:-1][empty, None]).argmin(1)] = 1
    return bands / bands.sum(1, keepdims=True)


def _mel(hertz: float | np.ndarray) -> float | np.ndarray:
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)
