import copy
import errno
import os
import time
from pathlib import Path

import pytest
import timm
import torch
import torchvision
from PIL import Image
from torch import nn

from chapter9_lib.models import Preprocessing, freeze, lab_resnet, replace_head
from chapter9_lib.training import ActivationCache, CacheRefused, PhotoBatches, activation_files, fine_tune
from chapter9_lib.worlds import Photos


def prepared(model, edge=32):
    model.preprocessing = Preprocessing((edge, edge), (0.5,) * 3, (0.25,) * 3, crop=False)
    return freeze(model)


NETWORKS = {
    "lab": lambda: lab_resnet(3),
    "lab, hidden head": lambda: replace_head(lab_resnet(3), 3, hidden=16, dropout=0.3),
    "dropout in the backbone": lambda: timm.create_model("test_efficientnet", num_classes=3, drop_rate=0.4),
    "convolutional head": lambda: timm.create_model("dla46_c", num_classes=3),
    "norm in the head": lambda: timm.create_model("test_convnext", num_classes=3),
    "torchvision": lambda: torchvision.models.mobilenet_v3_small(num_classes=3),
    "several heads": lambda: timm.create_model("deit_tiny_distilled_patch16_224", num_classes=3, img_size=32),
    "layers after the head": lambda: torchvision.models.squeezenet1_1(num_classes=3),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_head_trained_from_the_cache_equals_head_trained_without(toy_photos, name):
    torch.manual_seed(0)
    train, val = toy_photos(25), toy_photos(9, seed=1)
    with_cache = prepared(NETWORKS[name](), edge=64 if name == "torchvision" else 32)
    without = copy.deepcopy(with_cache)
    settings = {"epochs": 5, "lr": 0.01, "batch_size": 8, "device": "cpu"}
    first = fine_tune(with_cache, train, val, cache=True, **settings)
    second = fine_tune(without, train, val, cache=False, **settings)
    assert first.cache.startswith("used") and second.cache.startswith("not used")
    start = prepared(NETWORKS[name]()).state_dict()
    for key, tensor in with_cache.state_dict().items():
        assert torch.allclose(tensor.float(), without.state_dict()[key].float(), atol=1e-5, rtol=0), key
        assert tensor.shape == start[key].shape
    assert first.loss == pytest.approx(second.loss, rel=1e-5)
    assert first.val_loss == pytest.approx(second.val_loss, rel=1e-5)


@pytest.mark.parametrize(
    "name", ["test_resnet", "test_efficientnet", "test_convnext", "test_byobnet", "mobilenetv3_small_050"]
)
def test_features_equal_timms(toy_photos, name):
    model, photos = prepared(timm.create_model(name, num_classes=3), edge=64), toy_photos(10)
    cache = ActivationCache(model, photos, device="cpu", batch_size=4)
    images = PhotoBatches(photos, model.preprocessing).batch(torch.arange(10))
    with torch.no_grad():
        theirs = model.eval().forward_head(model.forward_features(images), pre_logits=True)
    assert torch.allclose(cache.features.flatten(1), theirs.flatten(1), atol=1e-6, rtol=1e-6)
    assert len(cache) == 10 and torch.equal(cache.batch(torch.tensor([3, 1])), cache.features[[3, 1]])


def test_the_backbone_runs_once(toy_photos, small_model):
    seen = []
    freeze(small_model).conv1.register_forward_hook(lambda module, args, output: seen.append(len(args[0])))
    fine_tune(small_model, toy_photos(20), toy_photos(8), epochs=6, device="cpu")
    assert sum(seen) == 20 + 8 + 6 * 3  # and a probe of three, for the boundary and for its arithmetic


def test_filling_leaves_mode_and_weights_alone(toy_photos, small_model):
    freeze(small_model).train()
    before = {name: tensor.clone() for name, tensor in small_model.state_dict().items()}
    ActivationCache(small_model, toy_photos(6), device="cpu")
    assert all(module.training for module in small_model.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in small_model.state_dict().items())


def loose_batch_norm():
    model = lab_resnet(3)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("fc"))
    return model


def loose_dropout():
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Dropout(0.5), nn.Flatten(), nn.Linear(1800, 3))
    for parameter in model[0].parameters():
        parameter.requires_grad_(False)
    return model


def tied_to_the_head():
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    model[4].weight = model[2].weight
    return freeze(model)


REFUSALS = {
    "2.weight is tied to a weight that is trained": tied_to_the_head,
    "takes gradients": lambda: lab_resnet(3),
    "batch norm bn1 is alive|batch norm conv1.1 is alive": loose_batch_norm,
    "dropout 1 is alive": loose_dropout,
    "normalises with the batch": lambda: freeze(
        nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False), nn.Flatten(), nn.Linear(3072, 3))
    ),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_refuses_where_it_would_be_wrong(toy_photos, reason):
    model = REFUSALS[reason]()
    model.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)
    with pytest.raises(CacheRefused, match=reason):
        ActivationCache(model, toy_photos(4), device="cpu")
    with pytest.raises(CacheRefused, match=reason):
        fine_tune(model, toy_photos(4), epochs=1, cache=True, augment=False, device="cpu")
    history = fine_tune(model, toy_photos(4), epochs=1, augment=False, device="cpu")
    assert history.cache.startswith("not used: ")


def test_the_real_cause_comes_first(toy_photos, small_model):
    with pytest.raises(CacheRefused, match=r"^the backbone is not frozen: .*freeze\(model\).*; besides, random aug"):
        fine_tune(small_model, toy_photos(4), epochs=1, cache=True, device="cpu")
    freeze(small_model)
    with pytest.raises(CacheRefused, match="^random augmentation"):
        fine_tune(small_model, toy_photos(4), epochs=1, cache=True, augment=True, device="cpu")


def test_refuses_random_views(toy_photos, small_model):
    freeze(small_model)
    with pytest.raises(CacheRefused, match="random augmentation"):
        fine_tune(small_model, toy_photos(4), epochs=1, cache=True, augment=True, device="cpu")
    assert "random augmentation" in fine_tune(small_model, toy_photos(4), epochs=1, augment=True, device="cpu").cache
    cache = ActivationCache(small_model, toy_photos(4), device="cpu")
    with pytest.raises(CacheRefused):
        cache.batch(torch.arange(2), torch.Generator())


def test_no_photos(toy_photos, small_model):
    with pytest.raises(ValueError, match="empty"):
        ActivationCache(freeze(small_model), toy_photos(0), device="cpu")
    with pytest.raises(ValueError, match="views=-1"):
        ActivationCache(freeze(small_model), toy_photos(4), views=-1, device="cpu")


# On disk.


@pytest.mark.parametrize("with_files", [True, False])
def test_files_are_found_again_only_while_nothing_changed(tmp_path, toy_photos, small_model, with_files):
    def photos(seed=0, folder="a"):
        some = toy_photos(6, seed=seed, folder=tmp_path / folder if with_files else None)
        return Photos(some.paths, some.labels, some.classes) if with_files else some

    freeze(small_model)
    kept = tmp_path / "kept"
    first = ActivationCache(small_model, photos(), directory=kept, device="cpu")
    again = ActivationCache(small_model, photos(), directory=kept, device="cpu")
    assert (first.reused, again.reused) == (False, True) and torch.equal(first.features, again.features)

    replace_head(small_model, 5)
    assert ActivationCache(small_model, photos(), directory=kept, device="cpu").reused, "the head has no part in it"
    assert not ActivationCache(small_model, photos(seed=1, folder="b"), directory=kept, device="cpu").reused
    small_model.bn1.running_mean[0] += 0.5
    assert not ActivationCache(small_model, photos(), directory=kept, device="cpu").reused
    small_model.preprocessing = Preprocessing((32, 32), (0.4,) * 3, (0.25,) * 3, crop=False)
    other = ActivationCache(small_model, photos(), directory=kept, device="cpu")
    assert not other.reused and not torch.equal(other.features, first.features)


def test_a_photo_replaced_in_place_is_noticed(tmp_path, toy_photos, small_model):
    freeze(small_model)
    some = toy_photos(6, folder=tmp_path / "photos")
    photos = Photos(some.paths, some.labels, some.classes)
    old = ActivationCache(small_model, photos, directory=tmp_path / "kept", device="cpu")
    stat = photos.paths[4].stat()
    Image.new("RGB", (40, 32), "red").save(photos.paths[4])
    os.utime(photos.paths[4], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    new = ActivationCache(small_model, photos, directory=tmp_path / "kept", device="cpu")
    assert not new.reused and not torch.equal(old.features[4], new.features[4])


def test_parts_of_photos_are_known_by_what_they_show(tmp_path, toy_photos, small_model):
    class Corners:
        """All but the first photo seen in another part, of the same files."""

        def __init__(self, box):
            self.whole, self.box = toy_photos(6, folder=tmp_path / "photos"), box
            self.paths, self.labels = self.whole.paths, self.whole.labels

        def __len__(self):
            return len(self.paths)

        def __getitem__(self, at):
            image, label = self.whole[at]
            return image.crop(self.box if at else (0, 0, 16, 16)), label

    freeze(small_model)
    kept = {"directory": tmp_path / "kept", "device": "cpu"}
    old, same = (ActivationCache(small_model, Corners((0, 0, 16, 16)), **kept) for _ in range(2))
    new = ActivationCache(small_model, Corners((16, 16, 32, 32)), **kept)
    assert (old.reused, same.reused, new.reused) == (False, True, False)
    assert torch.equal(old.features[0], new.features[0]) and not torch.equal(old.features[1], new.features[1])


def test_an_interrupted_write_is_never_taken_for_a_whole_one(tmp_path, toy_photos, small_model, monkeypatch):
    freeze(small_model)
    forward, calls = small_model.forward, []

    def interrupted(images):
        calls.append(len(images))
        if calls.count(4) == 2:  # in the second batch; the probe is of three
            raise KeyboardInterrupt
        return forward(images)

    monkeypatch.setattr(small_model, "forward", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ActivationCache(small_model, toy_photos(8), directory=tmp_path / "kept", device="cpu", batch_size=4)
    assert not list((tmp_path / "kept").iterdir())
    monkeypatch.undo()
    assert not ActivationCache(small_model, toy_photos(8), directory=tmp_path / "kept", device="cpu").reused


@pytest.mark.parametrize("keep", [0, 60, 2000])
def test_a_truncated_file_is_made_again(tmp_path, toy_photos, small_model, keep):
    freeze(small_model)
    whole = ActivationCache(small_model, toy_photos(8), directory=tmp_path, device="cpu").features.clone()
    (file,) = tmp_path.glob("*.npy")
    file.write_bytes(file.read_bytes()[:keep])
    again = ActivationCache(small_model, toy_photos(8), directory=tmp_path, device="cpu")
    assert not again.reused and torch.equal(again.features, whole)


def test_a_full_disk_says_how_much_is_needed(tmp_path, toy_photos, small_model, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("chapter9_lib.training.activation_files._reserve", full)
    with pytest.raises(OSError, match=r"MiB in .*CHAPTER9_HOME"):
        ActivationCache(freeze(small_model), toy_photos(8), directory=tmp_path / "kept", device="cpu")
    assert not list((tmp_path / "kept").iterdir())


def test_an_error_of_the_photos_is_not_a_full_disk(tmp_path, toy_photos, small_model, monkeypatch):
    def lost(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("chapter9_lib.training.cache.record", lost)
    with pytest.raises(OSError, match="Input/output error$") as told:
        ActivationCache(freeze(small_model), toy_photos(8), directory=tmp_path / "kept", device="cpu")
    assert told.value.errno == errno.EIO and not list((tmp_path / "kept").iterdir())


def test_a_file_is_not_mapped_while_it_is_renamed(tmp_path, toy_photos, small_model, monkeypatch):
    maps, mapped, replace = Path("/proc/self/maps"), [], os.replace
    if not maps.exists():
        pytest.skip("this system does not list its mappings")

    def watched(old, new):
        mapped.append(str(old) in maps.read_text())
        replace(old, new)

    monkeypatch.setattr(activation_files.os, "replace", watched)
    ActivationCache(freeze(small_model), toy_photos(8), directory=tmp_path, device="cpu", until=["layer4", "head"])
    assert mapped == [False, False]


def test_a_folder_may_be_written_as_a_tilde(tmp_path, toy_photos, small_model, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    ActivationCache(freeze(small_model), toy_photos(4), directory="~/kept", device="cpu")
    assert list((tmp_path / "kept").iterdir())


def test_large_caches_go_to_home(tmp_path, toy_photos, small_model, monkeypatch):
    monkeypatch.setattr("chapter9_lib.training.cache.MEMORY_LIMIT", 1000)
    cache = ActivationCache(freeze(small_model), toy_photos(8), device="cpu")
    assert len(list((tmp_path / "home" / "activations").glob("*.npy"))) == 1 and cache.features.shape == (8, 256)


def test_boundaries_share_the_memory_there_is(tmp_path, toy_photos, small_model, monkeypatch):
    untils = ["layer4", "head"]
    sizes = [kept.bytes for kept in ActivationCache(freeze(small_model), toy_photos(8), until=untils).kept.values()]
    monkeypatch.setattr("chapter9_lib.training.cache.MEMORY_LIMIT", max(sizes))
    ActivationCache(freeze(small_model), toy_photos(8), until=untils)
    assert len(list((tmp_path / "home" / "activations").glob("*.npy"))) == 1


def test_the_longest_unused_make_room_and_nobody_elses_file_is_touched(tmp_path, monkeypatch):
    names = ["old-0.npy", "middle-0.npy", "new-0.npy", "used-0.npy", ".writing-left.npy", ".writing-busy.npy", "a.txt"]
    now = time.time()
    for age, name in zip((50, 40, 30, 60, 100_000, 10, 99_999), names, strict=True):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (now - age, now - age))
    monkeypatch.setattr(activation_files, "BUDGET", 300)
    activation_files.make_room(tmp_path, 150, keep=[tmp_path / "used-0.npy"])
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"new-0.npy", "used-0.npy", ".writing-busy.npy", "a.txt"}
    activation_files.make_room(tmp_path / "nowhere", 10)
