"""VICReg's loss by its formula and beside lightly's; training with it changes the backbone and nothing else."""

import copy

import pytest
import torch

from chapter9_lib.models import eight_layers, find_head, freeze
from chapter9_lib.training.self_supervision import pretrain_self_supervised, vicreg_loss

QUIET = {"device": "cpu", "progress": False}


def descriptions(seed=0, count=32, width=16):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(count, width, generator=generator, dtype=torch.float64) for _ in range(2)]


def test_the_loss_is_that_of_lightly():
    theirs = pytest.importorskip("lightly.loss").VICRegLoss()
    one, other = descriptions()
    assert float(vicreg_loss(one, other)) == pytest.approx(float(theirs(one, other)), abs=1e-5)


@pytest.mark.parametrize(("seed", "wanted"), [(0, 52.01446765294143), (1, 55.417155400502956)])
def test_the_loss_is_what_lightly_said_where_it_is_not_installed(seed, wanted):
    """Computed once by lightly 1.6.0's VICRegLoss."""
    assert float(vicreg_loss(*descriptions(seed))) == pytest.approx(wanted, abs=1e-5)


def test_the_loss_by_its_three_parts():
    one, other = descriptions()
    apart = ((one - other) ** 2).mean()
    assert torch.isclose(vicreg_loss(one, other, variance=0, covariance=0), 25 * apart)
    tight = one * 0.1
    still = (1 - (tight.var(0) + 1e-4).sqrt()).mean()
    assert torch.isclose(vicreg_loss(tight, tight, invariance=0, covariance=0), 25 * still)
    covariance = torch.cov(one.T)
    wanted = 2 * ((covariance - covariance.diag().diag()) ** 2).sum() / one.shape[1]
    assert torch.isclose(vicreg_loss(one, one, invariance=0, variance=0), wanted)


def test_the_two_views_may_change_places_and_collapse_is_dear():
    one, other = descriptions()
    assert torch.isclose(vicreg_loss(one, other), vicreg_loss(other, one))
    same = torch.zeros(32, 16, dtype=torch.float64)
    assert vicreg_loss(same, same) > vicreg_loss(one, one)


def test_it_learns_and_leaves_the_head_and_the_random_numbers_alone(toy_photos):
    torch.manual_seed(0)
    model, photos = eight_layers(3), toy_photos(24)
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    losses = pretrain_self_supervised(model, photos, epochs=6, batch_size=12, width=32, **QUIET)
    assert len(losses) == 6 and losses[-1] < losses[0]
    head = find_head(model).name
    after = model.state_dict()
    assert all(torch.equal(after[n], before[n]) for n in after if n.startswith(head))
    assert not torch.equal(after["conv1.0.weight"], before["conv1.0.weight"])
    assert torch.equal(torch.get_rng_state(), state) and not model.training
    again = eight_layers(3)
    again.load_state_dict(before)
    assert pretrain_self_supervised(again, photos, epochs=6, batch_size=12, width=32, **QUIET) == losses


def test_what_is_frozen_stays(toy_photos):
    model = freeze(eight_layers(3), "conv4")
    before = copy.deepcopy(model.state_dict())
    pretrain_self_supervised(model, toy_photos(24), epochs=1, batch_size=12, width=32, **QUIET)
    assert all(torch.equal(v, before[n]) for n, v in model.state_dict().items() if n.startswith(("conv1", "conv3")))
    with pytest.raises(ValueError, match="frozen"):
        pretrain_self_supervised(freeze(model), toy_photos(24), epochs=1, progress=False)
    with pytest.raises(ValueError, match="batch_size=1"):
        pretrain_self_supervised(eight_layers(3), toy_photos(4), epochs=1, batch_size=1, progress=False)
    with pytest.raises(ValueError, match="fewer than two"):
        pretrain_self_supervised(eight_layers(3), toy_photos(1), epochs=1, progress=False)
    with pytest.raises(ValueError, match="epochs=0"):
        pretrain_self_supervised(eight_layers(3), toy_photos(4), epochs=0, progress=False)
    for wrong in (torch.rand(1, 4), torch.rand(3, 4)):
        with pytest.raises(ValueError, match="two photos or more"):
            vicreg_loss(torch.rand(1, 4), wrong)
