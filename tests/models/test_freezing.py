"""P1 to P5 and P10: frozen is frozen."""

import copy

import pytest
import timm
import torch
import torchvision
from timm.layers import BatchNormAct2d, FrozenBatchNormAct2d
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from chapter9_lib.models import Preprocessing, find_head, freeze, freeze_batchnorm, lab_resnet, unfreeze, what_moves

NORMS = {
    "1d": (nn.BatchNorm1d, (8, 6, 5)),
    "2d": (nn.BatchNorm2d, (8, 6, 5, 5)),
    "3d": (nn.BatchNorm3d, (8, 6, 3, 3, 3)),
    "sync": (nn.SyncBatchNorm, (8, 6, 5, 5)),
    "timm": (BatchNormAct2d, (8, 6, 5, 5)),
    "instance": (lambda n: nn.InstanceNorm2d(n, track_running_stats=True), (8, 6, 5, 5)),
}


def with_norm(kind):
    norm, shape = NORMS[kind]
    return nn.Sequential(norm(6), nn.Flatten(), nn.Linear(torch.Size(shape[1:]).numel(), 3)), shape


def snapshot(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("hold", [freeze, freeze_batchnorm])
@pytest.mark.parametrize("kind", NORMS)
def test_statistics_stand_still_and_the_forward_uses_them(kind, hold):
    model, shape = with_norm(kind)
    model[0].running_mean.normal_()
    hold(model).train()
    before = snapshot(model)
    for _ in range(5):
        model.train()
        output = model(images := torch.randn(shape) * 3 + 2)
    assert same(before, snapshot(model))
    assert torch.equal(output, copy.deepcopy(model).eval()(images))


@pytest.mark.parametrize("kind", NORMS)
def test_a_norm_that_is_the_whole_network_is_held_too(kind):
    make, shape = NORMS[kind]
    norm = freeze_batchnorm(make(6)).train()
    before = snapshot(norm)
    for _ in range(2):
        norm.train()(torch.randn(shape) + 2)
    assert same(before, snapshot(norm))
    freeze_batchnorm(norm, frozen=False).train()(torch.randn(shape) + 2)
    assert not same(before, snapshot(norm))


@pytest.mark.parametrize("kind", NORMS)
def test_requires_grad_alone_does_not_freeze(kind):
    model, shape = with_norm(kind)
    for parameter in model[0].parameters():
        parameter.requires_grad_(False)
    assert "batch norm 0 is alive" in what_moves(model)
    before = model[0].running_mean.clone()
    model.train()(torch.randn(shape) + 2)
    assert not torch.equal(before, model[0].running_mean)
    freeze_batchnorm(model)
    assert "batch norm" not in (what_moves(model) or "")


@pytest.mark.parametrize("norm", [FrozenBatchNorm2d, FrozenBatchNormAct2d])
def test_norms_that_cannot_move_are_not_alive(norm):
    model = nn.Sequential(norm(6), nn.Flatten(), nn.Linear(150, 3))
    assert "batch norm" not in what_moves(model) and what_moves(freeze(model)) is None
    assert freeze_batchnorm(model).train()(torch.rand(8, 6, 5, 5)).shape == (8, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: timm.create_model("test_efficientnet", num_classes=3, drop_rate=0.5, drop_path_rate=0.5),
        lambda: timm.create_model("test_resnet", num_classes=3, drop_rate=0.5),
        lambda: timm.create_model("test_vit", num_classes=3, drop_rate=0.5, proj_drop_rate=0.5, attn_drop_rate=0.5),
        lambda: torchvision.models.mobilenet_v3_small(num_classes=3),
        lambda: torchvision.models.SwinTransformer(
            [4, 4], 24, [2, 2], [2, 2], [4, 4], dropout=0.5, stochastic_depth_prob=0.9, num_classes=3
        ),
        lambda: torchvision.models.densenet121(num_classes=3, drop_rate=0.5),
    ],
)
def test_frozen_backbone_is_deterministic_in_training_mode(make):
    model = freeze(make()).train()
    before = snapshot(model)
    images = torch.rand(3, 3, 64, 64)
    if "VisionTransformer" in type(model).__name__:
        images = torch.rand(3, 3, *model.pretrained_cfg["input_size"][1:])
    first, second = model(images), model(images)
    assert model.training and torch.equal(first, second)
    assert torch.equal(first, copy.deepcopy(model).eval()(images))
    assert same(before, snapshot(model))


def test_survives_deepcopy():
    model = copy.deepcopy(freeze(lab_resnet(3))).train()
    before = snapshot(model)
    model(torch.rand(4, 3, 32, 32))
    assert same(before, snapshot(model)) and what_moves(model) is None
    unfreeze(model)
    model.train()(torch.rand(4, 3, 32, 32))
    assert not same(before, snapshot(model))


def test_unfreeze_undoes_freeze():
    model = timm.create_model("test_efficientnet", num_classes=3)
    model.conv_stem.weight.requires_grad_(False)
    before, flags = snapshot(model), [p.requires_grad for p in model.parameters()]
    hooks = [
        (len(m._forward_pre_hooks), len(m._forward_hooks), len(m._forward_hooks_always_called)) for m in model.modules()
    ]
    parameters = [id(p) for p in model.parameters()]
    unfreeze(freeze(freeze(model)))
    assert same(before, snapshot(model)) and parameters == [id(p) for p in model.parameters()]
    assert flags == [p.requires_grad for p in model.parameters()]
    assert hooks == [
        (len(m._forward_pre_hooks), len(m._forward_hooks), len(m._forward_hooks_always_called)) for m in model.modules()
    ]
    model.train()(torch.rand(4, 3, 64, 64))
    assert not same(before, snapshot(model))


def test_state_dict_is_left_alone():
    model = lab_resnet(3)
    before = snapshot(model)
    assert same(before, snapshot(freeze(freeze_batchnorm(model))))
    lab_resnet(3).load_state_dict(model.state_dict(), strict=True)


def test_unfreeze_leaves_held_norms_alone():
    model = unfreeze(freeze(freeze_batchnorm(lab_resnet(3))))
    before = model.bn1.running_mean.clone()
    model.train()(torch.rand(4, 3, 32, 32))
    assert torch.equal(before, model.bn1.running_mean) and model.bn1.weight.requires_grad
    freeze_batchnorm(model, frozen=False).train()(torch.rand(4, 3, 32, 32))
    assert not torch.equal(before, model.bn1.running_mean)


def test_only_the_head_learns_even_with_momentum_and_decay():
    model = freeze(timm.create_model("test_resnet", num_classes=3)).train()
    head = {f"{find_head(model).name}.{name}" for name, _ in find_head(model).module.named_parameters()}
    assert {name for name, p in model.named_parameters() if p.requires_grad} == head
    before = snapshot(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad(set_to_none=False)
        model(torch.rand(4, 3, 64, 64)).logsumexp(1).sum().backward()
        optimizer.step()
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved == head


def test_gradients_from_before_are_dropped():
    model = timm.create_model("test_resnet", num_classes=3).train()
    model(torch.rand(4, 3, 64, 64)).sum().backward()
    assert all(p.grad is None for name, p in freeze(model).named_parameters() if not name.startswith("fc"))


def test_what_moves_names_the_culprit():
    model = lab_resnet(3)
    assert "conv1.0.weight takes gradients" in what_moves(model)
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Dropout(0.1), nn.Flatten(), nn.Linear(12, 2))
    model[0].requires_grad_(False)
    assert "dropout 1 is alive" in what_moves(model)
    model = nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False), nn.Flatten(), nn.Linear(12, 2))
    assert "always normalises with the batch" in what_moves(freeze(model))


def test_a_forward_that_fails_leaves_the_mode_as_it_was():
    model = freeze(lab_resnet(3)).train()
    with pytest.raises(RuntimeError):
        model(torch.rand(1, 7, 32, 32))
    assert model.training


def test_a_forward_that_was_interrupted_leaves_nothing_behind():
    model, interrupted = freeze(lab_resnet(3)), [True]

    def interrupt(module, args):
        if interrupted:
            raise KeyboardInterrupt

    model.layer1.register_forward_pre_hook(interrupt)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            model.train()(torch.rand(2, 3, 32, 32))
    interrupted.clear()
    model.train()(torch.rand(2, 3, 32, 32))
    assert model.training and model._resumes_training == []
    assert not hasattr(unfreeze(model), "_resumes_training")


def test_unknown_stages_are_refused_with_the_list():
    with pytest.raises(ValueError, match=r"'layer5'.*no such stage. Did you mean 'layer.'\? .*conv1, layer1"):
        freeze(lab_resnet(3), until="layer5")


@pytest.mark.parametrize("until", [3, None, nn.Linear(2, 2)])
def test_a_stage_goes_by_its_name(until):
    with pytest.raises(ValueError, match="the name of a stage is wanted, a text. Its stages, .*conv1, layer1"):
        freeze(lab_resnet(3), until=until)


class Odd(nn.Module):
    """A backbone that is run by a method, drops by a function, and shares a norm between two layers."""

    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.5))
        self.b, self.c, self.norm, self.fc = nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 3)

    def forward(self, images, again=True):
        x = self.enc.forward(images)
        if again:
            self(images, again=False)
        return self.fc(self.norm(self.c(self.norm(self.b(x)))).mean((2, 3)))


def test_layers_run_by_a_method_stand_still_too_and_a_network_may_call_itself():
    model = freeze(Odd()).train()
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(model(images), model(images)) and model.training


def test_a_norm_that_two_stages_share_is_frozen_with_the_first():
    model = Odd()
    model.preprocessing = Preprocessing((8, 8), (0.5,) * 3, (0.25,) * 3)
    freeze(model, "c").train()
    before = snapshot(model.norm)
    model(torch.rand(4, 3, 8, 8))
    assert same(before, snapshot(model.norm)) and not model.norm.weight.requires_grad


def test_the_users_own_hooks_see_a_frozen_layer_in_evaluation_mode():
    model = lab_resnet(3)
    seen = []
    model.layer1.register_forward_pre_hook(lambda module, args: seen.append(module.training))
    freeze(model).train()(torch.rand(2, 3, 72, 96))
    assert seen == [False]


def test_unfreezing_finds_what_was_frozen_in_another_wrapping():
    for wrap in (nn.DataParallel, nn.Sequential):
        model = freeze(lab_resnet(3))
        unfreeze(wrap(model))
        assert all(p.requires_grad for p in model.parameters())
    backbone = freeze(lab_resnet(3))
    whole = freeze(nn.Sequential(backbone, nn.ReLU(), nn.Linear(3, 2)))
    unfreeze(whole)
    assert all(p.requires_grad for p in whole.parameters())
    model = freeze(lab_resnet(3))
    torch.nn.utils.parametrizations.weight_norm(model.conv1[0])
    assert all(p.requires_grad for p in unfreeze(model).parameters())


@pytest.mark.parametrize("hold", [freeze, freeze_batchnorm])
@pytest.mark.parametrize("whole", [True, False])
def test_a_compiled_network_stands_still_too_even_if_it_was_called_before(hold, whole):
    block = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    model = nn.Sequential(block, nn.Dropout(0.5 if hold is freeze else 0), nn.Flatten(), nn.Linear(144, 3))
    compiled, images = torch.compile(model, backend="eager"), torch.rand(4, 3, 8, 8)
    compiled.train()(images)
    hold(compiled if whole else model)
    before = snapshot(model)
    compiled.train()
    assert torch.equal(compiled(images), compiled(images)) and same(before, snapshot(model))
    assert hold is not freeze or what_moves(compiled) is None
    unfreeze(freeze_batchnorm(compiled, frozen=False))
    compiled.train()(images)
    assert not same(before, snapshot(model))
