"""CORAL and MMD by their papers' formulas and beside the peers' code; the reversal, exactly (P14)."""

import pytest
import torch

from chapter9_lib.training import coral_loss, gradient_reversal, mmd_loss


def features(seed=0, count=40, width=8, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=generator, dtype=torch.float64) + shift


def test_forward_nothing_happens_and_backward_the_opposite():
    x = features().requires_grad_()
    y = gradient_reversal(x, 0.3)
    assert torch.equal(x, y) and y.data_ptr() != x.data_ptr()
    weights = features(1)
    (y * weights).sum().backward()
    assert torch.equal(x.grad, -0.3 * weights)


def test_coral_by_its_formula():
    one, other = features(0, 30), features(1, 50) * 2
    wanted = (torch.cov(one.T) - torch.cov(other.T)).norm() ** 2 / (4 * 8**2)
    assert torch.isclose(coral_loss(one, other), wanted)
    assert torch.isclose(coral_loss(one + 5, other - 3), wanted), "means don't count"
    assert coral_loss(one, one) == 0


def test_mmd_is_about_nothing_for_one_distribution_and_grows_with_the_shift():
    same = [float(mmd_loss(features(2 * s), features(2 * s + 1, 60))) for s in range(40)]
    assert abs(sum(same) / 40) < 0.01
    values = [float(mmd_loss(features(0), features(1, shift=shift))) for shift in (0.0, 0.5, 1.0, 2.0)]
    assert values == sorted(values)


def test_mmd_by_hand():
    one, other, width = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [4.0]]), 2.0
    k = lambda a, b: torch.exp(-torch.tensor((a - b) ** 2 / width))  # noqa: E731
    wanted = k(0.0, 1.0) + k(2.0, 4.0) - 2 * (k(0.0, 2.0) + k(0.0, 4.0) + k(1.0, 2.0) + k(1.0, 4.0)) / 4
    assert torch.isclose(mmd_loss(one, other, bandwidth=width), wanted)


@pytest.mark.parametrize("kernel", ["gaussian", "laplacian"])
def test_mmd_stays_a_number_and_gives_a_gradient(kernel):
    for x in (features(), torch.ones(5, 3, dtype=torch.float64)):
        own = x.clone().requires_grad_()
        loss = mmd_loss(own, x.clone(), kernel=kernel, scales=(0.5, 1.0, 2.0))
        loss.backward()
        assert torch.isfinite(loss) and torch.isfinite(own.grad).all()


def test_coral_is_that_of_the_peers():
    skada = pytest.importorskip("skada.deep.losses")
    one, other = features(0, 30), features(1, 30) * 2
    assert float(coral_loss(one, other)) == pytest.approx(float(skada.deepcoral_loss(one, other)), abs=1e-6)


def test_coral_and_mmd_are_those_of_pytorch_adapt():
    layers = pytest.importorskip("pytorch_adapt.layers")
    one, other = features(0, 30), features(1, 30, shift=0.5)
    assert float(coral_loss(one, other)) == pytest.approx(float(layers.CORALLoss()(one, other)), abs=1e-6)
    squared = torch.cdist(one, one).square()
    theirs = layers.MMDLoss(kernel_scales=1, mmd_type="quadratic")(one, other)
    assert float(mmd_loss(one, other, bandwidth=squared.median())) == pytest.approx(float(theirs), abs=1e-6)


@pytest.mark.parametrize("loss", [coral_loss, mmd_loss])
def test_what_does_not_fit_is_refused(loss):
    for pair in ((features(), features(width=3)), (features(count=1), features()), (features()[0], features()[0])):
        with pytest.raises(ValueError, match="two rows or more"):
            loss(*pair)
    with pytest.raises(ValueError, match="laplacian"):
        mmd_loss(features(), features(), kernel="cubic")
