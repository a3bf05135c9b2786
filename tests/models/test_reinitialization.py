"""A part starts afresh, the rest stays, and the whole is alive (P24)."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from chapter9_lib.models import lab_resnet, load_pretrained, reinitialize, stages

NETWORKS = {
    "lab-resnet": ("bundled", (72, 96)),
    "mobilenetv2_035": ("timm", (64, 64)),
    "convnext_zepto_rms": ("timm", (64, 64)),
    "vit_tiny_patch16_224": ("timm", (224, 224)),
}


@pytest.fixture(params=NETWORKS)
def network(request):
    torch.manual_seed(0)
    source, size = NETWORKS[request.param]
    model = load_pretrained(request.param, source=source, num_classes=5, pretrained=source == "bundled")
    return model, torch.rand(6, 3, *size)


def test_the_part_is_new_and_the_rest_is_not(network):
    model, _ = network
    before = copy.deepcopy(model.state_dict())
    names = [stage.name for stage in stages(model)]
    start = names[len(names) // 2]
    torch.manual_seed(1)
    renewed = reinitialize(model, start)
    own = {name for stage in stages(model)[names.index(start) : -1] for name in stage.tensors}
    assert renewed and set(renewed) <= own
    after = model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in after if name not in own)
    changed = [name for name in renewed if after[name].ndim > 1 and not torch.equal(after[name], before[name])]
    assert len(changed) == sum(after[name].ndim > 1 for name in renewed)


def test_what_starts_afresh_is_alive(network):
    model, images = network
    renewed = reinitialize(model, stages(model)[-2].name)
    model.train()
    scores = model(images)
    F.cross_entropy(scores, torch.arange(6) % 5).backward()
    parameters = dict(model.named_parameters())
    assert scores.std(0).max() > 0
    assert [name for name in renewed if not parameters[name].grad.abs().sum() > 0] == []


def test_norms_begin_again():
    model = lab_resnet(5)
    model.train()(torch.rand(8, 3, 72, 96) * 3)
    reinitialize(model, "layer3")
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            fresh = name.startswith(("layer3", "layer4"))
            assert bool((module.running_mean == 0).all()) == fresh
            assert not fresh or (module.weight == 1).all()


def test_the_head_and_stages_that_are_not_there_are_refused():
    model = lab_resnet(5)
    with pytest.raises(ValueError, match="replace_head"):
        reinitialize(model, "head")
    with pytest.raises(ValueError, match="layer4"):
        reinitialize(model, "layer5")
