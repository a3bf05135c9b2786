"""Stages of any classifier (P7, P20 and P21 of the pitfalls; the whole sweep is the record `architectures`)."""

import copy

import pytest
import timm
import torch
import torchvision
from torch import nn

from chapter9_lib.models import find_head, freeze, frozen_until, lab_resnet, replace_head, stages, unfreeze
from chapter9_lib.models.stages import stage_index
from chapter9_lib.models.tracing import call_order
from chapter9_lib.training import learning_rate_groups

EXPECTED = {
    "resnet18": ["conv1", "layer1", "layer2", "layer3", "layer4", "head"],
    "vit_tiny_patch16_224": ["patch_embed", *(f"blocks.{n}" for n in range(12)), "head"],
    "efficientnet_b0": ["conv_stem", *(f"blocks.{n}" for n in range(7)), "conv_head", "head"],
    "convnext_atto": ["stem", *(f"stages.{n}" for n in range(4)), "head"],
    "swin_tiny_patch4_window7_224": ["patch_embed", *(f"layers.{n}" for n in range(4)), "head"],
    "cait_xxs24_224": ["patch_embed", *(f"blocks.{n}" for n in range(24)), "blocks_token_only", "head"],
    "vgg11": [*(f"features.{n}" for n in (0, 3, 6, 8, 11, 13, 16, 18)), "pre_logits", "head"],
    "tv/resnet50": ["conv1", "layer1", "layer2", "layer3", "layer4", "head"],
    "tv/mobilenet_v2": [*(f"features.{n}" for n in range(19)), "head"],
    "tv/vit_b_16": ["conv_proj", *(f"encoder.layers.encoder_layer_{n}" for n in range(12)), "head"],
    "tv/vgg11": [*(f"features.{n}" for n in (0, 3, 6, 8, 11, 13, 16, 18)), "classifier.0", "classifier.3", "head"],
}


def build(name):
    with torch.device("meta"):
        if name.startswith("tv/"):
            return torchvision.models.get_model(name[3:], weights=None)
        return timm.create_model(name)


@pytest.mark.parametrize("name", EXPECTED)
def test_names_and_order(name):
    assert [stage.name for stage in stages(build(name))] == EXPECTED[name]


@pytest.mark.parametrize("name", [*EXPECTED, "coat_lite_tiny", "twins_svt_small", "visformer_tiny", "tv/googlenet"])
def test_each_tensor_in_exactly_one_stage(name):
    model = build(name)
    found = stages(model)
    parameters = [id(p) for stage in found for p in stage.parameters()]
    buffers = [id(b) for stage in found for _, b in stage.named_buffers()]
    assert sorted(parameters) == sorted(id(p) for p in model.parameters())
    assert sorted(buffers) == sorted(id(b) for b in model.buffers())
    head = find_head(model)
    assert set(map(id, found[-1].parameters())) == set(map(id, head.parameters()))


SMALL = (
    "eca_halonext26ts mobileone_s0 cait_xxs24_224 coat_tiny convit_tiny convmixer_768_32 convnext_atto "
    "cpubone_nano crossvit_tiny_240 csatv2 cs3darknet_focus_s cspnext_tiny davit_tiny deit_tiny_patch16_224 dla34 "
    "dpn48b edgenext_xx_small efficientformer_l1 efficientformerv2_s0 tinynet_c efficientvim_m1 efficientvit_b0 "
    "efficientvit_m0 eva02_tiny_patch14_224 fasternet_t0 fastvit_t8 focalnet_tiny_srf gcvit_xxtiny ghostnet_050 "
    "hardcorenas_b hgnetv2_b0 hiera_tiny_224 sam2_hiera_tiny hrnet_w18_small iformer_t inception_next_atto "
    "lcnetv2_small levit_128s lowformer_b0 test_mambaout test_coatnet caformer_s18 gmlp_ti16_224 "
    "mobilenetv3_small_050 mobilevit_xxs mvitv2_tiny nest_tiny nextvit_small test_nfnet pit_ti_224 pvt_v2_b0 "
    "rdnet_tiny regnetx_002 repghostnet_050 repvit_m1 res2net50_26w_4s resnest14d resnet18 resnetv2_18 rexnet_100 "
    "selecsls42 legacy_seresnet18 sequencer2d_s shvit_s1 skresnet18 starnet_s1 swiftformer_xs "
    "swin_tiny_patch4_window7_224 swinv2_tiny_window8_256 swinv2_cr_tiny_224 tiny_vit_5m_224 "
    "tnt_s_legacy_patch16_224 tresnet_m twins_svt_small vgg11 visformer_tiny test_vit test_vit_relpos "
    "vitamin_small_224 volo_d1_224 ese_vovnet19b_slim_dw xception41p xcit_nano_12_p8_224 densenet121 "
).split()


def one_of_each_family():
    """A small member of each module of the installed timm; of one that is not on the list, the shortest name."""
    known = {timm.models.model_entrypoint(name).__module__.rpartition(".")[2]: name for name in SMALL
             if timm.is_model(name)}  # fmt: skip
    return [known.get(family) or min(timm.list_models(module=family), key=len) for family in timm.list_modules()]


@pytest.mark.parametrize("name", one_of_each_family())
def test_every_family_of_timm_is_cut_into_stages_and_trained_by_groups(name):
    with torch.device("meta"):
        model = timm.create_model(name, num_classes=5)
    found = stages(model)
    assert len(found) >= 4 and found[-1].name == "head"
    parameters = [id(p) for stage in found for p in stage.parameters()]
    assert sorted(parameters) == sorted(id(p) for p in model.parameters())
    held = [id(p) for group in learning_rate_groups(model, 1e-3, 0.5) for p in group["params"]]
    assert sorted(held) == sorted(parameters)
    frozen = freeze(model)
    assert {id(p) for p in frozen.parameters() if p.requires_grad} == set(map(id, find_head(model).parameters()))


def test_norms_go_with_what_they_normalise_and_tokens_with_the_stem():
    found = {stage.name: stage.tensors for stage in stages(build("vit_tiny_patch16_224"))}
    assert {"cls_token", "pos_embed"} <= found["patch_embed"] and "norm.weight" in found["blocks.11"]
    found = {stage.name: stage.tensors for stage in stages(build("tv/vit_b_16"))}
    assert {"class_token", "encoder.pos_embedding"} <= found["conv_proj"]
    found = {stage.name: stage.tensors for stage in stages(build("resnet18"))}
    assert {"conv1.weight", "bn1.bias", "bn1.running_mean", "bn1.num_batches_tracked"} < found["conv1"]


def test_where_timms_own_order_is_wrong_ours_follows_the_forward_pass():
    order = [stage.name for stage in stages(build("coat_lite_tiny"))]
    assert order.index("patch_embed2") > order.index("serial_blocks1.0")


class Twice(nn.Module):
    """Registered back to front, with a layer that is used twice and one that is never used."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(4, 3)
        self.never = nn.Linear(4, 4)
        self.late = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.shared = nn.Linear(4, 4)
        self.alias = self.shared
        self.early = nn.Conv2d(3, 4, 8)
        self.scale = nn.Parameter(torch.ones(4))
        self.fc = self.out

    def forward(self, images):
        x = self.early(images).mean((2, 3)) * self.scale
        x = self.alias(self.late[0](self.shared(x)))
        return self.fc(self.late[1](x))


def test_order_is_that_of_use_not_of_registration():
    model = Twice()
    weights = [model.shared.weight, model.alias.weight]
    found = stages(model, torch.zeros(2, 3, 8, 8))
    assert [stage.name for stage in found] == ["early", "shared", "late.0", "late.1", "head"]
    assert "scale" in found[0].tensors
    assert model.shared.weight is weights[0] and model.alias.weight is weights[1], "tracing must put everything back"
    assert isinstance(model.shared.weight, nn.Parameter) and model.shared.weight.device.type == "cpu"


def test_tracing_leaves_the_model_as_it_was():
    model = lab_resnet(3).train()
    model.layer1.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes, random = [module.training for module in model.modules()], torch.get_rng_state()
    call_order(model)
    assert modes == [module.training for module in model.modules()]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_a_network_that_looks_at_numbers_is_really_run():
    class Careful(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.fc = nn.Linear(192, 4), nn.Linear(4, 4), nn.Linear(4, 2)

        def forward(self, images):
            x = self.a(images.flatten(1))
            return self.fc(self.b(x) if bool((x == x).all()) else x)

    assert [stage.name for stage in stages(Careful(), torch.zeros(2, 3, 8, 8))] == ["a", "b", "head"]


def test_a_network_that_can_not_be_run_says_so():
    model = nn.Sequential(nn.Flatten(), nn.Linear(7, 4), nn.Linear(4, 2))
    with pytest.raises(ValueError, match=r"could not be run on images of shape .* images=\.\.\."):
        stages(model)
    assert [stage.name for stage in stages(model, torch.zeros(2, 7, 1, 1))] == ["1", "head"]


@pytest.mark.parametrize("channels", [1, 4])
def test_a_network_of_other_channels_is_cut_where_one_of_three_is(channels):
    model = timm.create_model("test_resnet", in_chans=channels)
    names = [stage.name for stage in stages(timm.create_model("test_resnet"))]
    assert [stage.name for stage in stages(model)] == names
    assert frozen_until(freeze(model, names[-2])) == names[-2]
    model.pretrained_cfg = {}
    assert [stage.name for stage in stages(copy.deepcopy(model))] == names, "nor does it have to say how large"


def test_the_order_is_forgotten_when_layers_change():
    model = lab_resnet(3)
    assert len(stages(model)) == 6
    replace_head(model, 5, hidden=8)
    assert sum(p.numel() for p in stages(model)[-1].parameters()) == 256 * 8 + 8 + 8 * 5 + 5
    model.layer4 = nn.Conv2d(128, 256, 1)
    assert [p.shape for p in stages(model)[4].parameters()] == [(256, 128, 1, 1), (256,)]


def test_stem_and_unknown_names():
    found = stages(lab_resnet(3))
    assert stage_index(found, "stem") == 0 and stage_index(found, "head") == 5
    with pytest.raises(ValueError, match="Did you mean 'layer3'"):
        stage_index(found, "layers3")


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_vit", "test_convnext"])
def test_freezing_until_a_stage_freezes_exactly_what_is_before_it(name):
    model = timm.create_model(name, num_classes=3, drop_path_rate=0.5)
    for at, stage in enumerate(stages(model)):
        freeze(model, stage.name).train()
        before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
        images = torch.rand(4, 3, *model.pretrained_cfg["input_size"][1:])
        model(images).logsumexp(1).sum().backward()
        found = stages(model)
        frozen = {key for part in found[:at] for key in part.tensors}
        assert {key for key, p in model.named_parameters() if not p.requires_grad} <= frozen
        assert all((p.grad is None) == (key in frozen) for key, p in model.named_parameters())
        assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items() if key in frozen)
        assert frozen_until(model) == stage.name
        model.zero_grad()
    unfreeze(model)
    assert all(p.requires_grad for p in model.parameters())


def test_statistics_of_thawed_stages_move_and_those_before_stand_still():
    model = freeze(lab_resnet(3), until="layer3").train()
    before = copy.deepcopy(model.state_dict())
    model(torch.rand(8, 3, 72, 96))
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved and all(name.startswith(("layer3.", "layer4.")) for name in moved)


def test_freezing_thaws_what_was_frozen_by_hand():
    model = lab_resnet(3).requires_grad_(False)
    freeze(model, until="layer4")
    assert {name.split(".")[0] for name, p in model.named_parameters() if p.requires_grad} == {"layer4", "fc"}


def test_masks_that_a_network_makes_on_its_first_run_are_not_left_on_the_meta_device():
    class Lazy(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.fc, self.mask = nn.Conv2d(3, 4, 3), nn.Linear(4, 2), None

        def forward(self, images):
            x = self.a(images)
            if self.mask is None:
                self.mask = torch.ones(x.shape[-2:])
                self.register_buffer("grid", torch.zeros(x.shape[-2:]), persistent=False)
            return self.fc((x * self.mask + self.grid).mean((2, 3)))

    model = Lazy()
    stages(model, torch.zeros(2, 3, 8, 8))
    assert model.mask is None and not dict(model.named_buffers())
    assert model(torch.rand(2, 3, 8, 8)).shape == (2, 2)


def test_a_backbone_part_called_head_is_told_apart_from_the_head():
    class Twoheaded(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head, self.fc = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 2)

        def forward(self, images):
            return self.fc(self.head(self.body(images)).mean((2, 3)))

    found = stages(Twoheaded(), torch.zeros(2, 3, 8, 8))
    assert [stage.name for stage in found] == ["body", "head (layers)", "head"]
    assert found[1].tensors == {"head.weight", "head.bias"} and found[2].parts == ("fc",)
