"""The wrong glasses show what they should."""

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.classroom.preparations import SWAPPED, as_seen, preparations, swap
from chapter9_lib.models import Preprocessing

RIGHT = Preprocessing((72, 96), (0.5, 0.45, 0.4), (0.25, 0.3, 0.2), crop=False)


@pytest.fixture
def photo():
    random = np.random.default_rng(0)
    return Image.fromarray(random.integers(0, 256, (72, 96, 3), dtype=np.uint8))


def test_through_the_right_ones_a_photo_is_itself(photo):
    assert np.array_equal(np.asarray(as_seen(photo, RIGHT, RIGHT)), np.asarray(photo))


def test_each_wrong_one_shows_something_else(photo):
    seen = {name: np.asarray(as_seen(photo, given, RIGHT)) for name, given in preparations(RIGHT).items()}
    assert seen["half the size"].shape == (36, 48, 3)
    same = [name for name, pixels in seen.items() if pixels.shape == (72, 96, 3) and
            np.array_equal(pixels, seen["right"])]  # fmt: skip
    assert same == ["right", SWAPPED, "squeezed, or cropped"]  # this photo has the frame's own shape
    assert seen["0 to 255"].mean() > 250 > seen["not normalised"].max()


def test_twice_is_twice(photo):
    given = preparations(RIGHT)["normalised twice"]
    pixels = RIGHT.pixels(photo).float() / 255
    assert np.allclose(given.normalize(pixels).numpy(), RIGHT.normalize(RIGHT.normalize(pixels)).numpy(), atol=1e-4)


def test_swapped_twice_is_itself(photo):
    assert np.array_equal(np.asarray(swap(swap(photo))), np.asarray(photo))
    assert np.array_equal(np.asarray(swap(photo))[..., 0], np.asarray(photo)[..., 2])
