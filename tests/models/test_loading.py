import csv
import importlib

import pytest
import torch
from PIL import Image

from chapter9_lib.models import find_head, lab_resnet, load_pretrained, preprocessing, save_model


@pytest.fixture
def own_field(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPTER9_FIELD", str(tmp_path))
    return tmp_path


@pytest.fixture
def own_assets(tmp_path, monkeypatch):
    monkeypatch.setattr("chapter9_lib.models.loading.assets", lambda: tmp_path / "assets")
    return tmp_path / "assets" / "models"


def test_bundled(own_assets):
    model = lab_resnet(7)
    save_model(model, own_assets / "lab-resnet", {"classes": list("abcdefg"), "accuracy": 0.5}, half=True)
    whole = load_pretrained("lab-resnet", source="bundled")
    assert whole.card["classes"] == list("abcdefg") and find_head(whole).out_features == 7
    assert next(whole.parameters()).dtype == torch.float32 and not whole.training
    new = load_pretrained("lab-resnet", source="bundled", num_classes=5)
    assert new.num_classes == 5 and preprocessing(new).size == (72, 96)
    assert torch.equal(new.conv1[0].weight, whole.conv1[0].weight)
    scratch = load_pretrained("lab-resnet", source="bundled", num_classes=5, pretrained=False)
    assert not torch.equal(scratch.conv1[0].weight, whole.conv1[0].weight)
    assert scratch.state_dict().keys() == new.state_dict().keys()


def test_bundled_name_unknown(own_assets):
    save_model(lab_resnet(2), own_assets / "lab-resnet")
    with pytest.raises(ValueError, match="'lab-vit'.*Bundled: lab-resnet"):
        load_pretrained("lab-vit", source="bundled")
    with pytest.raises(ValueError, match="'Lab-Resnt'.*Did you mean lab-resnet"):
        load_pretrained("Lab-Resnt", source="bundled")
    with pytest.raises(ValueError, match="'xyzzyqq'. Bundled: lab-resnet.*'timm' or 'torchvision'"):
        load_pretrained("xyzzyqq", source="bundled")
    with pytest.raises(ValueError, match='lab-resnet is bundled: source="bundled"'):
        load_pretrained("lab-resnet")


def test_local_checkpoint_comes_before_any_network(own_field):
    original = load_pretrained("test_resnet", pretrained=False)
    save_model(original, own_field / "weights" / "timm" / "test_resnet")
    model = load_pretrained("test_resnet")
    assert torch.equal(model.conv1[0].weight, original.conv1[0].weight)


@pytest.mark.parametrize(
    ("name", "source", "near"),
    [
        ("resnet5O", "timm", "resnet50"),
        ("mobilnet_v2", "torchvision", "mobilenet_v2"),
        ("hf-hub:timm/ResNet18", "timm", "resnet18,"),
        ("ResNet50", "torchvision", "resnet50,"),
    ],
)
def test_unknown_names_offer_the_nearest(name, source, near, own_field):
    with pytest.raises(ValueError, match=f"{name}.*Did you mean {near}"):
        load_pretrained(name, source)


@pytest.mark.parametrize("source", ["timm", "torchvision"])
def test_names_like_no_other_are_told_how_to_list_them(source, own_field):
    with pytest.raises(ValueError, match=f"'xyzzyqq'.*{source}.*list_models"):
        load_pretrained("xyzzyqq", source)


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("timm/resnet50", "timm"),
        ("timm/resnet18.a1_in1k", "torchvision"),
        ("torchvision/resnet50", "timm"),
        ("bundled/lab-resnet", "timm"),
        ("huggingface/microsoft/resnet-50", "huggingface"),
    ],
)
def test_a_source_in_the_name_is_told_where_it_belongs(written, source, own_field):
    first, _, name = written.partition("/")
    with pytest.raises(ValueError, match=rf'load_pretrained\("{name}", source="{first}"\)'):
        load_pretrained(written, source=source, pretrained=False)


def test_local_names_are_among_the_nearest(own_field):
    save_model(lab_resnet(2), own_field / "weights" / "timm" / "our_badger_net")
    assert load_pretrained("our_badger_net").num_classes == 2
    with pytest.raises(ValueError, match="our_badger_net"):
        load_pretrained("our_badgr_net")


def test_other_mistakes_are_named(own_field):
    with pytest.raises(ValueError, match="bundled, timm, torchvision"):
        load_pretrained("resnet18", source="attic")
    with pytest.raises(ValueError, match="resnet18 has no weights tagged 'x'"):
        load_pretrained("resnet18.x")
    with pytest.raises(ValueError, match="no pretrained weights"):
        load_pretrained("test_vit4")
    with pytest.raises(ValueError, match="no model named"):
        load_pretrained("../../elsewhere")


@pytest.mark.parametrize(("name", "source"), [("resnet18", "timm"), ("resnet18", "torchvision")])
def test_no_network(name, source, own_field, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr("socket.create_connection", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    with pytest.raises(ConnectionError, match=rf"{source}'s {name} .*weights/{source}.*bundled") as error:
        load_pretrained(name, source)
    assert str(own_field) in str(error.value)


def refuse(*_, **__):
    raise OSError(101, "Network is unreachable")


def test_a_torchvision_that_does_not_fit_torch_is_explained(monkeypatch):
    def broken(name):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(ImportError, match="built for another torch.*same place"):
        load_pretrained("resnet18", source="torchvision")


def test_weights_are_read_without_pickles(own_field, monkeypatch):
    asked = {}

    def download(url, *args, **kwargs):
        asked.update(kwargs)
        raise OSError("stop here")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", download)
    with pytest.raises(ConnectionError):
        load_pretrained("resnet18", "torchvision")
    assert asked["weights_only"] is True and asked["check_hash"] is True


# On real weights and real photos.


@pytest.mark.parametrize(("name", "source"), [("mobilenetv2_100", "timm"), ("mobilenet_v2", "torchvision")])
def test_real_weights_know_a_dog(field_folder, name, source):
    if not (field_folder / "weights" / source / f"{name}.safetensors").is_file():
        pytest.skip(f"no weights of {source}'s {name} in {field_folder}/weights")
    with open(field_folder / "photos" / "manifest.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].startswith("pacs/photo/dog/")]
    model = load_pretrained(name, source)
    own = preprocessing(model)
    assert own.mean == own.std == (0.5, 0.5, 0.5) and own.size == (224, 224) and own.crop_pct == 0.875
    files = [field_folder / "photos" / row["path"] for row in rows[:: len(rows) // 24][:24]]
    with torch.inference_mode():
        top = model(torch.stack([own.transform()(Image.open(file)) for file in files])).topk(5).indices
    dogs = ((top >= 151) & (top <= 268)).any(1)
    assert dogs.float().mean() > 0.8


def test_real_weights_take_a_new_head(field_folder):
    if not (field_folder / "weights" / "timm" / "vit_tiny_patch16_224.safetensors").is_file():
        pytest.skip(f"no ViT weights in {field_folder}/weights")
    model = load_pretrained("vit_tiny_patch16_224", num_classes=5)
    assert model(torch.rand(1, 3, 224, 224)).shape == (1, 5) and preprocessing(model).interpolation == "bicubic"
