"""P11: the finder leaves everything as it was, and gives a sane answer when the loss breaks."""

import copy

import numpy as np
import pytest
import torch

from chapter9_lib.models import freeze
from chapter9_lib.training import learning_rate_finder


@pytest.mark.parametrize("until", ["head", "layer4", "stem"])
def test_leaves_everything_as_it_was(small_model, toy_photos, until):
    freeze(small_model, until).train()
    small_model.layer1.eval()
    before, modes = copy.deepcopy(small_model.state_dict()), [m.training for m in small_model.modules()]
    random = torch.get_rng_state()
    sweep = learning_rate_finder(small_model, toy_photos(24), steps=12, batch_size=8, device="cpu")
    assert all(torch.equal(tensor, before[name]) for name, tensor in small_model.state_dict().items())
    assert modes == [m.training for m in small_model.modules()] and torch.equal(random, torch.get_rng_state())
    assert all(p.grad is None for p in small_model.parameters()) and not hasattr(small_model, "classes")
    assert len(sweep.rates) == len(sweep.losses) <= 12 and np.isfinite(sweep.losses).all()


def test_rates_grow_by_one_factor_and_the_suggestions_lie_between(small_model, toy_photos):
    sweep = learning_rate_finder(freeze(small_model), toy_photos(48), steps=60, batch_size=16, device="cpu")
    assert sweep.rates[:2] == pytest.approx(np.geomspace(1e-6, 1, 60)[:2])
    assert np.allclose(np.diff(np.log(sweep.rates)), np.log(1e6) / 59)
    assert 1e-6 < sweep.steepest <= sweep.highest <= 1
    assert sweep.losses.min() < sweep.losses[0]
    again = learning_rate_finder(small_model, toy_photos(48), steps=60, batch_size=16, device="cpu")
    assert np.array_equal(sweep.losses, again.losses)


def test_a_loss_that_is_no_number_ends_the_sweep(small_model, toy_photos):
    sweep = learning_rate_finder(
        small_model, toy_photos(16), lowest=1e-3, highest=1e30, steps=20, batch_size=8, device="cpu"
    )
    assert 1 <= len(sweep.losses) < 20 and np.isfinite(sweep.losses).all() and sweep.steepest < 1e30


def test_senseless_numbers_are_refused(small_model, toy_photos):
    with pytest.raises(ValueError, match="lowest < highest"):
        learning_rate_finder(small_model, toy_photos(8), lowest=1.0, highest=0.1)
    with pytest.raises(ValueError, match="The loss broke at the first rates"):
        learning_rate_finder(small_model, toy_photos(16), lowest=1e20, highest=1e30, batch_size=8, device="cpu")
    with pytest.raises(ValueError, match="Nothing to train"):
        learning_rate_finder(small_model.requires_grad_(False), toy_photos(8), device="cpu")
