"""Temperature scaling, against data whose temperature is known, and scikit-learn's view of the optimum."""

import numpy as np
import pytest
import torch
from torch import nn
from toys import ToyPhotos

from chapter9_lib.models import replace_head
from chapter9_lib.training import predict
from chapter9_lib.training.temperature import fit_temperature, fold_temperature


def overconfident(factor, count=20_000):
    """Answers whose scores are `factor` times what they should be, and labels drawn from the right ones."""
    random = np.random.default_rng(0)
    scores = torch.as_tensor(random.normal(0, 1.5, (count, 4)))
    right = scores.softmax(1).numpy()
    labels = (random.random((count, 1)) > right.cumsum(1)).sum(1)
    return (factor * scores).softmax(1), labels


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_factor_is_found(factor):
    assert fit_temperature(*overconfident(factor)) == pytest.approx(factor, rel=0.04)


def test_few_photos_are_not_believed_so_far():
    probabilities, labels = torch.tensor([[0.9, 0.1]] * 5), np.zeros(5, dtype=int)
    assert fit_temperature(probabilities, labels) < 0.06  # all right: the surer the better
    assert 0.5 < fit_temperature(probabilities, labels, doubt=0.5) < 1
    many = fit_temperature(*overconfident(3.0), doubt=0.5)
    assert many == pytest.approx(3.0, rel=0.05)


def test_folded_into_the_head_it_divides_the_scores_and_changes_no_answer(small_model):
    photos = ToyPhotos(12)
    for hidden in (None, 8):
        torch.manual_seed(0)
        model = replace_head(small_model, 3, hidden=hidden)
        before = predict(model, photos, device="cpu").double().log()
        after = predict(fold_temperature(model, 2.5), photos, device="cpu").double()
        assert torch.allclose((before / 2.5).softmax(1), after, atol=1e-5)
        assert torch.equal(before.argmax(1), after.argmax(1))


def test_weights_that_are_used_elsewhere_too_are_not_divided():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    model[3].weight = model[1].weight
    before = model[1].weight.clone()
    with pytest.raises(ValueError, match="shares its weights with 1.weight"):
        fold_temperature(model, 2.0)
    assert torch.equal(before, model[1].weight)


def test_weights_that_are_computed_from_others_are_not_divided():
    model = nn.Sequential(nn.Flatten(), nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)))
    photos, before = torch.randn(2, 3), model[1].bias.clone()
    scores = model(photos)
    with pytest.raises(ValueError, match="computed anew from others"):
        fold_temperature(model, 2.0)
    assert torch.equal(before, model[1].bias) and torch.equal(scores, model(photos))


def test_what_does_not_go_together_is_refused():
    for probabilities, labels in ((np.empty((0, 2)), []), ([[0.5, 0.5]], [0, 1]), ([[0.5, 0.5]], [2])):
        with pytest.raises(ValueError, match="don't go together"):
            fit_temperature(np.array(probabilities), np.array(labels))
