import copy

import pytest
import torch

from chapter9_lib.models import eight_layers, freeze, stages
from chapter9_lib.studies import gradient_coherence
from chapter9_lib.training import fine_tune


def network():
    torch.manual_seed(0)
    return eight_layers(3)


def test_equal_batches_pull_the_same_way(tints):
    class Same(tints):
        def __getitem__(self, index):
            return super().__getitem__(0)

    photos = Same(32)
    photos.labels[:] = 0
    found = gradient_coherence(network(), photos, batch_size=8, device="cpu")
    assert list(found) == [stage.name for stage in stages(network())]
    assert all(cosine == pytest.approx(1, abs=1e-4) for cosine in found.values())


def test_labels_without_meaning_pull_less_alike_than_true_ones(tints):
    true, shuffled = tints(64), tints(64)
    shuffled.labels[:] = shuffled.labels[torch.randperm(64, generator=torch.Generator().manual_seed(0)).numpy()]
    model = network()
    fine_tune(freeze(model), tints(48, seed=2), epochs=3, batch_size=8, device="cpu", progress=False)
    a, b = (gradient_coherence(model, photos, batch_size=16, device="cpu")["head"] for photos in (true, shuffled))
    assert -1 <= b < a <= 1


def test_the_model_stays_as_it_was(tints):
    model = freeze(network(), "fc6").train()
    before, flags = copy.deepcopy(model.state_dict()), [p.requires_grad for p in model.parameters()]
    gradient_coherence(model, tints(16), batch_size=8, device="cpu")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert flags == [p.requires_grad for p in model.parameters()] and all(p.grad is None for p in model.parameters())
    assert model.training


def test_two_batches_are_needed(tints):
    with pytest.raises(ValueError, match="12 photos in at most 16 batches of 8 give 1"):
        gradient_coherence(network(), tints(12), batch_size=8)
