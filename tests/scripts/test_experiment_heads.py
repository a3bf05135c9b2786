"""The shortcut of the records is the library's own training: the same head from kept activations."""

import torch

from chapter9_lib import evaluate, fine_tune, freeze, open_world, replace_head
from data_scripts.experiments.heads import activations_of, head_accuracy


def test_a_head_on_kept_activations_is_the_head_that_fine_tune_trains():
    world = open_world("lab")
    train, test = world.photos("train").sample(40, seed=0), world.photos("val").sample(50, seed=0)

    def kitchen():
        torch.manual_seed(3)
        return freeze(replace_head(world.model(), 5, hidden=32, dropout=0.3))

    ours, theirs = kitchen(), kitchen()
    kept = activations_of(ours, train) | activations_of(ours, test)
    score = head_accuracy(ours, kept, train, {"val": test}, rate=1e-2, epochs=6, seed=5)["val"]
    fine_tune(theirs, train, epochs=6, lr=1e-2, batch_size=32, seed=5, progress=False, device="cpu")
    assert score == 100 * evaluate(theirs, test, device="cpu").accuracy
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
