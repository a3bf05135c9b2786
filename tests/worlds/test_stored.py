"""Photos stored as another set's."""

import numpy as np

from chapter9_lib import open_world
from chapter9_lib.worlds.stored import StoredAs
from chapter9_lib.worlds.trailcam.sets import SETS


def test_they_are_as_small_and_as_lossy_and_so_are_their_parts():
    photos = open_world("lab").photos("val").subset(range(6))
    stored = StoredAs(photos, "night")
    assert stored[2][0].size == SETS["night"].size != photos[2][0].size and stored[2][1] == photos[2][1]
    shrunk = photos[2][0].resize(stored.size)
    off = np.abs(np.asarray(stored[2][0], dtype=float) - np.asarray(shrunk, dtype=float)).mean()
    assert 0.1 < off < 12
    alone = stored.only([photos.classes[photos.labels[2]]])
    assert stored[2][0].tobytes() in {photo.tobytes() for photo, _ in alone}
    part = stored.subset([4, 2])
    assert part[1][0].tobytes() == stored[2][0].tobytes() and list(part.groups) == [stored.groups[4], stored.groups[2]]
