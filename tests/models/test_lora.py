"""Adapters: nothing at first, merged or not the same, beside every kind of layer; the peers' own code (P15 to P18)."""

import copy
import pickle

import pytest
import torch
from timm.layers import Conv2dSame, StdConv2d
from torch import nn

from chapter9_lib.models import find_head, load_pretrained
from chapter9_lib.models.lora import (
    add_lora,
    load_lora_state,
    lora_layers,
    lora_state,
    merge_lora,
    unmerge_lora,
)

NETWORKS = {"lab-resnet": (72, 96), "mobilenetv2_035": (64, 64), "vit_tiny_patch16_224": (224, 224)}


@pytest.fixture(params=NETWORKS)
def network(request):
    torch.manual_seed(0)
    bundled = request.param.startswith("lab")
    model = load_pretrained(request.param, source="bundled" if bundled else "timm", pretrained=bundled, num_classes=5)
    return model.eval(), torch.rand(2, 3, *NETWORKS[request.param])


def shake(model):
    """As if they had learned something."""
    with torch.no_grad():
        for layer in lora_layers(model).values():
            layer.lora_B.weight.normal_(0, 0.02)


def test_at_first_nothing_changes_and_what_was_frozen_stays(network):
    model, images = network
    before, state = model(images), copy.deepcopy(model.state_dict())
    add_lora(model, rank=4)
    assert torch.equal(model(images), before)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    model.train()
    for _ in range(2):
        optimizer.zero_grad()
        model(images).square().mean().backward()
        optimizer.step()
    head = find_head(model).name
    for name, tensor in state.items():
        moved = not torch.equal(model.state_dict()[name], tensor)
        assert moved == name.startswith(f"{head}."), name
    assert all(layer.lora_B.weight.abs().sum() > 0 for layer in lora_layers(model).values())


def test_merged_is_the_same_and_unmerged_again(network):
    model, images = network
    add_lora(model, rank=4, alpha=8)
    shake(model)
    weights = {name: layer.weight.clone() for name, layer in lora_layers(model).items()}
    apart, scale = model(images), model(images).abs().max()
    merged = merge_lora(merge_lora(model))(images)
    assert (merged - apart).abs().max() < 1e-5 * max(1, scale)
    model.train(), model.eval()
    assert torch.equal(model(images), merged), "the mode has no say in it"
    unmerge_lora(unmerge_lora(model))
    assert (model(images) - apart).abs().max() < 1e-5 * max(1, scale)
    for name, layer in lora_layers(model).items():
        assert (layer.weight - weights[name]).abs().max() < 1e-6


def test_saved_and_loaded_beside_the_borrowed_weights(network):
    model, images = network
    borrowed = copy.deepcopy(model)
    add_lora(model, rank=2)
    shake(model)
    with torch.no_grad():
        find_head(model).module.weight.add_(0.1)
    state = copy.deepcopy(lora_state(model))
    assert sum(t.numel() for t in state.values()) < 0.35 * sum(t.numel() for t in borrowed.state_dict().values())
    again = load_lora_state(add_lora(borrowed, rank=2), state)
    assert torch.equal(again(images), model(images))
    with pytest.raises(ValueError, match="another make"):
        load_lora_state(again, {name: tensor for name, tensor in state.items() if "lora_B" not in name})
    merge_lora(again)
    with pytest.raises(ValueError, match="unmerge"):
        lora_state(again)
    with pytest.raises(ValueError, match="unmerge"):
        load_lora_state(again, state)


def test_an_adapted_network_can_be_pickled_and_copied():
    torch.manual_seed(0)
    model = add_lora(load_pretrained("lab-resnet", source="bundled", num_classes=5), rank=2)
    shake(model)
    images = torch.rand(2, 3, 72, 96)
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert torch.equal(again.train()(images), model.eval()(images)), "still frozen"
        assert [type(layer) for layer in again.modules()] == [type(layer) for layer in model.modules()]
        apart = again(images)
        assert torch.allclose(merge_lora(again)(images), apart, atol=1e-5)
    assert not any(layer.merged for layer in lora_layers(model).values())


def test_a_compiled_network_has_the_same_adapters():
    torch.manual_seed(0)
    borrowed = load_pretrained("lab-resnet", source="bundled", num_classes=5)
    tuned = add_lora(copy.deepcopy(borrowed), rank=2)
    shake(tuned)
    state = lora_state(torch.compile(tuned, backend="eager"))
    assert state.keys() == lora_state(tuned).keys()
    load_lora_state(torch.compile(add_lora(borrowed, rank=2), backend="eager"), state)
    assert all(torch.equal(tensor, state[name]) for name, tensor in lora_state(borrowed).items())


def test_the_scale_travels_with_the_adapters():
    torch.manual_seed(0)
    borrowed, images = load_pretrained("lab-resnet", source="bundled", num_classes=5), torch.rand(2, 3, 72, 96)
    strong, usual = (add_lora(copy.deepcopy(borrowed), rank=2, alpha=alpha) for alpha in (8, None))
    shake(strong)
    assert torch.equal(load_lora_state(usual, lora_state(strong))(images), strong(images))


def convolving(convolution):
    model = nn.Sequential(convolution, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    model.image_size = 9
    return model


def test_a_convolution_that_standardises_its_weights_is_refused():
    with pytest.raises(ValueError, match="0 .StdConv2d. does something to its weight"):
        add_lora(convolving(StdConv2d(4, 6, 3)), rank=2)


@pytest.mark.parametrize("change", [merge_lora, unmerge_lora])
def test_without_adapters_there_is_nothing_to_merge(change):
    with pytest.raises(ValueError, match=r"This Linear has no adapters: .*add_lora"):
        change(nn.Linear(3, 2))


def test_one_that_only_pads_in_its_own_way_is_merged_like_any_other():
    model, images = convolving(Conv2dSame(4, 6, 3)), torch.rand(2, 4, 9, 9)
    shake(add_lora(model, rank=2))
    apart = model[0](images)
    assert torch.allclose(merge_lora(model)[0](images), apart, atol=1e-5)


CONVOLUTIONS = [
    {"stride": 2}, {"padding": 2, "dilation": 2}, {"padding": 1, "padding_mode": "circular"}, {"groups": 2},
    {"padding": "same", "padding_mode": "reflect", "dilation": 2}, {"bias": False},
]  # fmt: skip


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_a_convolution_keeps_all_it_has(options):
    torch.manual_seed(0)
    layer = nn.Conv2d(4, 6, 3, **options)
    model, images = convolving(layer), torch.rand(2, 4, 9, 9)
    plain = layer(images)
    add_lora(model, rank=4)
    assert torch.equal(model[0](images), plain)
    shake(model)
    apart = model[0](images)
    merge_lora(model)
    assert apart.shape == plain.shape and not torch.allclose(apart, plain)
    assert torch.allclose(model[0](images), apart, atol=1e-5)


def test_linear_is_that_of_loralib():
    theirs = pytest.importorskip("loralib").Linear(12, 7, r=4, lora_alpha=8)
    model = nn.Sequential(nn.Linear(12, 7), nn.Linear(7, 3))
    model(torch.rand(1, 12))
    ours = _adapted(model[0], 4, 8)
    _same_numbers(ours, theirs.weight, theirs.bias, theirs.lora_A, theirs.lora_B)
    x = torch.rand(5, 12)
    assert torch.allclose(ours(x), theirs(x), atol=1e-6)


@pytest.mark.parametrize("kind", ["linear", "convolution"])
def test_both_are_those_of_peft(kind):
    peft = pytest.importorskip("peft")
    torch.manual_seed(0)
    layer = nn.Linear(12, 7) if kind == "linear" else nn.Conv2d(4, 6, 3, stride=2, padding=1)
    x = torch.rand(5, 12) if kind == "linear" else torch.rand(2, 4, 9, 9)
    ours = _adapted(copy.deepcopy(layer), 4, 8)
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules=["0"])
    theirs = peft.get_peft_model(nn.Sequential(layer), config).base_model.model[0]
    down, up = theirs.lora_A["default"].weight, theirs.lora_B["default"].weight
    nn.init.normal_(up)
    _same_numbers(ours, layer.weight, layer.bias, down, up)
    tolerance = 1e-6 if kind == "linear" else 1e-5
    assert torch.allclose(ours(x), theirs(x), atol=tolerance)
    assert torch.allclose(ours.delta(), theirs.get_delta_weight("default"), atol=tolerance)


def _adapted(layer, rank, alpha):
    from chapter9_lib.models.lora import _adapt

    _adapt(layer, rank, alpha)
    return layer


def _same_numbers(ours, weight, bias, down, up):
    with torch.no_grad():
        nn.init.normal_(up)
        for own, theirs in ((ours.weight, weight), (ours.bias, bias), (ours.lora_A.weight, down),
                            (ours.lora_B.weight, up)):  # fmt: skip
            own.copy_(theirs)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.attn, self.head = nn.Linear(12, 8), nn.MultiheadAttention(8, 2), nn.Linear(8, 3)

    def forward(self, images):
        x = self.stem(images.flatten(1))
        return self.head(self.attn(x, x, x)[0])


def test_where_an_adapter_would_do_nothing_it_is_refused_and_nothing_is_changed():
    model = Attention()
    model.image_size = 2
    with pytest.raises(ValueError, match="attn.out_proj is never called"):
        add_lora(model)
    assert not lora_layers(model) and all(p.requires_grad for p in model.parameters())
    assert set(lora_layers(add_lora(model, targets="stem"))) == {"stem"}


def test_a_weight_that_another_layer_uses_too_is_refused():
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 12), nn.Linear(12, 3))
    model[3].weight, model.image_size = model[1].weight, 2
    with pytest.raises(ValueError, match="1 shares its weight with 3.weight"):
        add_lora(model)
    model[3].weight, model[3].bias = nn.Parameter(model[1].weight.detach().clone()), model[1].bias
    assert len(lora_layers(add_lora(model))) == 2, "of a bias nothing is changed"


def test_what_makes_no_sense_is_refused():
    model = load_pretrained("lab-resnet", source="bundled", num_classes=5)
    with pytest.raises(ValueError, match="rank=0"):
        add_lora(model, rank=0)
    with pytest.raises(ValueError, match="rank=2.5"):
        add_lora(model, rank=2.5)
    with pytest.raises(ValueError, match="alpha=0"):
        add_lora(model, alpha=0)
    with pytest.raises(ValueError, match="one regular expression is wanted"):
        add_lora(model, targets=["layer4"])
    with pytest.raises(ValueError, match="is no regular expression: nothing to repeat"):
        add_lora(model, targets="*conv")
    assert all(parameter.requires_grad for parameter in model.parameters()), "nothing is changed"
    with pytest.raises(ValueError, match="matches no"):
        add_lora(model, targets="attention")
    add_lora(model, targets="layer4")
    assert all(name.startswith("layer4") for name in lora_layers(model))
    with pytest.raises(ValueError, match="already"):
        add_lora(model, targets="layer4")
    grouped = nn.Sequential(nn.Conv2d(6, 6, 1, groups=3), nn.Flatten(), nn.Linear(6, 2))
    grouped.image_size = 1
    with pytest.raises(ValueError, match="multiple"):
        add_lora(grouped, rank=4, targets="0")


def test_an_adapted_network_is_trained_like_any_other():
    from chapter9_lib import fine_tune, open_world

    model, few = add_lora(open_world("lab").model(), rank=4), open_world("lab").photos("train").sample(50, seed=0)
    history = fine_tune(model, few, epochs=2, lr=1e-3, batch_size=16, augment=False, progress=False)
    assert len(history) == 2 and history.loss[-1] < history.loss[0]
