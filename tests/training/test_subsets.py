"""What a part of a set, or a set of another library, says of its labels, classes and groups."""

import random

import numpy as np
import pytest
import torch
from torch.utils.data import Subset, random_split
from torchvision.datasets import ImageFolder

from chapter9_lib.models import freeze
from chapter9_lib.training import evaluate, fine_tune, labels_of
from chapter9_lib.training.labels import classes_of
from chapter9_lib.worlds import Photos, open_photo

QUICK = {"epochs": 1, "lr": 0.03, "batch_size": 8, "device": "cpu", "progress": False}


def test_a_part_is_scored_as_the_whole(small_model, toy_photos):
    photos = toy_photos(24)
    small_model.classes = ["kind 2", "kind 0", "kind 1"]
    whole = evaluate(small_model, photos, device="cpu")
    part, *_ = random_split(photos, [12, 12], torch.Generator().manual_seed(0))
    some = evaluate(small_model, Subset(part, range(12)), device="cpu")
    assert (some.labels == whole.labels[part.indices]).all() and set(some.labels) == {0, 1, 2}
    assert (some.groups == photos.groups[part.indices]).all() and some.classes == small_model.classes
    photos.groups, photos.cameras = None, np.arange(24) // 8
    assert (evaluate(small_model, part, device="cpu").groups == photos.cameras[part.indices]).all()


def test_training_on_a_part_leaves_the_names(small_model, toy_photos):
    fine_tune(freeze(small_model), Subset(toy_photos(24), [3, 4, 5, 7]), **QUICK)
    assert small_model.classes == ["kind 0", "kind 1", "kind 2"]


def test_what_is_wrapped_around_photos_may_change_their_classes(toy_photos):
    class Other:
        def __init__(self, photos):
            self.dataset = photos

        def __len__(self):
            return len(self.dataset)

        def __getitem__(self, at):
            return self.dataset[at][0], 2 - self.dataset[at][1]

    wrapped = Other(toy_photos(24))
    assert classes_of(wrapped) is None
    assert (labels_of(wrapped) == 2 - wrapped.dataset.labels).all()


class Drawn:
    """As torchvision's SVHN and STL10 are: a column of labels, and items with another one where that is asked for."""

    def __init__(self, photos, column, change=lambda label: label):
        self.photos, self.change, self.asked = photos, change, []
        setattr(self, column, photos.labels)

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, at):
        self.asked.append(at)
        random.random(), np.random.rand(), torch.rand(1)
        image, label = self.photos[at]
        return image, self.change(label)


@pytest.mark.parametrize("column", ["labels", "targets"])
@pytest.mark.parametrize("kind", [np.array, list, torch.as_tensor])
def test_a_column_is_believed_where_a_few_items_agree(toy_photos, column, kind):
    photos = Drawn(toy_photos(40), column)
    setattr(photos, column, kind(getattr(photos, column)))
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    assert labels_of(photos).tolist() == photos.photos.labels.tolist() and 0 < len(photos.asked) <= 5
    part = Subset(photos, [7, 30, 2])
    assert labels_of(part).tolist() == [1, 0, 2] and len(photos.asked) <= 8
    assert states == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())


@pytest.mark.parametrize("column", ["labels", "targets"])
def test_items_are_believed_where_they_say_otherwise(toy_photos, column):
    photos = Drawn(toy_photos(40), column, change=lambda label: 2 - label)
    assert (labels_of(photos) == 2 - photos.photos.labels).all()
    assert labels_of(Subset(photos, [6, 8])).tolist() == [2, 0]
    photos = Drawn(toy_photos(4), column)
    setattr(photos, column, ["kind 0", "kind 1", "kind 2", "kind 0"])
    assert labels_of(photos).tolist() == [0, 1, 2, 0]
    setattr(photos, column, ["kind 0", "kind 1", "kind 2"])
    assert labels_of(photos).tolist() == [0, 1, 2, 0]


def test_a_folder_of_torchvision_s_is_not_read_for_its_labels(toy_photos, tmp_path):
    opened, photos = [], toy_photos(24)
    for at, (image, label) in enumerate(zip(photos.images, photos.labels, strict=True)):
        (tmp_path / photos.classes[label]).mkdir(exist_ok=True)
        image.save(tmp_path / photos.classes[label] / f"{at}.png")
    folder = ImageFolder(tmp_path, loader=lambda path: opened.append(path) or open_photo(path))
    assert labels_of(folder).tolist() == folder.targets and len(opened) <= 5
    folder.target_transform = lambda label: 2 - label
    assert labels_of(folder).tolist() == [2 - label for label in folder.targets]


def test_photos_of_ours_are_not_opened_for_their_labels(tmp_path):
    photos = Photos([tmp_path / "gone.jpg"] * 3, [0, 1, -1], ["deer", "fox"])
    for some in (photos, Subset(photos, range(3))):
        assert labels_of(some).tolist() == [0, 1, -1] and classes_of(some) == ["deer", "fox"]
