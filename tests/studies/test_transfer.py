"""Layers change hands; frozen ones stay, the others start afresh."""

import numpy as np
import pytest
import torch

from chapter9_lib.models import stages
from chapter9_lib.models.eight_layers import eight_layers
from chapter9_lib.studies import ARMS, Arm, transfer_grid, transplant
from chapter9_lib.studies.transfer import transfer_cell


def nets():
    torch.manual_seed(0)
    return eight_layers(3), eight_layers(3)


def test_the_network_has_eight_stages_of_one_layer():
    model = eight_layers(7)
    names = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "head"]
    assert [stage.name for stage in stages(model)] == names
    assert model(torch.rand(2, 3, 36, 48)).shape == (2, 7)


@pytest.mark.parametrize("layers", [0, 3, 7])
def test_transplants_exactly_the_first_layers(layers):
    donor, receiver = nets()
    donor.train()(torch.rand(8, 3, 36, 48))
    before = {name: tensor.clone() for name, tensor in receiver.state_dict().items()}
    transplant(donor, receiver, layers)
    copied = {name for stage in stages(receiver)[:layers] for name in stage.tensors}
    for name, tensor in receiver.state_dict().items():
        assert torch.equal(tensor, donor.state_dict()[name] if name in copied else before[name]), name


def test_refuses_what_does_not_fit():
    donor, receiver = nets()
    with pytest.raises(ValueError, match="7 stages before its head"):
        transplant(donor, receiver, 8)
    donor.conv2[0] = torch.nn.Conv2d(24, 48, 5, padding=2, bias=False)
    with pytest.raises(ValueError, match="not of the same build: conv2"):
        transplant(donor, receiver, 3)


def test_frozen_arms_keep_the_donors_layers_and_thawed_ones_do_not(tints):
    donor, _ = nets()
    for arm in (Arm("A", True), Arm("A", False)):
        model = transfer_cell(arm, 3, donor, lambda: eight_layers(3), tints(), epochs=1, lr=1e-2, progress=False)
        kept = {name for stage in stages(model)[:3] for name in stage.tensors}
        same = {name for name, tensor in model.state_dict().items() if torch.equal(tensor, donor.state_dict()[name])}
        assert (kept <= same) == arm.frozen and not same >= set(model.state_dict())


def test_a_grid_has_a_row_for_each_cell_and_learns(tints):
    donor, other = nets()
    rows = transfer_grid(
        {"A": donor, "B": other}, lambda: eight_layers(3), tints(48), tints(24, seed=1), layers=(2, 5), epochs=6,
        lr=1e-2, batch_size=16, progress=False, device="cpu",
    )  # fmt: skip
    assert [(row["arm"], row["layers"]) for row in rows] == [(a.name(), n) for a in ARMS for n in (2, 5)]
    assert np.mean([row["evaluation"].accuracy for row in rows]) > 0.7
    with pytest.raises(ValueError, match="donors has no A"):
        transfer_grid({"B": other}, lambda: eight_layers(3), tints(), tints(), progress=False)


def test_names_are_the_papers():
    assert [arm.name() for arm in ARMS] == ["BnB", "AnB", "BnB+", "AnB+"] and Arm("A", True).name(3) == "A3B"


def test_frozen_heads_see_random_views_like_everybody_else(tints, monkeypatch):
    seen = []
    monkeypatch.setattr("chapter9_lib.studies.transfer.fine_tune", lambda *args, **options: seen.append(options))
    for layers in (0, 7):
        transfer_cell(ARMS[0], layers, nets()[0], lambda: eight_layers(3), tints(), epochs=1, lr=0.1, views=2)
    assert [options["augment"] for options in seen] == [True, True]
