"""P21: the head of any classifier, found and replaced."""

import copy

import pytest
import timm
import torch
import torchvision
from torch import nn

from chapter9_lib.models import NewHead, find_head, freeze, freeze_batchnorm, replace_head, unfreeze, what_moves

TIMM = """test_resnet test_vit test_efficientnet test_byobnet test_convnext resnet10t resnetv2_18 mobilenetv2_035
mobilenetv3_small_050 efficientnet_lite0 regnetx_002 convnext_atto vit_tiny_patch16_224 deit_tiny_distilled_patch16_224
levit_128s ghostnet_050 lcnet_035 dla46_c repvit_m0_9 efficientvit_b0 edgenext_xx_small fastvit_t8 tinynet_e
pit_ti_distilled_224 xcit_nano_12_p16_224 mambaout_femto starnet_s1 shvit_s1 swiftformer_xs crossvit_tiny_240
mobilevit_xxs pvt_v2_b0 efficientvit_m0 inception_next_atto hgnetv2_b0""".split()

models = torchvision.models
TORCHVISION = {
    "alexnet": 64, "resnet18": 32, "squeezenet1_1": 64, "densenet121": 32, "googlenet": 64, "inception_v3": 80,
    "shufflenet_v2_x0_5": 32, "mobilenet_v2": 32, "mobilenet_v3_small": 32, "mnasnet0_5": 32, "efficientnet_b0": 32,
    "regnet_y_400mf": 32, "convnext_tiny": 32, "resnext50_32x4d": 32, "swin": 32, "swin_v2": 32, "vit": 32,
    "maxvit": 64,
}  # fmt: skip
# The smallest builders of these families are large: the same classes, with fewer and narrower layers.
SMALL = {
    "swin": lambda: models.SwinTransformer([4, 4], 24, [1, 1], [2, 2], [4, 4], num_classes=7),
    "swin_v2": lambda: models.SwinTransformer(
        [4, 4],
        24,
        [1, 1],
        [2, 2],
        [4, 4],
        num_classes=7,
        block=models.swin_transformer.SwinTransformerBlockV2,
        downsample_layer=models.swin_transformer.PatchMergingV2,
    ),
    "vit": lambda: models.VisionTransformer(32, 16, 2, 2, 32, 64, num_classes=7),
    "maxvit": lambda: models.MaxVit((64, 64), 16, 2, [16, 32], [1, 1], 16, 0.1, num_classes=7),
}


def check_swap(model, image_size):
    head = find_head(model)
    assert head.module is model.get_submodule(head.name)
    images = torch.rand(2, 3, *image_size)
    seen = []
    handle = head.module.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    model.eval()(images)
    handle.remove()
    if seen:
        assert head.in_features in seen[0].shape[1:]
    rest = {id(p) for p in model.parameters()} - {id(p) for p in head.parameters()}

    assert replace_head(model, 5) is model
    new = find_head(model)
    assert model.num_classes == new.out_features == 5 and new.in_features == head.in_features
    assert model(images).shape == (2, 5)
    assert not {id(p) for p in head.parameters()} & {id(p) for p in model.parameters()}, "the old head is still there"
    assert {id(p) for p in model.parameters()} - {id(p) for p in new.parameters()} == rest

    freeze(model).train()
    output = model(images)
    output.logsumexp(1).sum().backward()
    took = {id(p) for p in model.parameters() if p.grad is not None}
    assert took and took <= {id(p) for p in new.parameters()}
    assert what_moves(model) is None


@pytest.mark.parametrize("name", TIMM)
def test_timm_families(name):
    model = timm.create_model(name, pretrained=False, num_classes=7)
    fixed = model.pretrained_cfg.get("fixed_input_size")
    check_swap(model, model.pretrained_cfg["input_size"][1:] if fixed else (64, 64))


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_families(name):
    size = TORCHVISION[name]
    rough = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    make = SMALL.get(name, lambda: models.get_model(name, weights=None, num_classes=7, **rough))
    model = make()
    check_swap(model, (size, size))


@pytest.mark.parametrize(
    "name", ["test_resnet", "test_vit", "test_efficientnet", "levit_128s", "dla46_c", "repvit_m0_9"]
)
def test_same_layers_as_timms_own_reset(name):
    ours, theirs = (timm.create_model(name, num_classes=7) for _ in range(2))
    replace_head(ours, 5)
    theirs.reset_classifier(5)
    shapes = [{key: value.shape for key, value in model.state_dict().items()} for model in (ours, theirs)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("library", "name"),
    [("timm", "test_vit"), ("timm", "dla46_c"), ("timm", "crossvit_tiny_240"), ("timm", "pit_ti_distilled_224"),
     ("tv", "mobilenet_v3_small"), ("tv", "squeezenet1_1")],
)  # fmt: skip
def test_two_layer_head(library, name):
    make = timm.create_model if library == "timm" else lambda n: torchvision.models.get_model(n, weights=None)
    model = replace_head(make(name), 4, hidden=16, dropout=0.3)
    head = find_head(model)
    assert isinstance(head.module, NewHead)
    assert head.out_features == 4 and head.in_features != 16
    assert any(isinstance(layer, nn.Dropout) and layer.p == 0.3 for layer in head.module)
    size = (
        model.pretrained_cfg["input_size"][1:]
        if library == "timm" and model.pretrained_cfg["fixed_input_size"]
        else (64, 64)
    )
    assert model.eval()(torch.rand(2, 3, *size)).shape == (2, 4)
    freeze(model)
    assert all(p.requires_grad for p in head.module.parameters())
    replace_head(model, 3)
    assert not any(isinstance(module, NewHead) for module in model.modules())
    assert find_head(model).in_features == head.in_features


@pytest.mark.parametrize("make", [lambda: timm.create_model("test_convnext"), lambda: torchvision.models.resnet18()])
def test_device_and_number_format_are_kept(make):
    model = replace_head(make().double().to("meta"), 3)
    head = find_head(model)
    assert {p.dtype for p in head.parameters()} == {torch.float64}
    assert {p.device.type for p in head.parameters()} == {"meta"}


def test_norms_before_the_last_layer_are_kept():
    model = timm.create_model("efficientvit_m0")
    model.head.bn.running_mean.fill_(3.0)
    assert replace_head(model, 4).head.bn.running_mean.eq(3).all()


def test_model_without_a_classifier_gets_one():
    model = timm.create_model("test_resnet", num_classes=0)
    with pytest.raises(ValueError, match="made without classes. replace_head"):
        find_head(model)
    assert replace_head(model, 6)(torch.rand(2, 3, 64, 64)).shape == (2, 6)


def test_the_last_layer_of_a_backbone_without_a_head_is_not_taken_for_one():
    model = timm.create_model("test_vit", num_classes=0, global_pool="map", class_token=False)
    pool = model.attn_pool.mlp.fc2.weight.clone()
    with pytest.raises(ValueError, match="made without classes"):
        find_head(model)
    replace_head(model, 6)
    assert find_head(model).name == "head" and torch.equal(model.attn_pool.mlp.fc2.weight, pool)
    block = timm.create_model("samvit_base_patch16", img_size=64, depth=1, global_attn_indexes=(0,))
    assert find_head(replace_head(block, 6)).name == "head" and block(torch.rand(2, 3, 64, 64)).shape == (2, 6)


def test_the_second_head_of_a_volo_is_exchanged_too():
    model = timm.create_model("volo_d1_224", img_size=32)
    assert [part.name for part in find_head(model).extra] == ["aux_head"]
    assert replace_head(model, 6)(torch.rand(2, 3, 32, 32)).shape == (2, 6)


def test_extra_heads_are_named():
    assert [part.name for part in find_head(timm.create_model("levit_128s")).extra] == ["head_dist"]
    inception = torchvision.models.googlenet(weights=None, num_classes=7, init_weights=False)
    assert [part.name for part in find_head(inception).extra] == ["aux1.fc2", "aux2.fc2"]
    replace_head(inception, 3)
    outputs = inception.train()(torch.rand(2, 3, 64, 64))
    assert [tuple(output.shape) for output in outputs] == [(2, 3)] * 3


def test_the_heads_of_a_network_in_data_parallel_are_those_of_the_network():
    model = nn.DataParallel(timm.create_model("deit_tiny_distilled_patch16_224", depth=1, img_size=32))
    found = find_head(model)
    assert [found.name, *(part.name for part in found.extra)] == ["module.head", "module.head_dist"]
    trained = {name for name, parameter in freeze(model).named_parameters() if parameter.requires_grad}
    assert trained == {f"module.{head}.{kind}" for head in ("head", "head_dist") for kind in ("weight", "bias")}
    assert replace_head(model, 3)(torch.rand(2, 3, 32, 32)).shape == (2, 3)
    assert find_head(nn.DataParallel(nn.Linear(4, 3))).name == "module"
    with pytest.raises(ValueError, match="made without classes"):
        find_head(nn.DataParallel(timm.create_model("test_resnet", num_classes=0)))


def test_own_networks():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 9, bias=False))
    assert find_head(model).name == "3"
    assert find_head(replace_head(copy.deepcopy(model), 2)).module.bias is None
    assert find_head(replace_head(model, 2, hidden=8)).in_features == 4


def test_head_not_found_lists_the_last_layers():
    model = nn.Sequential(nn.Linear(4, 4), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    for attempt in (find_head, freeze, lambda m: replace_head(m, 3)):
        with pytest.raises(ValueError, match=r"No head found.*2 \(BatchNorm2d\)"):
            attempt(model)


@pytest.mark.parametrize(
    "wrong", [{"num_classes": 0}, {"num_classes": 2, "hidden": 0}, {"num_classes": 2, "dropout": 1.0}]
)
def test_numbers_that_make_no_sense_are_refused(wrong):
    model = timm.create_model("test_resnet")
    before = find_head(model).module
    with pytest.raises(ValueError, match="="):
        replace_head(model, **wrong)
    assert find_head(model).module is before


def test_a_parametrized_last_layer_is_the_head():
    last = torch.nn.utils.parametrizations.weight_norm(nn.Linear(16, 3))
    model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 16), nn.ReLU(), last)
    assert find_head(model).name == "3" and find_head(model).out_features == 3


class OutFirst(nn.Module):
    """Registers its head before its body."""

    def __init__(self):
        super().__init__()
        self.out, self.image_size = nn.Linear(8, 3), 4
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.ReLU(), nn.Linear(8, 8), nn.BatchNorm1d(8))

    def forward(self, images):
        return self.out(self.body(images))


class ByItsWeights(OutFirst):
    """Never calls its last layer, which is registered last too."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(3, 2)

    def forward(self, images):
        return super().forward(images) @ self.last.weight.T


@pytest.mark.parametrize("hidden", [None, 5])
def test_the_last_layer_is_the_one_that_is_run_last(hidden):
    model = replace_head(OutFirst(), 2, hidden=hidden)
    assert find_head(model).name == "out" and model(torch.rand(2, 3, 4, 4)).shape == (2, 2)
    model.body[4] = nn.Identity()
    assert find_head(model).name == "out", "whatever the body ends in"
    wrapped = nn.Sequential(nn.Identity(), model)
    wrapped.image_size = 4
    assert find_head(wrapped).name == "1.out"
    assert find_head(ByItsWeights()).name == "last"


def test_the_last_registered_layer_is_the_head_of_a_network_that_cannot_be_run():
    class Unrunnable(OutFirst):
        def forward(self, images):
            raise TypeError("texts are wanted")

    model = Unrunnable()
    model.body[4] = nn.Identity()
    assert find_head(model).name == "body.3"


def test_numbers_that_are_not_whole_are_said():
    for wrong, said in (((["a", "b"],), r"num_classes=\['a', 'b'\]"), ((5, 0.3), "hidden=0.3")):
        with pytest.raises(TypeError, match=f"{said}: a whole number is wanted"):
            replace_head(nn.Linear(4, 2), *wrong)


def test_what_is_no_network_is_said():
    with pytest.raises(TypeError, match=r"type str. A network is wanted: load_pretrained\('resnet50'\)"):
        freeze("resnet50")
    with pytest.raises(TypeError, match="type list.*photos come after the model"):
        find_head([])
    for change in (freeze, unfreeze, freeze_batchnorm):
        with pytest.raises(TypeError, match="type NoneType. A network is wanted: load_pretrained"):
            change(None)
