"""Pretraining survives an interruption: what comes out is what would have come out."""

import dataclasses
import json

import pytest
import torch
from PIL import Image

from chapter9_lib.models import lab_resnet, lab_teacher, load_model
from chapter9_lib.worlds.trailcam.sets import SETS
from data_scripts import pretrain, source_photos

KINDS = tuple(f"kind-{i}" for i in range(4))


@pytest.fixture(autouse=True)
def tiny_world(tmp_path, monkeypatch):
    for name in ("source", "source-train"):
        monkeypatch.setitem(pretrain.SETS, name, dataclasses.replace(SETS[name], kinds=KINDS))
    monkeypatch.setattr(pretrain, "assets", lambda: tmp_path / "assets")


@pytest.fixture
def data():
    images = torch.randint(0, 256, (20, 3, 72, 96), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return source_photos.SourcePhotos(images, torch.arange(20) % 4)


def run(folder, data, monkeypatch, **changes):
    monkeypatch.setattr(pretrain, "RUNS", folder)
    recipe = pretrain.Recipe(**{"epochs": 3, "batch": 6, "rate": 1e-3, **changes})
    return pretrain.Pretraining(recipe, len(data.labels)).run(data, data)


def test_an_interrupted_run_goes_on_to_the_same_weights(tmp_path, data, monkeypatch):
    made = run(tmp_path / "whole", data, monkeypatch)
    assert made["epochs"] == 3 and made["photos"] == 20 and made["device"].startswith("cpu")

    whole_epoch, calls = pretrain.Pretraining._train, []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole_epoch(*args)

    monkeypatch.setattr(pretrain.Pretraining, "_train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken", data, monkeypatch)
    assert not (tmp_path / "broken" / "lab-resnet" / "lab-resnet.safetensors").exists()
    monkeypatch.setattr(pretrain.Pretraining, "_train", whole_epoch)
    with pytest.raises(SystemExit, match="begun with.*delete it"):
        run(tmp_path / "broken", data, monkeypatch, rate=2e-3)
    run(tmp_path / "broken", data, monkeypatch)

    files = [tmp_path / name / "lab-resnet" / "lab-resnet" for name in ("whole", "broken")]
    whole, resumed = (load_model(file).state_dict() for file in files)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.parametrize("name", pretrain.MODELS)
def test_the_packed_card_tells_how_it_was_made(tmp_path, data, monkeypatch, name):
    run(tmp_path, data, monkeypatch, model=name, epochs=1)
    path = pretrain.pack(name, data)
    model, card = load_model(path), json.loads(path.with_suffix(".json").read_text())
    assert card["accuracy_held_out"] == source_photos.accuracy(model, data), "the accuracy is that of the stored file"
    assert card["precision"] == "float16" and card["classes"] == list(KINDS) and card["num_classes"] == 4
    assert card["world"] and f"--model {name}" in card["recipe"] and "--epochs 1" in card["recipe"]
    assert {"seconds", "device", "photos", "epochs", "optimizer", "augmentation"} <= set(card)


def test_a_transformer_learns_from_a_teacher_as_well(tmp_path, data, monkeypatch):
    teacher = lab_resnet(4).eval()
    monkeypatch.setattr(pretrain, "load_pretrained", lambda name, source: teacher)
    before = {name: values.clone() for name, values in teacher.state_dict().items()}
    made = run(tmp_path / "taught", data, monkeypatch, model="lab-vit", teacher="lab-teacher", epochs=1)
    alone = run(tmp_path / "alone", data, monkeypatch, model="lab-vit", epochs=1)
    assert "--teacher lab-teacher" in made["recipe"] and "--teacher" not in alone["recipe"]
    assert all(values.equal(before[name]) for name, values in teacher.state_dict().items()) and not teacher.training
    taught, other = (load_model(tmp_path / way / "lab-vit" / "lab-vit").state_dict() for way in ("taught", "alone"))
    assert not all(taught[name].equal(other[name]) for name in taught)


def test_photos_are_read_as_bytes(tmp_path, monkeypatch):
    rows = [{"folder": str(tmp_path), "file": f"{i}.png", "label": str(i)} for i in range(2)]
    for i, row in enumerate(rows):
        Image.new("RGB", (96, 72), (10 * i, 20, 30)).save(tmp_path / row["file"])
    monkeypatch.setattr(source_photos, "rows_of", lambda name: rows)
    data = source_photos.SourcePhotos.read("source")
    assert data.images.shape == (2, 3, 72, 96) and data.images.dtype == torch.uint8
    assert data.images[1, :, 0, 0].tolist() == [10, 20, 30] and data.labels.tolist() == [0, 1]


def test_views_keep_the_range_and_some_are_grey(data):
    images = data.images.float().div(255)
    first, again = (source_photos.views(images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again) and first.shape == images.shape and 0 <= first.min() and first.max() <= 1
    grey = [bool((view[0] == view[2]).all()) for view in first]
    assert 0 < sum(grey) < len(grey) / 2


def test_the_teacher_is_larger_than_its_student_and_within_its_budget():
    student, teacher = (sum(p.numel() for p in make(200).parameters()) for make in (lab_resnet, lab_teacher))
    assert 1.5 * student < teacher <= 5e6
    assert lab_teacher(5).eval()(torch.zeros(1, 3, 72, 96)).shape == (1, 5)


def test_the_recipe_says_the_arithmetic_and_it_decides_the_weights(tmp_path, data, monkeypatch):
    weights = []
    for arithmetic in ("bfloat16", "float32"):
        made = run(tmp_path / arithmetic, data, monkeypatch, arithmetic=arithmetic)
        assert f"--arithmetic {arithmetic}" in made["recipe"]
        weights.append(load_model(tmp_path / arithmetic / "lab-resnet" / "lab-resnet").state_dict()["conv1.0.weight"])
    assert all(torch.isfinite(value).all() for value in weights) and not torch.equal(*weights)
