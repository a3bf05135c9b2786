"""The doctor on adapters of peft and loralib."""

import copy

import pytest
import timm
import torch
from safetensors.torch import load_file

from chapter9_lib.models import replace_head
from chapter9_lib.studies import examine


@pytest.fixture
def network():
    torch.manual_seed(0)
    return replace_head(timm.create_model("test_vit", pretrained=False), 5).eval()


def learnt(model):
    """Adapters that have learnt something."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=1e-2)
    return model


def test_peft(network, tmp_path):
    peft = pytest.importorskip("peft", reason="peft is not installed: pip install chapter9-lib[peers]")
    borrowed = copy.deepcopy(network.state_dict())
    for extra, wrong in ((["head"], False), (None, True)):
        config = peft.LoraConfig(r=4, target_modules=r".*attn\.qkv", modules_to_save=extra)
        model = learnt(peft.get_peft_model(copy.deepcopy(network), config))
        with torch.no_grad():
            model.base_model.model.head.weight.add_(0.1)
        folder = tmp_path / str(wrong)
        model.save_pretrained(folder)
        report = examine(model, borrowed=borrowed, saved=folder)
        assert "adapters" in report.looked and ("saved-without-head" in report.codes) == wrong, report
        assert "adapter-counts-twice" not in report.codes
    model.merge_adapter()
    assert "adapter-counts-twice" not in examine(model, borrowed=borrowed).codes
    for module in model.modules():  # saved while merged, and loaded into a model with its adapters
        if hasattr(module, "merged_adapters"):
            module.merged_adapters.clear()
    assert "adapter-counts-twice" in examine(model, borrowed=borrowed).codes
    assert load_file(tmp_path / "True" / "adapter_model.safetensors")


def test_loralib(network):
    loralib = pytest.importorskip("loralib", reason="loralib is not installed: pip install chapter9-lib[peers]")
    borrowed = copy.deepcopy(network.state_dict())
    own = network.blocks[0].mlp.fc1
    layer = loralib.Linear(own.in_features, own.out_features, r=4)
    layer.load_state_dict(own.state_dict(), strict=False)
    network.blocks[0].mlp.fc1 = layer
    learnt(network).train()
    assert "adapter-counts-twice" not in examine(network, borrowed=borrowed).codes
    network.eval()
    assert "adapter-counts-twice" not in examine(network, borrowed=borrowed).codes
    layer.merged = False  # its state dict, saved after eval(), in a model that is in training mode
    assert "adapter-counts-twice" in examine(network, borrowed=borrowed).codes
