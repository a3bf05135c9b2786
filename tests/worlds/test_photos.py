import pickle

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.worlds import Photos


@pytest.fixture
def photos(tmp_path, picture):
    paths, rows, labels = [], [], []
    for number in range(24):
        path = tmp_path / f"{number}.jpg"
        picture(seed=number).save(path)
        paths.append(path)
        labels.append(number % 3)
        rows.append({"camera": str(number % 4), "burst": str(number // 12), "light": "dusk" if number > 20 else "day"})
    return Photos(paths, labels, ["fox", "deer", "boar"], manifest=rows)


def test_items_are_rgb_pictures_with_whole_labels(photos):
    image, label = photos[4]
    assert isinstance(image, Image.Image) and image.mode == "RGB"
    assert label == 1 and type(label) is int
    assert photos[np.int64(-1)][1] == 2
    assert len(list(photos)) == 24
    with pytest.raises(TypeError, match="subset"):
        photos[:3]


def test_columns(photos):
    assert photos.labels.dtype == np.int64 and photos.labels.shape == (24,)
    assert list(photos.cameras[:5]) == ["0", "1", "2", "3", "0"]
    assert photos.groups[0] == photos.groups[4] != photos.groups[1] and photos.groups[0] != photos.groups[12]
    assert photos.counts() == {"fox": 8, "deer": 8, "boar": 8}
    assert "fox 8" in repr(photos)


def test_what_is_unknown_is_none(tmp_path):
    plain = Photos([tmp_path / "a.jpg"], [0], ["fox"])
    assert plain.cameras is plain.groups is plain.light is None
    assert plain.manifest == [{}]
    blank = Photos([tmp_path / "a.jpg"], [0], ["fox"], manifest=[{"camera": "", "group": "", "light": ""}])
    assert blank.cameras is blank.groups is blank.light is None


def test_photos_without_a_burst_are_no_burst_together(tmp_path):
    rows = [{"group": "g"}, {"group": ""}, {}]
    groups = Photos([tmp_path / n for n in "abc"], [0, 0, 0], ["fox"], manifest=rows).groups
    assert len(set(groups)) == 3


def test_subset(photos):
    some = photos.subset([3, 1, -1])
    assert [path.name for path in some.paths] == ["3.jpg", "1.jpg", "23.jpg"]
    assert list(some.labels) == [0, 1, 2] and some.classes == photos.classes
    assert len(photos.subset(photos.labels == 2)) == 8
    assert len(photos.subset([])) == 0
    assert [p.name for p in photos.subset(i for i in (2, 4)).paths] == ["2.jpg", "4.jpg"]
    with pytest.raises(IndexError, match="24"):
        photos.subset([24])
    with pytest.raises(IndexError, match="mask"):
        photos.subset(np.array([True, False]))


def test_where(photos):
    assert set(photos.where(camera=2).cameras) == {"2"}
    assert set(photos.where(camera=[2, "3"]).cameras) == {"2", "3"}
    assert len(photos.where(camera=range(4), light="dusk")) == 3
    with pytest.raises(ValueError, match="Did you mean 'camera'"):
        photos.where(kamera=1)
    with pytest.raises(ValueError, match="'day', 'dusk'"):
        photos.where(light="nigth")


def test_only_some_classes_in_the_order_given(photos):
    few = photos.only(["boar", "fox"])
    assert few.classes == ["boar", "fox"] and few.counts() == {"boar": 8, "fox": 8}
    known = {path: photos.classes[label] for path, label in zip(photos.paths, photos.labels, strict=True)}
    assert [few.classes[label] for label in few.labels] == [known[path] for path in few.paths]
    assert list(few.cameras) == [c for c, label in zip(photos.cameras, photos.labels, strict=True) if label != 1]
    with pytest.raises(ValueError, match="'foxes'.*fox"):
        photos.only(["foxes"])
    unknown = Photos(photos.paths[:2], [-1, 2], photos.classes)
    assert len(unknown.only(["boar"])) == 1


def test_sample_is_even_nested_and_repeatable(photos):
    for n in range(25):
        counts = list(photos.sample(n, seed=3).counts().values())
        assert sum(counts) == n and max(counts) - min(counts) <= 1
    small, large = photos.sample(7, seed=1), photos.sample(16, seed=1)
    assert set(small.paths) < set(large.paths)
    assert small.paths == photos.sample(7, seed=1).paths != photos.sample(7, seed=2).paths


def test_sample_says_how_many_there_are(photos):
    uneven = photos.subset([0, 3, 6, 9, 1, 4, 2, 5])
    assert sorted(uneven.sample(7).counts().values()) == [2, 2, 3]
    with pytest.raises(ValueError, match="7 at most; the smallest class has 2"):
        uneven.sample(8)
    with pytest.raises(ValueError, match="-1"):
        photos.sample(-1)


@pytest.mark.parametrize("labels", [[0, 5], [0, -2], [0, 3]])
def test_a_label_out_of_range_is_named(tmp_path, labels):
    with pytest.raises(ValueError, match=r"b\.jpg has label -?\d, out of range: there are 3 classes, 0 to 2"):
        Photos([tmp_path / "a.jpg", tmp_path / "b.jpg"], labels, ["x", "y", "z"])


def test_lengths_and_kinds_must_match(tmp_path):
    with pytest.raises(ValueError, match="1 photos, 2 labels"):
        Photos([tmp_path / "a.jpg"], [0, 0], ["x"])
    with pytest.raises(ValueError, match="whole numbers"):
        Photos([tmp_path / "a.jpg"], [0.5], ["x"])


def test_unknown_labels(tmp_path):
    photos = Photos([tmp_path / "a.jpg"], [-1], ["x", "y"])
    assert photos.counts() == {"x": 0, "y": 0} and "without a label 1" in repr(photos)


def test_travels_to_worker_processes(photos):
    copy = pickle.loads(pickle.dumps(photos))
    assert np.array_equal(np.asarray(copy[5][0]), np.asarray(photos[5][0]))


def test_two_sets_join_and_different_classes_do_not(photos):
    both = photos.subset([0, 1]) + photos.subset([5])
    assert [path.name for path in both.paths] == ["0.jpg", "1.jpg", "5.jpg"] and list(both.cameras) == ["0", "1", "1"]
    with pytest.raises(ValueError, match="fox, deer, boar.*elk"):
        photos + Photos(photos.paths, photos.labels, ["elk", "deer", "boar"])
    with pytest.raises(TypeError):
        photos + [1]
