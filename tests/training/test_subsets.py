"""What a part of a set, or a set of another library, says of its labels, classes and groups."""

import numpy as np
import torch
from torch.utils.data import Subset, random_split

from chapter9_lib.models import freeze
from chapter9_lib.training import evaluate, fine_tune, labels_of
from chapter9_lib.training.labels import classes_of

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
