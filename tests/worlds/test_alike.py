"""Small grey pictures, and which of them are nearly the same."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from chapter9_lib.worlds import alike
from chapter9_lib.worlds.alike import ALIKE, alike_groups, thumbnail


@pytest.fixture
def smooth(picture):
    """A grey picture that isn't noise."""
    return picture(120, 90).convert("L").filter(ImageFilter.GaussianBlur(6))


def test_deep_and_float_pictures_have_a_real_thumbnail(tmp_path, smooth):
    pixels = np.asarray(smooth)
    smooth.save(tmp_path / "grey.png")
    Image.fromarray(pixels.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    Image.fromarray(pixels.astype(np.float32) / 255).save(tmp_path / "floats.tif")
    Image.fromarray(pixels.astype(np.int32) * 1000).save(tmp_path / "long.tif")
    plain = thumbnail(tmp_path / "grey.png")
    for name in ("deep.png", "floats.tif", "long.tif"):
        assert plain @ thumbnail(tmp_path / name) > ALIKE, name


def test_what_is_transparent_is_white_as_it_is_read(tmp_path, smooth):
    hidden = Image.merge("RGBA", [Image.linear_gradient("L").resize((120, 90))] * 3 + [Image.new("L", (120, 90))])
    hidden.save(tmp_path / "hidden.png")
    assert thumbnail(tmp_path / "hidden.png") is None, "all white"


def test_an_odd_file_has_none(tmp_path, picture):
    Image.new("LAB", (20, 20)).save(tmp_path / "lab.tif")
    picture().save(tmp_path / "whole.jpg")
    (tmp_path / "half.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:200])
    for name in ("lab.tif", "half.jpg", "nowhere.jpg", "x" * 300):
        assert thumbnail(tmp_path / name) is None, name


def _as_before(rows, block):
    """Every block with every other, until nothing changes."""
    numbers = np.arange(len(rows))
    starts = range(0, len(rows), block)
    while True:
        before = numbers.copy()
        for start in starts:
            for other in starts:
                one, two = slice(start, start + block), slice(other, other + block)
                near = rows[one] @ rows[two].T > ALIKE
                numbers[one] = np.minimum(numbers[one], np.where(near, numbers[two][None], len(rows)).min(1))
                numbers[two] = np.minimum(numbers[two], np.where(near, numbers[one][:, None], len(rows)).min(0))
        if np.array_equal(before, numbers):
            return np.unique(numbers, return_inverse=True)[1]


@pytest.mark.parametrize("block", [1, 7, 64, 2048])
def test_chains_are_found_as_before(monkeypatch, block):
    monkeypatch.setattr(alike, "_BLOCK", block)
    for seed in range(6):
        random = np.random.default_rng(seed)
        angles = np.cumsum(random.choice([0.05, 0.09, 0.3], 100))  # neighbours up to 0.109 apart are alike
        angles = random.permutation(angles)
        rows = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
        assert np.array_equal(alike_groups(rows), _as_before(rows, block))
    assert alike_groups(np.zeros((0, 2), dtype=np.float32)).shape == (0,)


def test_each_two_blocks_are_compared_once(monkeypatch):
    monkeypatch.setattr(alike, "_BLOCK", 10)
    compared = []

    class Counted(np.ndarray):
        def __matmul__(self, other):
            compared.append(len(self))
            return np.asarray(self) @ np.asarray(other)

    angles = np.arange(60)[::-1] * 0.1  # a chain backwards: many rounds
    rows = np.stack([np.cos(angles), np.sin(angles)], 1).view(Counted)
    assert set(alike_groups(rows)) == {0} and len(compared) == 6 * 7 / 2
