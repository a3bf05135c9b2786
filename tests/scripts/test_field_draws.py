"""Which photos the experiments on real photos draw."""

import numpy as np
from PIL import Image

from chapter9_lib.worlds import Photos
from data_scripts.experiments.field import spread_orders


def test_each_class_begins_with_a_photo_of_every_burst(tmp_path):
    labels, bursts = [0] * 6 + [1] * 4, ["a", "a", "a", "b", "b", "c", "d", "d", "e", "e"]
    paths = [tmp_path / f"{number}.png" for number in range(len(labels))]
    for path in paths:
        Image.new("RGB", (4, 4)).save(path)
    photos = Photos(paths, labels, ["deer", "owl"], manifest=[{"group": burst} for burst in bursts])
    orders = spread_orders(photos, seed=1)
    assert [sorted(order.tolist()) for order in orders] == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9]]
    assert [{bursts[at] for at in order[:count]} for order, count in zip(orders, (3, 2), strict=True)] == [
        {"a", "b", "c"}, {"d", "e"},
    ]  # fmt: skip
    assert all(np.array_equal(one, other) for one, other in zip(orders, spread_orders(photos, 1), strict=True))
