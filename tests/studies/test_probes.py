import numpy as np
import pytest
import torch

from chapter9_lib.models import eight_layers, stages
from chapter9_lib.studies import probe_stages
from chapter9_lib.studies.probes import _pooled


def test_reads_what_is_there_and_not_what_is_not(tints):
    torch.manual_seed(0)
    model, train, test = eight_layers(3), tints(60), tints(60, seed=1)
    noise = np.random.default_rng(0).integers(0, 3, (2, 60))
    unknown = train.labels.copy()
    unknown[::2] = -1
    labels = {"tint": (train.labels, test.labels), "noise": tuple(noise), "half known": (unknown, test.labels)}
    found = probe_stages(model, train, test, labels, device="cpu")
    assert list(found["tint"]) == [stage.name for stage in stages(model)]
    assert found["tint"]["conv1"] > 0.9 and found["half known"]["conv1"] > 0.9 and found["noise"]["conv1"] < 0.6


def test_maps_are_averaged_over_fields_and_tokens_over_all():
    maps = torch.arange(192.0).view(1, 8, 4, 6)
    expected = torch.nn.functional.adaptive_avg_pool2d(maps, (2, 3)).flatten(1)
    assert torch.equal(_pooled(maps, (2, 3), 4 / 6), expected)
    assert torch.equal(_pooled(maps.permute(0, 2, 3, 1), (2, 3), 4 / 6), expected)
    assert _pooled(torch.rand(2, 16, 36, 48), (2, 3), 0.75).shape == (2, 16 * 6)
    assert _pooled(torch.rand(2, 36, 36, 48), (2, 3), 0.75).shape == (2, 36 * 6)
    assert _pooled(torch.rand(2, 8, 1, 1), (2, 3), 0.75).shape == (2, 8)
    assert _pooled(torch.rand(2, 50, 7), (2, 3), 1).shape == (2, 7)
    assert _pooled(torch.rand(2, 9), (2, 3), 1).shape == (2, 9)


def test_an_attribute_that_nobody_has_is_named(tints):
    none = np.full(12, -1)
    with pytest.raises(ValueError, match="'horns'"):
        probe_stages(eight_layers(3), tints(12), tints(12), {"horns": (none, none)}, device="cpu")
