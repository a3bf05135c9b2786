"""The cache at any stage: the same training as without it, and a refusal wherever that can't be."""

import copy

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image
from torch import nn
from torch.nn import functional as F

from chapter9_lib.models import Preprocessing, freeze, freeze_batchnorm, lab_resnet, stages
from chapter9_lib.training import ActivationCache, CacheRefused, Phase, PhotoBatches, fine_tune
from chapter9_lib.training.boundary import Boundary, boundary_at

NETWORKS = {
    "lab": lambda: lab_resnet(3),
    "transformer": lambda: timm.create_model("test_vit2", num_classes=3, drop_path_rate=0.3),
    "dense": lambda: timm.create_model("densenet121", num_classes=3),
    "several tensors cross": lambda: timm.create_model("hrnet_w18_small", num_classes=3),
    "two branches": lambda: timm.create_model("crossvit_tiny_240", num_classes=3),
    "shared layers": lambda: timm.create_model("coat_lite_tiny", num_classes=3, img_size=64),
    "its shape crosses": lambda: timm.create_model("mvitv2_tiny", num_classes=3),
    "torchvision": lambda: torchvision.models.mobilenet_v3_small(num_classes=3),
    "torchvision transformer": lambda: torchvision.models.VisionTransformer(32, 8, 3, 2, 16, 32, num_classes=3),
}
EDGES = {"transformer": 160, "two branches": 240, "torchvision transformer": 32}


def prepared(name):
    torch.manual_seed(0)
    model = NETWORKS[name]()
    edge = EDGES.get(name, 64)
    if name == "transformer":
        edge = model.pretrained_cfg["input_size"][-1]
    model.preprocessing = Preprocessing((edge, edge), (0.5,) * 3, (0.25,) * 3, crop=False)
    return freeze_batchnorm(model)


@pytest.mark.parametrize("name", NETWORKS)
def test_played_back_it_answers_what_the_whole_network_answers(toy_photos, name):
    model, photos = prepared(name), toy_photos(5)
    images = PhotoBatches(photos, model.preprocessing).batch(torch.arange(5))
    with torch.no_grad():
        whole = model.eval()(images)
    found = stages(model)
    for at in sorted({1, len(found) // 2, len(found) - 2, len(found) - 1}):
        freeze(model, found[at].name)
        if name == "two branches" and at == 1:
            with pytest.raises(CacheRefused, match="look at the photo itself"):
                ActivationCache(model, photos, device="cpu")
            continue
        kept = ActivationCache(model, photos, device="cpu", batch_size=2).kept[found[at].name]
        order = torch.tensor([3, 0, 4])
        with torch.no_grad():
            assert torch.allclose(kept.score(kept.batch(order)), whole[order], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["lab", "dense", "several tensors cross", "torchvision", "torchvision transformer"])
def test_trained_from_the_boundary_it_ends_with_the_same_weights(toy_photos, name):
    train, val, first = toy_photos(12), toy_photos(5, seed=1), prepared(name)
    freeze(first, stages(first)[-3].name)
    second = copy.deepcopy(first)
    settings = {"epochs": 2, "lr": 1e-3, "batch_size": 4, "device": "cpu", "augment": False}
    one = fine_tune(first, train, val, cache=True, **settings)
    two = fine_tune(second, train, val, cache=False, **settings)
    assert one.cache.startswith("used") and "of its arithmetic" in one.cache
    apart = {key: float((a.double() - second.state_dict()[key].double()).abs().max()) for key, a in
             first.state_dict().items()}  # fmt: skip
    assert max(apart.values()) <= 1e-5, max(apart, key=apart.get)
    assert one.val_loss == pytest.approx(two.val_loss, rel=1e-4)


def test_only_the_thawed_stages_run(toy_photos):
    counts = []
    for epochs in (1, 4):
        model, seen = freeze(prepared("lab"), "layer4"), []
        for name in ("layer3", "layer4"):
            model.get_submodule(name)[0].register_forward_hook(lambda *_, name=name, seen=seen: seen.append(name))
        fine_tune(model, toy_photos(8), epochs=epochs, batch_size=8, augment=False, device="cpu")
        counts.append((seen.count("layer3"), seen.count("layer4")))
    assert counts[0][0] == counts[1][0] and counts[1][1] - counts[0][1] == 3


def test_live_statistics_behind_the_boundary_move_as_without_the_cache(toy_photos):
    first = freeze(freeze_batchnorm(prepared("lab"), frozen=False), "layer4")
    second = copy.deepcopy(first)
    settings = {"epochs": 2, "batch_size": 4, "device": "cpu", "augment": False}
    fine_tune(first, toy_photos(12), cache=True, **settings)
    fine_tune(second, toy_photos(12), cache=False, **settings)
    name = "layer4.1.bn1.running_mean"
    assert torch.allclose(first.state_dict()[name], second.state_dict()[name], atol=1e-5)
    assert first.state_dict()[name].abs().max() > 0


class Handmade(nn.Module):
    """Two layers and a head, with something in between that is not a module."""

    def __init__(self, between):
        super().__init__()
        self.a, self.b, self.fc, self.between = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 3), between
        self.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)

    def forward(self, images):
        x = self.b(self.between(self, self.a(images), images))
        return self.fc(x.relu().mean((2, 3)))


HARMLESS = {
    "a function": lambda self, x, images: F.relu(x),
    "in place": lambda self, x, images: F.relu(x, inplace=True),
    "its own shape": lambda self, x, images: x + x.shape[0] * 0,
}
WRONG = {
    "look at the photo itself": lambda self, x, images: x + images.mean(),
    "nothing that differs from photo to photo": lambda self, x, images: torch.zeros_like(x),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_functions_between_layers_are_run_again(toy_photos, case):
    model = freeze(Handmade(HARMLESS[case]), "b")
    cache = ActivationCache(model, toy_photos(4), device="cpu")
    images = PhotoBatches(toy_photos(4), model.preprocessing).batch(torch.arange(4))
    assert torch.allclose(cache.kept["b"].score(cache.kept["b"].batch(torch.arange(4))), model(images), atol=1e-6)


@pytest.mark.parametrize("reason", WRONG)
def test_a_boundary_that_would_be_wrong_is_refused(toy_photos, reason):
    model = freeze(Handmade(WRONG[reason]), "b")
    with pytest.raises(CacheRefused, match=reason):
        ActivationCache(model, toy_photos(4), device="cpu")
    history = fine_tune(model, toy_photos(4), epochs=1, augment=False, device="cpu")
    assert reason in history.cache


def test_dropout_as_a_function_in_front_of_the_boundary_is_found(toy_photos):
    class Dropping(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3)
            self.fc = nn.Linear(4, 3)
            self.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)

        def forward(self, images):
            x = F.dropout(self.a(images), 0.5, self.training)
            return self.fc(self.c(self.b(x)).mean((2, 3)))

    with pytest.raises(CacheRefused, match="draw random numbers"):
        ActivationCache(freeze(Dropping(), "c"), toy_photos(4), device="cpu")


def test_auxiliary_heads_on_the_way_are_refused(toy_photos):
    model = torchvision.models.googlenet(num_classes=3, init_weights=False)
    model.preprocessing = Preprocessing((64, 64), (0.5,) * 3, (0.25,) * 3, crop=False)
    with pytest.raises(CacheRefused, match="is not always the same"):
        ActivationCache(freeze(model, "inception5b"), toy_photos(4), device="cpu")
    assert ActivationCache(freeze(model), toy_photos(4), device="cpu").features.shape == (4, 1024)


def test_finding_a_boundary_leaves_everything_as_it_was(toy_photos):
    model = freeze(prepared("lab"), "layer3").train()
    images = torch.randn(3, 3, 64, 64)
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    forwards = [module.__dict__.get("forward") for module in model.modules()]
    boundary = boundary_at(model, "layer3", images)
    assert isinstance(boundary, Boundary) and [crossing.call for crossing in boundary.crossings] == [("layer2", 1)]
    assert forwards == [module.__dict__.get("forward") for module in model.modules()]
    assert all(module.training for module in model.modules()) and torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_one_pass_fills_the_boundaries_of_all_phases(toy_photos):
    model, seen = freeze(prepared("lab")), []
    model.conv1.register_forward_hook(lambda module, args, output: seen.append(len(args[0])))
    cache = ActivationCache(model, toy_photos(20), until=["head", "layer4", "layer2"], device="cpu", batch_size=5)
    assert list(cache.kept) == ["head", "layer4", "layer2"] and seen[-4:] == [5] * 4 and seen.count(5) == 4
    assert cache.saved["layer2"] < cache.saved["layer4"] < cache.saved["head"] <= 1
    images = PhotoBatches(toy_photos(20), model.preprocessing).batch(torch.arange(20))
    with torch.no_grad():
        whole = model.eval()(images)
    for kept in cache.kept.values():
        assert torch.allclose(kept.score(kept.batch(torch.arange(20))), whole, atol=1e-5)


def test_half_precision_takes_half_the_space(toy_photos, tmp_path):
    model = freeze(prepared("lab"), "layer4")
    for directory in (None, tmp_path):
        whole, half = (
            ActivationCache(model, toy_photos(6), directory=directory, half=half, device="cpu").kept["layer4"]
            for half in (False, True)
        )
        assert half.bytes * 2 == whole.bytes and half.tensors[0].dtype == torch.float16
        apart = (half.batch(torch.arange(6))[0] - whole.batch(torch.arange(6))[0]).abs().max()
        assert 0 < apart < 0.01 and half.batch(torch.arange(6))[0].dtype == torch.float32


def test_a_training_may_ask_for_half_precision(small_model, toy_photos):
    photos, whole = toy_photos(12), copy.deepcopy(small_model)
    phases = [Phase("head", 1, 1e-2), Phase("layer4", 1, 1e-3)]
    options = {"phases": phases, "augment": False, "batch_size": 4, "device": "cpu", "progress": False}
    in_half, in_full = (fine_tune(m, photos, cache=c, **options) for m, c in ((small_model, "half"), (whole, "auto")))
    sizes = [float(h.cache.split(" MiB")[0].rsplit(" ", 1)[1]) for h in (in_half, in_full)]
    assert sizes[0] == pytest.approx(sizes[1] / 2, abs=0.1)
    head = [model.get_classifier().weight for model in (small_model, whole)]
    assert 0 < (head[0] - head[1]).abs().max() < 0.01


def test_what_half_precision_can_not_hold_is_refused(toy_photos):
    model = freeze(prepared("lab"), "layer4")
    with torch.no_grad():
        model.layer3[-1].bn2.weight.fill_(1e9)
    with pytest.raises(CacheRefused, match="half=False"):
        ActivationCache(model, toy_photos(6), half=True, device="cpu")


def test_views_are_augmented_kept_and_drawn_anew(toy_photos):
    model = freeze(prepared("lab"), "layer4")
    plain = ActivationCache(model, toy_photos(6), device="cpu").kept["layer4"]
    kept = ActivationCache(model, toy_photos(6), views=3, device="cpu").kept["layer4"]
    assert kept.tensors[0].shape[0] == 18 and len(kept) == 6
    assert not torch.allclose(kept.tensors[0][:6], plain.tensors[0]) and not torch.equal(*kept.tensors[0][[0, 6]])
    generator = torch.Generator().manual_seed(0)
    drawn = [kept.batch(torch.arange(6), generator)[0] for _ in range(4)]
    assert len({float(batch.sum()) for batch in drawn}) > 1
    known = kept.tensors[0].unflatten(0, (3, 6))
    assert all(any(torch.equal(row, view) for view in known[:, n]) for batch in drawn for n, row in enumerate(batch))
    with pytest.raises(CacheRefused, match="random augmentation"):
        plain.batch(torch.arange(6), generator)


def test_the_same_views_are_trained_on_with_the_cache_and_without(toy_photos):
    first = freeze(prepared("lab"), "layer4")
    second = copy.deepcopy(first)
    settings = {"epochs": 3, "batch_size": 4, "views": 3, "device": "cpu"}
    one = fine_tune(first, toy_photos(12), toy_photos(4), cache=True, **settings)
    two = fine_tune(second, toy_photos(12), toy_photos(4), cache=False, **settings)
    assert "in 3 views" in one.cache and one.loss == pytest.approx(two.loss, rel=1e-4)
    assert max(float((a.double() - b.double()).abs().max()) for a, b in
               zip(first.state_dict().values(), second.state_dict().values(), strict=True)) <= 1e-5  # fmt: skip


def test_a_head_may_see_the_photos_as_they_are_before_others_see_views(toy_photos):
    plain, mixed, settings = prepared("lab"), prepared("lab"), {"batch_size": 4, "device": "cpu", "progress": False}
    head = Phase("head", 2, 1e-2, augment=False)
    fine_tune(plain, toy_photos(12), phases=[Phase("head", 2, 1e-2)], **settings)
    fine_tune(mixed, toy_photos(12), phases=[head], views=3, **settings)
    assert all(
        torch.equal(*pair) for pair in zip(plain.state_dict().values(), mixed.state_dict().values(), strict=True)
    )


def test_phases_that_see_photos_and_views_are_the_same_with_the_cache_and_without(toy_photos):
    first = prepared("lab")
    second = copy.deepcopy(first)
    phases = [Phase("head", 2, 1e-2, augment=False), Phase("layer4", 2), Phase("layer4", 1, augment=False)]
    settings = {"phases": phases, "batch_size": 4, "views": 3, "device": "cpu", "progress": False}
    one = fine_tune(first, toy_photos(12), toy_photos(4), cache=True, **settings)
    two = fine_tune(second, toy_photos(12), toy_photos(4), cache=False, **settings)
    assert ["in 3 views" in line for line in one.cache.splitlines()] == [False, True, False]
    assert one.loss == pytest.approx(two.loss, rel=1e-4) and len(one) == 5
    assert max(float((a.double() - b.double()).abs().max()) for a, b in
               zip(first.state_dict().values(), second.state_dict().values(), strict=True)) <= 1e-5  # fmt: skip


def test_views_without_augmentation_make_no_sense(toy_photos):
    model = freeze(prepared("lab"), "layer4")
    with pytest.raises(ValueError, match="augment=False"):
        fine_tune(model, toy_photos(6), epochs=1, views=3, augment=False, device="cpu")


def test_files_know_their_boundary_and_their_format(toy_photos, tmp_path):
    model = freeze(prepared("lab"))
    kept = {"directory": tmp_path, "device": "cpu"}
    first = ActivationCache(model, toy_photos(6), until=["layer4", "head"], **kept)
    assert not first.reused and ActivationCache(model, toy_photos(6), until=["layer4", "head"], **kept).reused
    assert not ActivationCache(model, toy_photos(6), until="layer3", **kept).reused
    assert not ActivationCache(model, toy_photos(6), until="layer4", half=True, **kept).reused
    with torch.no_grad():
        model.layer4[0].conv1.weight.add_(0.1)
    assert ActivationCache(model, toy_photos(6), until="layer4", **kept).reused, "what lies behind has no say"
    assert not ActivationCache(model, toy_photos(6), until="head", **kept).reused


def test_a_limit_refuses_what_is_too_large(toy_photos):
    with pytest.raises(CacheRefused, match="GiB"):
        ActivationCache(freeze(prepared("lab"), "layer1"), toy_photos(6), limit=1000, device="cpu")


class Other(nn.Module):
    """Layers a, b, c, d and a head, run as `way` says."""

    def __init__(self, way):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3)
        self.d, self.fc, self.way = nn.Conv2d(4, 4, 3, padding=1), nn.Linear(4, 3), way
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("var", torch.ones(4))
        self.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)

    def forward(self, images):
        return self.way(self, images)


def tail(net, x):
    return net.fc(net.c(x).mean((2, 3)))


REFUSED = {
    "a branch for training only": lambda net, x: tail(
        net, net.b(net.a(x)) + (net.d(net.b(net.a(x))) if net.training else 0)
    ),
    "a layer for evaluation only": lambda net, x: tail(net, net.b(net.a(x) if net.training else net.d(net.a(x)))),
    "rare dropout on small numbers": lambda net, x: tail(net, net.b(F.dropout(net.a(x) * 1e-4, 0.01, net.training))),
    "a norm of the batch": lambda net, x: tail(
        net, net.b(F.batch_norm(net.a(x), net.mean, net.var, training=net.training))
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_differs_in_training_mode_is_refused_and_nothing_has_moved(toy_photos, case):
    model = freeze(Other(REFUSED[case]), "c")
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(CacheRefused):
        ActivationCache(model, toy_photos(4), device="cpu")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all("forward" not in module.__dict__ for module in model.modules())
    assert fine_tune(model, toy_photos(6), epochs=1, augment=False, device="cpu").cache.startswith("not used")


def test_a_later_boundary_that_is_refused_does_not_cost_the_head_its_cache(toy_photos):
    model = Other(REFUSED["a branch for training only"])
    history = fine_tune(model, toy_photos(8), phases=[Phase("head", 1), Phase("c", 1)], augment=False, device="cpu")
    assert [line.split(":")[0] for line in history.cache.splitlines()] == ["used", "not used"]
    phases = [Phase("head", 1), Phase("c", 1)]
    with pytest.raises(CacheRefused):
        fine_tune(model, toy_photos(8), phases=phases, augment=False, cache=True, device="cpu")


class Block(nn.Module):
    def __init__(self, answer):
        super().__init__()
        self.conv, self.answer = nn.Conv2d(3, 4, 3), answer

    def forward(self, images):
        return self.answer(self.conv(images))


@pytest.mark.parametrize("case", ["a scalar of the batch", "a list as long as the batch", "a text"])
def test_answers_that_can_not_be_kept_are_refused_in_words(toy_photos, case):
    answer = {
        "a scalar of the batch": lambda y: (y, y.square().mean()),
        "a list as long as the batch": lambda y: list(y.unbind(0)),
        "a text": lambda y: (y, "text"),
    }[case]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.block, self.c, self.fc = Block(answer), nn.Conv2d(4, 4, 3), nn.Linear(4, 3)
            self.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)

        def forward(self, images):
            y = self.block(images)
            y = torch.stack(y) if isinstance(y, list) else y[0]
            return self.fc(self.c(y).mean((2, 3)))

    with pytest.raises(CacheRefused, match="block"):
        ActivationCache(freeze(Net(), "c"), toy_photos(4), device="cpu")


@pytest.mark.parametrize("case", ["clamped", "by its name", "hooked"])
def test_heads_that_do_not_answer_alone_train_to_the_same_weights(toy_photos, case):
    torch.manual_seed(0)

    def way(net, x):
        features = net.b(net.a(x)).mean((2, 3))
        return {"clamped": lambda: net.fc(features).clamp(-4, 4), "by its name": lambda: net.fc(input=features),
                "hooked": lambda: net.fc(features)}[case]()  # fmt: skip

    first = freeze(Other(way))
    with torch.no_grad():
        first.fc.bias[0] += 6
    second = copy.deepcopy(first)
    for model, cache in ((first, "auto"), (second, False)):
        if case == "hooked":
            model.fc.register_forward_pre_hook(lambda module, args: ((args[0] - 0.1) * 5,))
        fine_tune(model, toy_photos(12), epochs=3, lr=1e-2, batch_size=8, augment=False, cache=cache, device="cpu")
    assert torch.allclose(first.fc.weight, second.fc.weight, atol=1e-5)
    assert torch.allclose(first.fc.bias, second.fc.bias, atol=1e-5)


def test_what_is_the_same_for_all_photos_is_not_spoilt_in_place(toy_photos):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.pos, self.a, self.b, self.fc = Position(), nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 3)
            self.c = nn.Conv2d(4, 4, 3)
            self.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)

        def forward(self, images):
            where, x = self.pos(), self.b(self.a(images))
            where *= 1.5
            return self.fc(self.c(x + where).mean((2, 3)))

    class Position(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(torch.rand(4, 28, 28))

        def forward(self):
            return self.table * 1

    first = freeze(Net(), "c")
    second = copy.deepcopy(first)
    for model, cache in ((first, True), (second, False)):
        fine_tune(model, toy_photos(12), epochs=3, lr=1e-2, batch_size=8, augment=False, cache=cache, device="cpu")
    assert torch.allclose(first.c.weight, second.c.weight, atol=1e-5)


class Beside(nn.Module):
    """A frozen layer that hands over something beside its map of features."""

    def __init__(self, beside):
        super().__init__()
        self.conv, self.beside = nn.Conv2d(3, 4, 3), beside

    def forward(self, images):
        x = self.conv(images).relu()
        return x, self.beside(x, images)


class Routed(nn.Module):
    """What is handed over beside the features says what becomes of them behind a thawed layer."""

    def __init__(self, beside, route):
        super().__init__()
        self.front, self.c, self.fc, self.route = Beside(beside), nn.Conv2d(4, 4, 3), nn.Linear(4, 3), route
        self.preprocessing = Preprocessing((16, 16), (0.5,) * 3, (0.25,) * 3, crop=False)

    def forward(self, images):
        x, beside = self.front(images)
        return self.fc(self.route(self.c(x).mean((2, 3)), beside))


def bright(x, images):
    return images.mean((1, 2, 3)) > 0


KEPT_BESIDE = {
    "a truth value": (bright, lambda y, beside: torch.where(beside[:, None], -y, y)),
    "a number": (lambda x, images: 3 * bright(x, images).long(), lambda y, beside: y * (beside[:, None] + 1)),
    "a mask of three rows a photo": (
        lambda x, images: bright(x, images).repeat_interleave(3),
        lambda y, beside: y * beside.view(-1, 3)[:, :1].float(),
    ),
    "an order, for all the same": (
        lambda x, images: torch.tensor([3, 2, 1, 0]), lambda y, beside: y[:, beside],
    ),
    "an order, worked on in place": (
        lambda x, images: torch.tensor([2, 1, 0, -1]), lambda y, beside: y[:, beside.add_(1)],
    ),
}  # fmt: skip
NO_SLOPE = {
    "a comparison": (lambda x, images: images.mean((1, 2, 3)), lambda y, beside: y * (beside > 0)[:, None]),
    "a high threshold": (lambda x, images: images.mean((1, 2, 3)), lambda y, beside: y * (beside > 999)[:, None]),
    "a choice": (lambda x, images: x.mean((2, 3)), lambda y, beside: y.gather(1, beside.topk(4).indices)),
}


def dark_then_bright(toy_photos, count=12):
    """The photos of a folder sorted by class; the first ones are alike."""
    photos = toy_photos(count, classes=2)
    pixels = (
        np.random.default_rng(0).integers(0, 100, (count, 16, 16, 3))
        + 140 * (np.arange(count) >= count // 2)[:, None, None, None]
    )
    photos.images = [Image.fromarray(picture.astype(np.uint8)) for picture in pixels]
    photos.labels = (np.arange(count) >= count // 2).astype(np.int64)
    return photos


@pytest.mark.parametrize("case", KEPT_BESIDE)
@pytest.mark.parametrize("cache", [True, "half"])
def test_whole_numbers_and_truth_values_are_kept_too(toy_photos, case, cache):
    torch.manual_seed(0)
    photos, first = dark_then_bright(toy_photos), freeze(Routed(*KEPT_BESIDE[case]), "c")
    second, settings = copy.deepcopy(first), {"epochs": 3, "lr": 1e-2, "batch_size": 4, "device": "cpu"}
    history = fine_tune(first, photos, augment=False, cache=cache, **settings)
    fine_tune(second, photos, augment=False, cache=False, **settings)
    assert history.cache.startswith("used")
    for one, other in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.allclose(one, other, atol=1e-5 if cache is True else 1e-2)


@pytest.mark.parametrize("case", NO_SLOPE)
def test_what_is_looked_at_without_a_slope_is_refused(toy_photos, case):
    torch.manual_seed(0)
    model, photos = freeze(Routed(*NO_SLOPE[case]), "c"), dark_then_bright(toy_photos)
    history = fine_tune(model, photos, epochs=1, augment=False, device="cpu", progress=False)
    assert history.cache.startswith("not used: ")
    alike = [photos[0]] * 8
    with pytest.raises(CacheRefused, match="no slope|answers something else"):
        ActivationCache(model, alike, device="cpu")


def test_whole_numbers_too_large_for_the_format_are_refused(toy_photos):
    def large(x, images):
        return 2**24 + 1 + bright(x, images).long()

    model = freeze(Routed(large, lambda y, beside: y * (beside % 2)[:, None]), "c")
    with pytest.raises(CacheRefused, match="whole numbers too large"):
        ActivationCache(model, dark_then_bright(toy_photos), device="cpu")
