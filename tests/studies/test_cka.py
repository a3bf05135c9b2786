"""P23: CKA of a network with itself is 1, rotation and scale do not matter, unrelated features come out near 0."""

import numpy as np
import pytest
import torch

from chapter9_lib.models import Preprocessing, lab_resnet, stages
from chapter9_lib.studies import cka, stage_outputs
from chapter9_lib.studies.cka import unbiased_hsic


def plain_cka(x, y):
    """The textbook's, from whole feature matrices and with bias: only for what is exactly alike."""
    x, y = x - x.mean(0), y - y.mean(0)
    return float((x.T @ y).norm() ** 2 / ((x.T @ x).norm() * (y.T @ y).norm()))


def small():
    torch.manual_seed(0)
    model = lab_resnet(3)
    model.preprocessing = Preprocessing((36, 48), (0.5,) * 3, (0.25,) * 3, crop=False)
    return model


def test_a_network_is_like_itself(tints):
    model = small()
    found = cka(model, model, tints(26), batch_size=8, device="cpu")
    assert found.shape == (6, 6) and np.allclose(np.diag(found), 1) and np.allclose(found, found.T)


def test_rotation_and_scale_do_not_matter():
    turn = torch.linalg.qr(torch.randn(40, 40, dtype=torch.float64))[0]
    x, y = torch.randn(30, 40, dtype=torch.float64), torch.randn(30, 40, dtype=torch.float64)
    for other in (x @ turn, 7 * x):
        ratio = unbiased_hsic(x @ x.T, other @ other.T) / np.sqrt(
            unbiased_hsic(x @ x.T, x @ x.T) * unbiased_hsic(other @ other.T, other @ other.T)
        )
        assert ratio == pytest.approx(1) and plain_cka(x, other) == pytest.approx(1)
    assert plain_cka(x, y) > 0.4, "with bias, unrelated features look alike"


def test_unrelated_features_come_out_near_zero():
    generator = torch.Generator().manual_seed(0)
    draws = [[torch.randn(32, 100, generator=generator, dtype=torch.float64) for _ in range(2)] for _ in range(200)]
    values = [unbiased_hsic(x @ x.T, y @ y.T) / np.sqrt(
        unbiased_hsic(x @ x.T, x @ x.T) * unbiased_hsic(y @ y.T, y @ y.T)) for x, y in draws]  # fmt: skip
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))


def test_unbiased_hsic_is_the_slow_formula():
    k, m = (a @ a.T for a in torch.randn(2, 6, 4, dtype=torch.float64))
    n, total = 6, 0.0
    for i in range(n):
        for j in range(n):
            for q in range(n):
                for r in range(n):
                    if len({i, j, q, r}) == 4:
                        total += float(k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]))
    assert unbiased_hsic(k, m) == pytest.approx(total / (n * (n - 1) * (n - 2) * (n - 3)))


def test_too_few_photos_are_refused(tints):
    with pytest.raises(ValueError, match="at least four"):
        cka(small(), small(), tints(3))
    with pytest.raises(ValueError, match="at least four"):
        cka(small(), small(), tints(9), batch_size=2)


def test_a_short_last_batch_is_left_out(tints):
    model = small()
    ten, eight = (cka(model, model, tints(count), batch_size=8, device="cpu") for count in (10, 8))
    assert np.allclose(ten, eight)


def test_outputs_are_those_of_the_stages():
    model = small().eval()
    images = torch.randn(2, 3, 36, 48)
    found = stage_outputs(model, images)
    assert list(found) == [stage.name for stage in stages(model)]
    with torch.no_grad():
        stem = model.maxpool(model.act1(model.bn1(model.conv1(images))))
        assert torch.equal(found["conv1"], stem) and torch.equal(found["layer1"], model.layer1(stem))
        assert torch.equal(found["head"], model(images))
