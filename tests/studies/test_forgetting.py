import copy

import pytest
import timm
import torch

from chapter9_lib.models import (
    add_lora,
    eight_layers,
    find_head,
    freeze,
    load_pretrained,
    lora_layers,
    merge_lora,
    replace_head,
)
from chapter9_lib.studies import still_known, with_old_head
from chapter9_lib.training import evaluate, fine_tune
from chapter9_lib.training.interpolation import interpolated


@pytest.fixture
def original():
    torch.manual_seed(0)
    return eight_layers(3).eval()


def test_an_untouched_backbone_knows_all_it_knew(original, tints):
    tuned = replace_head(copy.deepcopy(original), 5)
    assert still_known(tuned, original, tints()).accuracy == evaluate(original, tints()).accuracy
    whole = with_old_head(freeze(tuned), original)
    for name, values in original.state_dict().items():
        assert whole.state_dict()[name].equal(values)
    assert all(parameter.requires_grad for parameter in whole.parameters())


def test_what_the_backbone_lost_shows_and_neither_network_is_changed(original, tints):
    fine_tune(original, tints(), epochs=12, lr=3e-3, batch_size=8, augment=False, progress=False)
    knew = evaluate(original, tints()).accuracy
    wrecked = replace_head(copy.deepcopy(original), 5)
    with torch.no_grad():
        for parameter in wrecked.conv3.parameters():
            parameter.zero_()
    before = [copy.deepcopy(model.state_dict()) for model in (original, wrecked)]
    assert knew > 0.9 and still_known(wrecked, original, tints()).accuracy < knew - 0.2
    for model, state in zip((original, wrecked), before, strict=True):
        assert all(state[name].equal(values) for name, values in model.state_dict().items())


def test_norm_statistics_are_part_of_what_is_known(original):
    tuned = replace_head(copy.deepcopy(original), 5)
    tuned.conv1[1].running_mean.fill_(9)
    whole = with_old_head(tuned, original)
    assert whole.conv1[1].running_mean[0] == 9 and find_head(whole).out_features == 3


def test_another_build_is_named(original):
    with pytest.raises(ValueError, match="not of the same build: conv1.0.weight"):
        with_old_head(timm.create_model("resnet18", num_classes=5), original)


def test_an_adapter_beside_its_weight_would_not_be_seen_and_is_refused(original, tints):
    tuned = add_lora(replace_head(copy.deepcopy(original), 5), rank=2)
    for layer in lora_layers(tuned).values():
        torch.nn.init.ones_(layer.lora_B.weight)
    with pytest.raises(ValueError, match="merge_lora"):
        still_known(tuned, original, tints())
    with pytest.raises(ValueError, match="merge_lora"):
        interpolated(tuned, original.state_dict(), 0.5)
    merged = merge_lora(tuned)
    assert not torch.equal(with_old_head(merged, original).conv3[0].weight, original.conv3[0].weight)


def test_every_head_of_a_network_with_several_is_the_old_one():
    original = load_pretrained("deit_tiny_distilled_patch16_224", pretrained=False)
    tuned = replace_head(copy.deepcopy(original), 5)
    whole = with_old_head(tuned, original)
    assert whole.head_dist.weight.equal(original.head_dist.weight) and whole.head.weight.equal(original.head.weight)
