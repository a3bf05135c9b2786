"""Animal calls as spectrograms: pictures that are not photos."""

from chapter9_lib.worlds.calls.sets import CALL_SPLITS, Calls, open_calls
from chapter9_lib.worlds.calls.spectrogram import spectrogram
from chapter9_lib.worlds.calls.voices import SPECIES_VOICES

__all__ = ["CALL_SPLITS", "SPECIES_VOICES", "Calls", "open_calls", "spectrogram"]
