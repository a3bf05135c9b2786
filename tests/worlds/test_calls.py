"""Calls are made when they are asked for, always the same ones, and look like what they sound like."""

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.worlds.calls import CALL_SPLITS, SPECIES_VOICES, open_calls, spectrogram
from chapter9_lib.worlds.calls.synthesis import RATE, SECONDS, call, heard
from chapter9_lib.worlds.calls.voices import individual, invented


def test_the_same_number_is_the_same_recording_in_any_set():
    few, many = open_calls("train", 10), open_calls("train", 60)
    assert np.array_equal(few.sound(7), many.sound(7)) and np.array_equal(many.subset([7, 3]).sound(0), few.sound(7))
    assert np.array_equal(np.asarray(few[7][0]), np.asarray(many[7][0]))
    assert not np.array_equal(few.sound(7), open_calls("test", 10).sound(7))


@pytest.mark.parametrize("split", CALL_SPLITS)
def test_a_set_is_even_and_knows_its_animals(split):
    calls = open_calls(split, 400)
    assert np.ptp(np.bincount(calls.labels)) == 0 and len(calls.classes) == (40 if split == "source" else 5)
    picture, label = calls[11]
    assert isinstance(picture, Image.Image) and picture.size == (96, 72) and picture.mode == "RGB"
    assert label == calls.labels[11]
    for group in set(calls.groups):
        assert len(set(calls.labels[calls.groups == group])) == 1
        assert (calls.groups == group).sum() <= 8


def test_no_animal_is_in_two_splits():
    groups = [set(open_calls(split, 200).groups) for split in CALL_SPLITS]
    assert sum(map(len, groups)) == len(set.union(*groups))


@pytest.mark.parametrize("voice", [*SPECIES_VOICES.values(), *map(invented, range(8))])
def test_sounds_are_sound(voice):
    random = np.random.default_rng(3)
    own = individual(voice, random)
    sound = call(own, random)
    assert np.isfinite(sound).all() and np.abs(sound).max() == pytest.approx(1) and len(sound) <= RATE * SECONDS
    scene = heard([own, own], random)
    assert scene.shape == (int(RATE * SECONDS),) and np.isfinite(scene).all()


@pytest.mark.parametrize(("low", "high"), [(200, 400), (800, 1600), (3000, 6000)])
def test_higher_notes_stand_higher(low, high):
    time = np.arange(int(RATE * SECONDS)) / RATE
    pictures = [np.asarray(spectrogram(np.sin(2 * np.pi * hertz * time)))[:, :, 0] for hertz in (low, high)]
    lower, higher = (picture.mean(1).argmax() for picture in pictures)
    assert lower > higher + 5  # rows count downwards


def test_silence_is_a_picture_too():
    assert np.asarray(spectrogram(np.zeros(32_000))).shape == (72, 96, 3)


def test_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match="train"):
        open_calls("trian")
    with pytest.raises(ValueError, match="count"):
        open_calls("train", -1)
