"""Sounds: a call, what else is to be heard in a forest at night, and how it reaches the microphone."""

import numpy as np

from chapter9_lib.worlds.calls.voices import Range, Voice

__all__ = ["RATE", "SECONDS", "call", "heard"]

RATE, SECONDS = 16_000, 2.0
"""Samples a second; the length of a recording."""

_LENGTH = int(RATE * SECONDS)
_LOUD, _FAINT = 15.0, -12.0
"""Of the call against everything else, in dB."""


def call(voice: Voice, random: np.random.Generator) -> np.ndarray:
    """One call, float64 [samples], at most two seconds, its loudest sample at 1."""
    parts = []
    for _ in range(int(random.integers(voice.pulses[0], voice.pulses[1] + 1))):
        parts += [_pulse(voice, _drawn(voice.length, random), random), np.zeros(int(RATE * _drawn(voice.gap, random)))]
    sound = np.concatenate(parts[:-1])[:_LENGTH]
    return sound / max(float(np.abs(sound).max()), 1e-9)


def heard(voices: list[Voice], random: np.random.Generator) -> np.ndarray:
    """A recording, float64 [32,000]: the first voice somewhere in it, others fainter over it, wind, rain, insects.

    Args:
        voices: the one that the recording is of, and those that call at the same time.
        random: decides all the rest.
    """
    scene = np.zeros(_LENGTH)
    for number, voice in enumerate(voices):
        sound = call(voice, random)
        start = int(random.integers(0, _LENGTH - len(sound) + 1))
        scene[start : start + len(sound)] += sound * (1.0 if number == 0 else 10 ** random.uniform(-1.0, -0.3))
    scene = _among_trees(scene, random)
    around = _surroundings(random)
    loudness = 10 ** (random.uniform(_FAINT, _LOUD) / 20)
    scene *= loudness * np.sqrt((around**2).mean() / max(float((scene**2).mean()), 1e-12))
    return scene + around


def _drawn(between: Range, random: np.random.Generator) -> float:
    return float(random.uniform(*between))


def _pulse(voice: Voice, seconds: float, random: np.random.Generator) -> np.ndarray:
    """Overtones of a gliding pitch, shaped by a throat, with breath in it."""
    along = np.linspace(0, 1, max(int(RATE * seconds), 64))
    glide = np.interp(along, (0, 0.5, 1), voice.pitch) * np.exp(random.normal(0, 0.03))
    phase = 2 * np.pi * np.cumsum(glide) / RATE
    numbers = np.arange(1, voice.harmonics + 1)[:, None]
    frequency = numbers * glide
    gain = 10 ** (-voice.fall * np.log2(numbers) / 20) * (0.3 + _throat(frequency, voice.formant))
    tone = (np.where(frequency < 0.48 * RATE, gain, 0) * np.sin(numbers * phase)).sum(0)
    breath = _coloured(len(along), voice.formant, random)
    tone, breath = (sound / max(float(np.sqrt((sound**2).mean())), 1e-9) for sound in (tone, breath))
    swell = np.sin(np.pi * along) ** 0.4
    if voice.trill:
        swell = swell * (0.5 + 0.5 * np.sin(2 * np.pi * voice.trill * along * seconds)) ** 1.5
    return swell * ((1 - voice.hoarse) * tone + voice.hoarse * breath)


def _throat(frequency: np.ndarray, formant: float) -> np.ndarray:
    return np.exp(-((np.log2(np.maximum(frequency, 1) / formant)) ** 2) / 0.5)


def _coloured(samples: int, centre: float, random: np.random.Generator) -> np.ndarray:
    """Noise around a frequency."""
    spectrum = np.fft.rfft(random.normal(size=samples))
    return np.fft.irfft(spectrum * _throat(np.fft.rfftfreq(samples, 1 / RATE), centre), samples)


def _among_trees(sound: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Echoes that die away within a fifth to two thirds of a second, and high notes lost on the way."""
    seconds = random.uniform(0.2, 0.65)
    tail = random.normal(size=int(RATE * seconds)) * np.exp(-6 * np.linspace(0, 1, int(RATE * seconds)))
    tail *= random.uniform(0.02, 0.12)
    tail[0] = 1
    size = 1 << (len(sound) + len(tail) - 2).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(tail, size)
    dull = 1 / (1 + (np.fft.rfftfreq(size, 1 / RATE) / random.uniform(2500, 7000)) ** 2)
    return np.fft.irfft(spectrum * dull, size)[: len(sound)]


def _surroundings(random: np.random.Generator) -> np.ndarray:
    """A hiss; wind in gusts; at times rain, insects, a bird."""
    frequency = np.fft.rfftfreq(_LENGTH, 1 / RATE)
    along = np.linspace(0, SECONDS, _LENGTH)
    pink = np.fft.rfft(random.normal(size=_LENGTH)) / np.sqrt(np.maximum(frequency, 20))
    noise = _level(np.fft.irfft(pink, _LENGTH))
    gust = np.interp(along, np.linspace(0, SECONDS, 6), random.uniform(0, 1, 6))
    wind = np.fft.irfft(np.fft.rfft(random.normal(size=_LENGTH)) / (1 + (frequency / 150) ** 2), _LENGTH)
    noise += random.uniform(0, 2) * gust * _level(wind)
    if random.random() < 0.3:
        drops = (random.random(_LENGTH) < random.uniform(0.001, 0.01)) * random.normal(size=_LENGTH)
        noise += random.uniform(0.3, 1.0) * _level(np.convolve(drops, np.exp(-np.arange(40) / 8), "same"))
    if random.random() < 0.4:
        beat = 0.5 + 0.5 * np.sin(2 * np.pi * random.uniform(4, 30) * along)
        noise += random.uniform(0.2, 0.8) * beat * _level(_coloured(_LENGTH, random.uniform(3500, 6500), random))
    if random.random() < 0.3:
        noise += random.uniform(0.3, 0.9) * _bird(along, random)
    return noise


def _bird(along: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A whistled phrase, higher than any of the five."""
    pitch = np.interp(along, np.linspace(0, SECONDS, 8), random.uniform(2200, 5200, 8))
    sings = np.interp(along, np.linspace(0, SECONDS, 10), (random.random(10) < 0.5).astype(float))
    return sings * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)


def _level(sound: np.ndarray) -> np.ndarray:
    return sound / max(float(np.sqrt((sound**2).mean())), 1e-9)
