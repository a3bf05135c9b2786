"""Paths and half-opened photos are turned away with words, not with an AttributeError."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from chapter9_lib.models import freeze
from chapter9_lib.training import ActivationCache, evaluate, fine_tune, labels_of, predict

PHOTO = Image.new("RGB", (8, 8))


@pytest.mark.parametrize("path", ["photos/", Path("photos")])
def test_a_folders_path(small_model, toy_photos, path):
    with pytest.raises(TypeError, match=r"training photos.*'photos/?'.*open_folder\('photos/?'\)"):
        fine_tune(small_model, path, device="cpu")
    with pytest.raises(TypeError, match="validation photos.*open_folder"):
        fine_tune(small_model, toy_photos(6), path, device="cpu")
    for call in (evaluate, predict, ActivationCache):
        with pytest.raises(TypeError, match=r"open_folder\('photos/?'\)"):
            call(freeze(small_model), path, device="cpu")


@pytest.mark.parametrize("item", ["a.jpg", Path("a.jpg")])
def test_the_paths_of_photos(small_model, item):
    with pytest.raises(TypeError, match=r"Photo 1 is the path 'a.jpg'.*open_photo\('a.jpg'\).*open_folder"):
        predict(small_model, [PHOTO, item], device="cpu")
    with pytest.raises(TypeError, match=r"Photo 0 is the path 'a.jpg'.*open_photo"):
        evaluate(small_model, [(item, 0)], device="cpu")
    with pytest.raises(TypeError, match=r"training photos\[0\] is the path 'a.jpg' without a label.*open_folder"):
        fine_tune(small_model, [item], device="cpu")


@pytest.mark.parametrize(
    ("item", "words"), [(np.zeros((8, 8, 3)), "ndarray.*fromarray"), (None, "NoneType"), ({"image": PHOTO}, "dict")]
)
def test_what_is_no_photo(small_model, item, words):
    with pytest.raises(TypeError, match=f"Photo 0 is an object of type {words}"):
        predict(small_model, [item], device="cpu")


def test_photos_without_labels(small_model):
    with pytest.raises(TypeError, match=r"photos\[0\] is an object of type Image without a label"):
        evaluate(small_model, [PHOTO], device="cpu")
    with pytest.raises(TypeError, match=r"photos\[1\] is an object of type tuple; pairs"):
        labels_of([(PHOTO, 0), (PHOTO, 0, "fox")])


@pytest.mark.parametrize(
    "labels", [np.array(["fox", "deer"]), [torch.tensor(0), "fox"], [None, 1], [0, [1, 2]], [0, 1j]]
)
def test_labels_that_are_no_numbers(small_model, toy_photos, labels):
    photos = toy_photos(2)
    photos.labels = labels
    at, odd = next((at, label) for at, label in enumerate(labels) if label not in (0, 1))
    shown = repr(str(odd)) if isinstance(odd, str) else repr(odd)
    words = rf"Label {re.escape(shown)} of .*photos\[{at}\] is no number.*classes.index\(name\).*-1"
    for call in (fine_tune, evaluate):
        with pytest.raises(ValueError, match=words):
            call(small_model, photos, device="cpu")
    with pytest.raises(ValueError, match=words):
        labels_of([(PHOTO, label) for label in labels])


def test_labels_may_be_any_library_s_numbers():
    for labels in ([0, np.int64(1)], np.array([0, 1], dtype=object), [torch.tensor(0), torch.tensor(1)], [0.0, 1.0]):
        assert labels_of([(PHOTO, label) for label in labels]).tolist() == [0, 1]
    assert labels_of([]).tolist() == []


def test_what_has_no_positions(small_model):
    from torch.utils.data import DataLoader

    with pytest.raises(TypeError, match=r"training photos came an object of type DataLoader.*\.dataset"):
        fine_tune(small_model, DataLoader([(PHOTO, 0)]), device="cpu")
    with pytest.raises(TypeError, match="type Image.*list"):
        evaluate(small_model, PHOTO, device="cpu")


def test_an_unreadable_photo_keeps_its_own_words(small_model):
    class Broken(list):
        def __getitem__(self, index):
            raise ValueError("a.jpg: cut off")

    with pytest.raises(ValueError, match="cut off"):
        labels_of(Broken([1]))
