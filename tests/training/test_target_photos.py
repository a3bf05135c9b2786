"""Statistics measured anew, and a model's own labels; the photos' labels are never looked at."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from chapter9_lib.models import freeze, load_pretrained, preprocessing
from chapter9_lib.training import adapt_batchnorm, fine_tune, predict, pseudo_label


class Secret:
    """Photos whose labels nobody may ask for."""

    def __init__(self, photos):
        self.photos = photos

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, at):
        return self.photos[at][0]

    @property
    def labels(self):
        raise AssertionError("labels of the target were looked at")


def test_the_first_norm_has_the_statistics_of_the_photos(small_model, toy_photos):
    photos = toy_photos(32)
    seen = []
    stem = small_model.conv1[0]
    hook = stem.register_forward_hook(lambda m, a, output: seen.append(output.detach()))
    images = torch.stack([preprocessing(small_model).transform()(photos[at][0]) for at in range(32)])
    small_model(images)
    hook.remove()
    adapt_batchnorm(small_model, Secret(photos), batch_size=32, device="cpu")
    norm = small_model.conv1[1]
    assert torch.allclose(norm.running_mean, seen[0].mean((0, 2, 3)), atol=1e-5)
    assert torch.allclose(norm.running_var, seen[0].var((0, 2, 3)), rtol=1e-4)


def test_weights_modes_hooks_and_momentum_stay(small_model, toy_photos):
    freeze(small_model)
    before = copy.deepcopy(small_model)
    adapt_batchnorm(small_model, toy_photos(20), batch_size=10, device="cpu")
    assert all(torch.equal(a, b) for a, b in zip(small_model.parameters(), before.parameters(), strict=True))
    changed = 0
    for (_, one), (_, other) in zip(small_model.named_modules(), before.named_modules(), strict=True):
        assert one.training == other.training and len(one._forward_pre_hooks) == len(other._forward_pre_hooks)
        if isinstance(one, nn.BatchNorm2d):
            assert one.momentum == other.momentum
            changed += not torch.equal(one.running_mean, other.running_mean)
    assert changed == sum(isinstance(m, nn.BatchNorm2d) for m in small_model.modules())
    held = copy.deepcopy(small_model.state_dict())
    small_model.train()(torch.rand(4, 3, 32, 32))
    assert torch.equal(small_model.conv1[1].running_mean, held["conv1.1.running_mean"]), "still frozen"


@pytest.mark.parametrize("breaks", [KeyboardInterrupt, OSError])
def test_broken_off_it_leaves_the_statistics_as_they_were(small_model, toy_photos, breaks):
    class Broken(list):
        def __getitem__(self, at):
            if at == 7:
                raise breaks
            return super().__getitem__(at)

    before = copy.deepcopy(small_model)
    with pytest.raises(breaks):
        adapt_batchnorm(small_model, Broken(toy_photos(12).images), batch_size=4, device="cpu")
    assert all(map(torch.equal, small_model.state_dict().values(), before.state_dict().values()))
    assert [getattr(m, "momentum", 0) for m in small_model.modules()] == [
        getattr(m, "momentum", 0) for m in before.modules()
    ]


def test_networks_without_batch_norm_and_single_photos_are_refused(small_model, toy_photos):
    vit = load_pretrained("vit_tiny_patch16_224", pretrained=False)
    with pytest.raises(ValueError, match="no batch norms"):
        adapt_batchnorm(vit, toy_photos(4))
    with pytest.raises(ValueError, match="at least two"):
        adapt_batchnorm(small_model, toy_photos(1))
    with pytest.raises(ValueError, match="batch_size=1"):
        adapt_batchnorm(small_model, toy_photos(4), batch_size=1, device="cpu")


def test_norms_that_cannot_move_are_left_alone(small_model, toy_photos):
    small_model.bn1 = FrozenBatchNorm2d(32)
    small_model.conv1[1] = FrozenBatchNorm2d(small_model.conv1[1].num_features)
    before = copy.deepcopy(small_model.state_dict())
    adapt_batchnorm(small_model, toy_photos(8), device="cpu")
    moved = {name for name, tensor in small_model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert any("running_mean" in name for name in moved) and not any(n.startswith(("bn1.", "conv1.1.")) for n in moved)


@pytest.fixture
def trained(small_model, toy_photos):
    fine_tune(small_model, toy_photos(45), epochs=4, lr=3e-3, batch_size=15, augment=False, progress=False)
    return small_model


def test_the_surer_the_fewer_and_the_labels_are_its_own(trained, toy_photos):
    photos = Secret(toy_photos(60, seed=7))
    said = predict(trained, [photos[at] for at in range(60)]).numpy()
    shares = []
    for threshold in (0.0, 0.5, 0.9, 0.999):
        found = pseudo_label(trained, photos, threshold)
        assert np.array_equal(found.labels, said.argmax(1)[found.positions]) and (found.confidence >= threshold).all()
        shares.append(found.share)
    assert shares[0] == 1 and shares == sorted(shares, reverse=True)


def test_balanced_labels_are_as_many_of_each_and_the_surest(trained, toy_photos):
    photos = toy_photos(60, seed=7)
    everything, even = (pseudo_label(trained, photos, 0.3, balance=balance) for balance in (False, True))
    counts = np.bincount(even.labels)
    assert len(set(counts[counts > 0])) == 1 and set(even.positions) <= set(everything.positions)
    for label in set(even.labels):
        left = set(everything.positions[everything.labels == label]) - set(even.positions)
        least = even.confidence[even.labels == label].min()
        assert all(everything.confidence[list(everything.positions).index(at)] <= least for at in left)


def test_the_hidden_truth_can_be_looked_at_afterwards(trained, toy_photos):
    photos = toy_photos(60, seed=7)
    found = pseudo_label(trained, photos, 0.5)
    assert found.right(photos.labels) == (photos.labels[found.positions] == found.labels).mean()
    unsure = replace(found, positions=found.positions[:0], labels=found.labels[:0], confidence=found.confidence[:0])
    assert np.isnan(unsure.right(photos.labels))
    with pytest.raises(ValueError, match="threshold"):
        pseudo_label(trained, photos, 1.5)
    with pytest.raises(ValueError, match="no photo"):
        pseudo_label(trained, [])


def test_photos_in_order_of_their_brightness_have_the_variance_of_shuffled_ones(small_model):
    shades = [Image.new("RGB", (32, 24), (grey, grey, grey)) for grey in range(20, 240, 4)]
    mixed = [shades[at] for at in np.random.default_rng(0).permutation(len(shades))]
    found = []
    for photos in (shades, mixed):
        own = copy.deepcopy(small_model)
        adapt_batchnorm(own, photos, batch_size=16)
        norm = next(m for m in own.modules() if isinstance(m, nn.BatchNorm2d))
        found.append(norm.running_var.clone())
    assert torch.allclose(*found, rtol=0.3)
