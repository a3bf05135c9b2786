"""What a forward pass keeps for the way back."""

import torch
from torch import nn

from data_scripts.experiments.adapter_steps import kept_for_the_way_back


def network():
    return nn.Sequential(nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 8))


def test_it_counts_what_is_kept_and_no_parameter():
    images, labels = torch.randn(64, 256), torch.randint(0, 8, (64,))
    model = network()
    whole = kept_for_the_way_back(model, images, labels)
    numbers = 64 * (256 + 512 + 8)  # what enters the two layers (the second is what ReLU gave), and the scores
    assert 4 * numbers <= whole * 2**20 < 4 * numbers + 4 * 64 * 8 + 64 * 8 + 4096
    assert all(weights.grad is None for weights in model.parameters())


def test_behind_frozen_layers_nothing_is_kept_of_them():
    images, labels = torch.randn(64, 256), torch.randint(0, 8, (64,))
    model = network()
    whole = kept_for_the_way_back(model, images, labels)
    model[0].requires_grad_(False)
    assert kept_for_the_way_back(model, images, labels) < whole
