"""Voices: how an animal's call is put together. Five species, and as many invented animals as one likes."""

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["SPECIES_VOICES", "Voice", "individual", "invented"]

Range = tuple[float, float]


@dataclass(frozen=True)
class Voice:
    """What is typical of a species' call. Ranges (low, high) are drawn from anew for every call.

    Attributes:
        pulses: how many sounds in a row.
        length, gap: of a sound and of the silence after it, in seconds.
        pitch: of the fundamental at the beginning, in the middle and at the end of a sound, in Hz.
        harmonics: how many overtones at most.
        fall: how much weaker each octave is, in dB.
        formant: the frequency that the throat favours, in Hz.
        hoarse: the share of noise.
        trill: how often a second the sound swells and sinks; 0: not at all.
    """

    pulses: tuple[int, int]
    length: Range
    gap: Range
    pitch: tuple[float, float, float]
    harmonics: int
    fall: float
    formant: float
    hoarse: float
    trill: float = 0.0


SPECIES_VOICES: dict[str, Voice] = {
    "red fox": Voice((3, 5), (0.10, 0.18), (0.14, 0.26), (650, 900, 520), 7, 7, 1400, 0.30),
    "roe deer": Voice((1, 3), (0.22, 0.40), (0.25, 0.45), (420, 380, 260), 9, 6, 1100, 0.55),
    "wild boar": Voice((4, 9), (0.06, 0.14), (0.05, 0.14), (110, 140, 95), 24, 5, 520, 0.50),
    "European badger": Voice((1, 2), (0.60, 1.10), (0.15, 0.30), (260, 310, 270), 12, 6, 900, 0.30, 22),
    "Eurasian lynx": Voice((1, 2), (0.55, 0.95), (0.20, 0.40), (480, 820, 430), 6, 9, 1000, 0.12),
}
"""After what field guides say of a bark, a hoarse bark, a grunt, a churr and a wail; nobody's recording."""


def individual(voice: Voice, random: np.random.Generator) -> Voice:
    """One animal of a species: its pitch, throat, hoarseness and pace are its own."""
    higher, wider, slower = np.exp(random.normal(0, (0.20, 0.20, 0.25)))
    bend = np.exp(random.normal(0, 0.06, 3))
    return replace(
        voice,
        pitch=tuple(float(p * higher * b) for p, b in zip(voice.pitch, bend, strict=True)),
        formant=float(voice.formant * wider),
        length=tuple(float(slower * seconds) for seconds in voice.length),
        gap=tuple(float(slower * seconds) for seconds in voice.gap),
        hoarse=float(np.clip(voice.hoarse + random.normal(0, 0.08), 0, 0.9)),
        trill=float(voice.trill * higher),
    )


def invented(kind: int) -> Voice:
    """The voice of an animal that does not exist: kinds to learn from before the five species are met."""
    random = np.random.default_rng([71, kind])
    base = float(np.exp(random.uniform(np.log(90), np.log(2200))))
    pulses = int(random.integers(1, 8))
    longest = float(min(1.2, 1.6 / pulses) * random.uniform(0.3, 1.0))
    return Voice(
        (pulses, pulses + int(random.integers(0, 3))),
        (0.6 * longest, longest),
        (0.05, float(random.uniform(0.08, 0.4))),
        tuple(float(base * factor) for factor in np.exp(random.normal(0, 0.35, 3))),
        int(random.integers(1, 20)),
        float(random.uniform(3, 12)),
        float(base * random.uniform(1, 4)),
        float(random.uniform(0, 0.7)),
        float(random.uniform(8, 40)) if random.random() < 0.35 else 0.0,
    )
