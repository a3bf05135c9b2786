import numpy as np
import pytest

from chapter9_lib.worlds import Photos, fold_numbers, folds, random_split, split_by_group


def make(bursts, with_groups=True):
    """bursts: for each class the lengths of its bursts."""
    labels, rows = [], []
    for label, lengths in enumerate(bursts):
        for number, length in enumerate(lengths):
            labels += [label] * length
            rows += [{"group": f"{label}-{number}"} if with_groups else {}] * length
    return Photos(
        [f"{i}.jpg" for i in range(len(labels))], labels, [f"c{i}" for i in range(len(bursts))], manifest=rows
    )


@pytest.fixture
def photos():
    random = np.random.default_rng(0)
    return make([random.integers(1, 30, size) for size in (25, 12, 30, 8, 15)])


@pytest.mark.parametrize("seed", range(5))
def test_folds_keep_bursts_whole_and_cover_everything(photos, seed):
    seen = []
    for train, test in folds(photos, k=5, seed=seed):
        assert not set(train.groups) & set(test.groups)
        assert len(train) + len(test) == len(photos)
        seen += test.paths
    assert sorted(seen) == sorted(photos.paths)


@pytest.mark.parametrize("seed", range(5))
def test_folds_have_about_the_same_share_of_every_class(photos, seed):
    number = fold_numbers(photos, 5, seed)
    for label in range(5):
        counts = np.bincount(number[photos.labels == label], minlength=5)
        largest = np.unique(photos.groups[photos.labels == label], return_counts=True)[1].max()
        assert counts.min() > 0 and counts.max() - counts.min() <= largest


def test_folds_are_as_even_as_scikit_learn_s(photos):
    model_selection = pytest.importorskip("sklearn.model_selection")

    def unevenness(number):
        table = np.zeros((5, 5))
        np.add.at(table, (number, photos.labels), 1)
        return (table / table.sum(axis=0)).std(axis=0).mean()

    theirs = np.zeros(len(photos), dtype=int)
    splitter = model_selection.StratifiedGroupKFold(5, shuffle=True, random_state=0)
    for fold, (_, test) in enumerate(splitter.split(theirs, photos.labels, photos.groups)):
        theirs[test] = fold
    assert unevenness(fold_numbers(photos)) <= unevenness(theirs) + 0.01


def test_seeds_matter_and_repeat(photos):
    assert np.array_equal(fold_numbers(photos, seed=1), fold_numbers(photos, seed=1))
    assert not np.array_equal(fold_numbers(photos, seed=1), fold_numbers(photos, seed=2))


def test_groups_that_hold_several_classes():
    rows = [{"group": f"speaker{i % 6}"} for i in range(120)]
    photos = Photos([f"{i}.png" for i in range(120)], [i % 5 for i in range(120)], list("abcde"), manifest=rows)
    for train, test in folds(photos, 3):
        assert len(set(test.groups)) == 2 and not set(train.groups) & set(test.groups)


def test_without_groups_each_photo_is_one():
    photos = make([[10], [20]], with_groups=False)
    assert photos.groups is None
    assert [sorted(test.counts().values()) for _, test in folds(photos, 5)] == [[2, 4]] * 5


def test_folds_that_can_not_be_cut():
    with pytest.raises(ValueError, match="'c1' are one group"):
        folds(make([[3, 3, 3], [9]]), 2)
    for k in (1, 7):
        with pytest.raises(ValueError, match="from 2 to 6"):
            folds(make([[3, 3, 3], [3, 3, 3]]), k)


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5, 0.8])
def test_split_by_group(photos, fraction):
    rest, held_out = split_by_group(photos, fraction, seed=4)
    assert not set(rest.groups) & set(held_out.groups)
    assert len(rest) + len(held_out) == len(photos)
    assert abs(len(held_out) / len(photos) - fraction) < 0.08
    assert min(rest.counts().values()) > 0 and min(held_out.counts().values()) > 0


def test_split_by_group_has_every_class_on_both_sides_where_it_can():
    rest, held_out = split_by_group(make([[10, 10], [10, 10, 10], [30]]), 0.2)
    assert list(held_out.counts().values())[2] == 0 and min(rest.counts().values()) > 0
    assert min(list(held_out.counts().values())[:2]) > 0


def test_split_by_group_with_one_group():
    with pytest.raises(ValueError, match="too few groups"):
        split_by_group(make([[10]]), 0.2)


def test_random_split_is_stratified_and_leaks(photos):
    rest, held_out = random_split(photos, 0.2)
    for name, count in photos.counts().items():
        assert held_out.counts()[name] == round(0.2 * count)
    assert not set(rest.paths) & set(held_out.paths)
    assert set(rest.groups) & set(held_out.groups)


@pytest.mark.parametrize("split", [split_by_group, random_split])
@pytest.mark.parametrize("fraction", [0, 1, 20])
def test_a_fraction_is_between_0_and_1(photos, split, fraction):
    with pytest.raises(ValueError, match="between 0 and 1"):
        split(photos, fraction)


@pytest.mark.parametrize("split", [split_by_group, random_split, folds, fold_numbers])
def test_what_is_no_set_of_photos_is_said(photos, split):
    for other, kind in (("my_photos/", "str"), ([1, 2], "list"), (photos.labels, "ndarray")):
        with pytest.raises(TypeError, match=f"Photos are wanted.*open_folder.* not an object of type {kind}"):
            split(other)


def test_folds_by_camera_keep_cameras_whole(photos):
    rows = [{"group": f"{i}", "camera": str(i % 11)} for i in range(len(photos))]
    placed = Photos(photos.paths, photos.labels, photos.classes, manifest=rows)
    for train, test in folds(placed, k=5, by="camera"):
        assert not set(train.cameras) & set(test.cameras) and len(train) + len(test) == len(photos)
    with pytest.raises(ValueError, match="which camera"):
        folds(photos, by="camera")


@pytest.mark.parametrize("seed", range(40))
def test_no_part_is_tested_on_a_class_it_was_not_trained_on_or_folds_says_so(seed):
    random = np.random.default_rng(seed)
    labels, cameras = random.integers(0, 3, 30), random.integers(0, 5, 30)
    mixed = Photos(
        [f"{i}.jpg" for i in range(30)], labels, ["a", "b", "c"], manifest=[{"camera": str(c)} for c in cameras]
    )
    try:
        parts = folds(mixed, k=3, seed=seed, by="camera")
    except ValueError as error:
        assert "another seed" in str(error) or "one group" in str(error)
        return
    for train, test in parts:
        assert set(test.labels) <= set(train.labels)
