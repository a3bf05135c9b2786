import copy

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from chapter9_lib.models import Preprocessing, eight_layers, freeze
from chapter9_lib.studies import loss_line, sharpness
from chapter9_lib.studies.landscape import _without_crumbs
from chapter9_lib.training import evaluate, fine_tune


class Plain(nn.Module):
    """A head on the mean colour: its loss is convex in the weights."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.preprocessing = Preprocessing((36, 48), (0.5,) * 3, (0.25,) * 3, crop=False)

    def forward(self, images):
        return self.fc(images.mean((2, 3)))


def states(model, scale=1.0):
    torch.manual_seed(1)
    first = copy.deepcopy(model.state_dict())
    second = {k: v + scale * torch.randn_like(v) if v.is_floating_point() else v for k, v in first.items()}
    return first, second


def test_ends_are_the_two_networks_and_a_convex_loss_has_no_barrier(tints):
    model, photos = Plain(), tints(24)
    first, second = states(model)
    line = loss_line(model, first, second, photos, device="cpu")
    assert len(line.places) == 31 and line.places[0] == -0.25 and line.places[-1] == 1.25 and line.barrier == 0
    ends = loss_line(model, first, second, photos, places=(0, 1), device="cpu")
    for weights, accuracy in zip((first, second), ends.accuracies, strict=True):
        model.load_state_dict(weights)
        assert evaluate(model, photos, device="cpu").accuracy == pytest.approx(accuracy)


def test_a_hill_between_two_networks_is_a_barrier(tints):
    model, photos = Plain(), tints(24)
    fine_tune(model, photos, epochs=20, lr=0.05, batch_size=8, augment=False, device="cpu", progress=False)
    good = copy.deepcopy(model.state_dict())
    hill = loss_line(model, good, good, photos, places=(0, 0.5, 1), device="cpu")
    assert hill.barrier == pytest.approx(0, abs=1e-9)
    from chapter9_lib.studies.landscape import LossLine

    assert LossLine(np.array([0, 0.5, 1]), np.array([1.0, 3.0, 2.0]), np.zeros(3)).barrier == pytest.approx(1.5)


def test_statistics_are_measured_anew_and_the_model_stays_as_it_was(tints):
    torch.manual_seed(0)
    model = eight_layers(3).eval()
    before = copy.deepcopy(model.state_dict())
    wrong = {k: v + 100 if "running_mean" in k else v for k, v in before.items()}
    ours = loss_line(model, wrong, wrong, tints(24), places=(0.0,), device="cpu")
    theirs = loss_line(model, before, before, tints(24), places=(0.0,), device="cpu")
    assert ours.losses == pytest.approx(theirs.losses)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items()) and not model.training
    with pytest.raises(ValueError, match="not of this model"):
        loss_line(model, before, {}, tints(24))
    with pytest.raises(TypeError, match=r"first\.state_dict\(\)"):
        loss_line(model, model, model, tints(24))


def test_sharpness_grows_with_the_radius_and_scale_does_not_matter(tints):
    model, photos = Plain(), tints(24)
    fine_tune(freeze(model), photos, epochs=20, lr=0.05, batch_size=8, device="cpu", progress=False)
    near, far = (sharpness(model, photos, radius=r, directions=8, device="cpu") for r in (0.1, 1.0))
    with pytest.raises(ValueError, match="directions=0: at least one"):
        sharpness(model, photos, directions=0)
    assert near.shape == (8,) and near.mean() < far.mean() and far.mean() > 0
    assert np.array_equal(near, sharpness(model, photos, radius=0.1, directions=8, device="cpu"))
    assert np.allclose(sharpness(model, photos, radius=0.0, directions=2, device="cpu"), 0, atol=1e-6)


def test_a_frozen_network_is_scored_like_a_free_one(tints):
    from chapter9_lib.models import freeze_batchnorm, unfreeze

    torch.manual_seed(0)
    model, photos = eight_layers(3), tints(24)
    fine_tune(model, photos, epochs=2, batch_size=8, augment=False, device="cpu", progress=False)
    weights = copy.deepcopy(model.state_dict())
    free = loss_line(model, weights, weights, photos, places=(0,), device="cpu")
    for held in (freeze(model), freeze_batchnorm(unfreeze(model))):
        assert loss_line(held, weights, weights, photos, places=(0,), device="cpu").losses == pytest.approx(free.losses)


def test_norms_that_cannot_move_need_no_measuring(tints):
    model = nn.Sequential(FrozenBatchNorm2d(3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3))
    model.preprocessing = Preprocessing((36, 48), (0.5,) * 3, (0.25,) * 3, crop=False)
    assert len(loss_line(model, *states(model, 0.1), tints(12), places=(0, 1), device="cpu").losses) == 2


def test_a_last_batch_of_one_does_not_count_like_a_whole_one():
    wanted = {(64, 64, 1): [64, 65], (64, 64, 32): [64, 64, 32], (5,): [5], (4, 1): [5]}
    for sizes, left in wanted.items():
        assert [len(step) for step in _without_crumbs([torch.arange(size) for size in sizes])] == left
