"""The same scenes through a camera that sees warmth."""

import numpy as np

from chapter9_lib import open_world
from chapter9_lib.worlds.thermal import thermal_photo
from chapter9_lib.worlds.trailcam.render import render_parts
from chapter9_lib.worlds.trailcam.sets import scene_of


def test_bodies_are_warm_and_the_same_row_gives_the_same_photo():
    rows = open_world("lab").photos("night").manifest
    for row in (rows[10], rows[250]):
        photo = thermal_photo(row)
        pixels, mask = np.asarray(photo, dtype=float), render_parts(scene_of(row), (96, 72)).mask
        assert photo.size == (96, 72) and np.array_equal(pixels[..., 0], pixels[..., 2])
        assert pixels[mask > 0.9].mean() > pixels[mask == 0].mean() + 40
        assert np.array_equal(pixels, np.asarray(thermal_photo(row), dtype=float))
    assert thermal_photo(rows[10], (48, 36)).size == (48, 36)
