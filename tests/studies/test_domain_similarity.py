"""What borrowed features know of a task already."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from chapter9_lib import load_pretrained, open_world
from chapter9_lib.models import Preprocessing
from chapter9_lib.studies import domain_similarity
from chapter9_lib.studies.domain_similarity import _folds


def test_a_network_knows_its_own_kinds_and_is_left_as_it_was():
    model = load_pretrained("lab-resnet", source="bundled")
    world = open_world("lab").photos("source")
    some = world.only(tuple(world.classes[::40]))
    before = copy.deepcopy(model.state_dict())
    torch.manual_seed(5)
    state = torch.get_rng_state()
    found = domain_similarity(model, some, own_head=True, device="cpu")
    assert torch.equal(torch.get_rng_state(), state)
    assert all(values.equal(before[name]) for name, values in model.state_dict().items()) and not model.training
    assert found.borrowed > found.untrained and found.known > 0.2 and found.photos == len(some)
    assert found.logme > found.logme_untrained and found.leep is not None and found.leep <= 0
    assert found.commonest == pytest.approx(1 / len(some.classes)) and f"{found.known:.0%}" in str(found)
    assert domain_similarity(model, some, device="cpu").leep is None


def test_a_network_whose_norms_cannot_move_is_measured_too(tints):
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), FrozenBatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    model.preprocessing = Preprocessing((36, 48), (0.5,) * 3, (0.25,) * 3, crop=False)
    assert domain_similarity(model, tints(), device="cpu").photos == 24


def test_folds_keep_groups_whole_and_every_class_in_each():
    labels = np.repeat([0, 1], [12, 6])
    groups = np.array([f"a{n // 2}" for n in range(12)] + [f"b{n // 2}" for n in range(6)])
    folds = _folds(labels, groups, seed=0)
    assert all(len(set(folds[groups == group])) == 1 for group in set(groups))
    assert set(folds) == {0, 1, 2} and all(set(labels[folds == number]) == {0, 1} for number in range(3))
    assert not np.array_equal(folds, _folds(labels, groups, seed=1))


def test_a_class_of_one_group_is_refused():
    with pytest.raises(ValueError, match="one group only"):
        _folds(np.array([0, 0, 1, 1]), np.array(["a", "b", "c", "c"]), 0)


def test_a_camera_that_has_seen_every_class_keeps_its_photos_together():
    labels = np.repeat([0, 1, 2], 12)
    cameras = np.array([f"camera {n % 4}" for n in range(36)])
    folds = _folds(labels, cameras, seed=0)
    assert all(len(set(folds[cameras == camera])) == 1 for camera in set(cameras)) and set(folds) == {0, 1, 2, 3}
