"""Recordings of five species as pictures, synthesised when they are asked for: a domain far from photos."""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image
from torch.utils.data import Dataset

from chapter9_lib.worlds.calls.spectrogram import spectrogram
from chapter9_lib.worlds.calls.synthesis import heard
from chapter9_lib.worlds.calls.voices import SPECIES_VOICES, Voice, individual, invented
from chapter9_lib.worlds.naming import nearest

__all__ = ["CALL_SPLITS", "Calls", "open_calls"]

CALL_SPLITS = {"train": 0, "val": 1, "test": 2, "source": 3}
"""`source` has forty kinds of invented animals; the others the five species, each split other animals of theirs."""

_EACH, _OVERLAP, _INVENTED = 8, 0.25, 40
"""Recordings of one animal; the share of recordings in which another calls as well; kinds of the source."""


class Calls(Dataset[tuple[Image.Image, int]]):
    """A dataset of (spectrogram, label). The same number in a split is always the same recording.

    Attributes:
        classes: the names that labels point to.
        labels: int64 (N,).
        groups: which animal it is, strings (N,); keep whole when you split.
    """

    def __init__(self, split: str, numbers: Sequence[int]) -> None:
        self.split, self.numbers = split, np.asarray(numbers, dtype=np.int64)
        self.classes = list(_voices(split))
        self.labels = self.numbers % len(self.classes)
        animals = self.numbers // (len(self.classes) * _EACH)
        self.groups = np.array([f"{split}/{self.classes[label]}/{animal}" for label, animal in
                                zip(self.labels, animals, strict=True)], dtype=str)  # fmt: skip

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: int) -> tuple[Image.Image, int]:
        return spectrogram(self.sound(at)), int(self.labels[at])

    def sound(self, at: int) -> np.ndarray:
        """The recording, float64 [32,000], at 16 kHz."""
        voices = list(_voices(self.split).values())
        label, seed = int(self.labels[at]), CALL_SPLITS[self.split]
        animal = int(self.numbers[at]) // (len(voices) * _EACH)
        voice = individual(voices[label], np.random.default_rng([72, seed, label, animal]))
        random = np.random.default_rng([73, seed, int(self.numbers[at])])
        others = [individual(voices[int(random.integers(len(voices)))], random)] if random.random() < _OVERLAP else []
        return heard([voice, *others], random)

    def subset(self, positions: Iterable[int]) -> "Calls":
        """The recordings at these positions."""
        return Calls(self.split, self.numbers[np.asarray(list(positions), dtype=np.int64)])


def open_calls(split: str = "train", count: int = 800) -> Calls:
    """Calls of five species as spectrograms, in even numbers; nothing is stored, each is made when it is looked at.

    Args:
        split: "train", "val", "test", or "source", the calls of forty invented animals.
        count: how many; a larger set holds the smaller one.

    Raises:
        ValueError: for an unknown split, or a negative number.
    """
    if split not in CALL_SPLITS:
        raise ValueError(f"There is no split {split!r} of the calls. {nearest(split, list(CALL_SPLITS))}")
    if count < 0:
        raise ValueError(f"count={count}: a number of recordings is wanted")
    return Calls(split, range(count))


def _voices(split: str) -> dict[str, Voice]:
    return {f"voice-{n:02}": invented(n) for n in range(_INVENTED)} if split == "source" else SPECIES_VOICES
