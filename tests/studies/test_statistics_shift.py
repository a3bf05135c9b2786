"""How unlike a network's own photos others look to its norms."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn
from torch.distributions import Normal, kl_divergence
from torchvision.ops import FrozenBatchNorm2d

from chapter9_lib import load_pretrained, open_world
from chapter9_lib.models import Preprocessing
from chapter9_lib.studies import domain_similarity, statistics_shift


def network(norm: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 5, 3), norm, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2))
    model.preprocessing = Preprocessing((20, 24), (0.5,) * 3, (0.25,) * 3, crop=False)
    return model


def noise(count: int) -> list[Image.Image]:
    random = np.random.default_rng(3)
    return [Image.fromarray(random.integers(0, 256, (20, 24, 3), dtype=np.uint8)) for _ in range(count)]


def test_it_is_the_divergence_of_normal_distributions_as_torch_computes_it():
    model, photos = network(nn.BatchNorm2d(5)), noise(70)  # more than a batch
    model[1].running_mean.copy_(torch.tensor([0.3, -0.2, 0.0, 2.0, 0.1]))
    model[1].running_var.copy_(torch.tensor([0.5, 2.0, 1.0, 0.1, 0.7]))
    pixels = torch.stack([torch.from_numpy(np.array(photo)).permute(2, 0, 1) / 255 for photo in photos])
    met = model[0]((pixels - 0.5) / 0.25).transpose(0, 1).flatten(1).double()
    own = Normal(met.mean(1), met.std(1, correction=0))
    kept = Normal(model[1].running_mean.double(), model[1].running_var.double().sqrt())
    assert statistics_shift(model, photos, device="cpu") == pytest.approx(
        kl_divergence(own, kept).median().item(), 1e-4
    )


def test_a_norm_that_has_met_just_these_photos_sees_no_shift():
    model, photos = network(nn.BatchNorm2d(5, momentum=None)), noise(16)
    assert statistics_shift(model, photos, device="cpu") > 0.1
    pixels = torch.stack([torch.from_numpy(np.array(photo)).permute(2, 0, 1) / 255 for photo in photos])
    model.train()((pixels - 0.5) / 0.25)
    assert statistics_shift(model, photos, device="cpu") < 1e-4


def test_photos_turned_into_their_negatives_are_further_away_and_the_network_stays_as_it_was():
    model = load_pretrained("lab-resnet", source="bundled").train()
    source = open_world("lab").photos("source")
    photos = source.only(tuple(source.classes[::40]))
    images = [photo for photo, _ in photos]
    before, modes = copy.deepcopy(model.state_dict()), [module.training for module in model.modules()]
    near, far = (statistics_shift(model, some, device="cpu") for some in (images, list(map(ImageOps.invert, images))))
    assert near < 0.05 and far > 5 * near
    assert all(values.equal(before[name]) for name, values in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert not any(module._forward_pre_hooks for module in model.modules())
    assert domain_similarity(model, photos, device="cpu").shift == pytest.approx(near, rel=1e-4)


@pytest.mark.parametrize(
    "norm", [nn.GroupNorm(1, 5), nn.BatchNorm2d(5, track_running_stats=False), FrozenBatchNorm2d(5)]
)
def test_without_kept_statistics_that_can_move_there_is_nothing_to_compare(norm):
    assert statistics_shift(network(norm), noise(4), device="cpu") is None


def test_a_norm_that_is_never_called_does_not_count():
    model = network(nn.BatchNorm2d(5))
    alone = statistics_shift(model, noise(4), device="cpu")
    model.spare = nn.BatchNorm2d(5)
    model.forward = lambda batch: nn.Sequential(*list(model)[:5])(batch)
    assert statistics_shift(model, noise(4), device="cpu") == alone


def test_no_photos_are_told_and_norms_that_are_never_called_say_nothing():
    model = network(nn.BatchNorm2d(5))
    with pytest.raises(ValueError, match="No photos"):
        statistics_shift(model, [], device="cpu")
    model.forward = lambda batch: batch.mean((2, 3))[:, :2]
    assert statistics_shift(model, noise(4), device="cpu") is None


def test_a_compiled_network_is_looked_into_as_well():
    model, photos = network(nn.BatchNorm2d(5)), noise(6)
    plain = statistics_shift(model, photos, device="cpu")
    model.compile(backend="eager")
    with torch.no_grad():
        model.eval()(torch.zeros(2, 3, 20, 24))
    assert statistics_shift(model, photos, device="cpu") == pytest.approx(plain)
