"""Networks of the Hugging Face hub, from a download cache filled by the test, and the shelf of weights."""

import json

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from chapter9_lib import cli
from chapter9_lib.models import find_head, load_model, load_pretrained, preprocessing, save_model
from chapter9_lib.models.image_processors import preprocessing_of
from chapter9_lib.models.shelf import keep_weights, kept_weights

transformers = pytest.importorskip("transformers", reason="transformers is not installed")

REVISION = "0123456789abcdef0123456789abcdef01234567"
README = "---\nlicense: cc-by-4.0\n---\n# A network\n"
TINY = {"embedding_size": 8, "hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1], "layer_type": "basic"}
VIT = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "image_size": 32}


@pytest.fixture
def photo():
    noise = np.random.default_rng(0).integers(0, 256, (150, 233, 3), dtype=np.uint8)
    return Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2))


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A function that gives the next repository's folder; nothing else can be had."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("CHAPTER9_FIELD", str(tmp_path / "field"))

    def folder(repository):
        owner, name = repository.split("/")
        top = tmp_path / "hub" / f"models--{owner}--{name}"
        (top / "refs").mkdir(parents=True)
        (top / "refs" / "main").write_text(REVISION)
        (top / "snapshots" / REVISION).mkdir(parents=True)
        return top / "snapshots" / REVISION

    return folder


def a_resnet(folder, **settings):
    torch.manual_seed(0)
    labels = {"id2label": {0: "badger", 1: "fox", 2: "lynx"}, "label2id": {"badger": 0, "fox": 1, "lynx": 2}}
    model = transformers.ResNetForImageClassification(transformers.ResNetConfig(**TINY, **(labels | settings))).eval()
    model.save_pretrained(folder)
    transformers.ConvNextImageProcessorPil(size={"shortest_edge": 64}).save_pretrained(folder)
    (folder / "README.md").write_text(README)
    return model


def test_a_classifier_of_transformers(hub, photo):
    original = a_resnet(hub("forest/resnet"))
    model = load_pretrained("forest/resnet", source="huggingface")
    assert not model.training and model.classes == ["badger", "fox", "lynx"]
    assert preprocessing(model).size == (64, 64) and preprocessing(model).crop_pct == 0.875
    assert model.card["repository"] == "forest/resnet" and model.card["licence"] == "cc-by-4.0"
    images = preprocessing(model).transform()(photo)[None]
    with torch.inference_mode():
        assert torch.equal(model(images).logits, original(images).logits)
    random = load_pretrained("forest/resnet", source="huggingface", pretrained=False, num_classes=5)
    assert find_head(random).out_features == 5
    assert not torch.equal(next(random.parameters()), next(model.parameters()))


def test_a_classifier_with_a_second_head_for_its_teacher(hub, photo, tmp_path):
    folder, config = hub("forest/deit"), transformers.DeiTConfig(**VIT, num_labels=4)
    original = transformers.DeiTForImageClassificationWithTeacher(config).eval()
    original.save_pretrained(folder)
    size = {"height": 32, "width": 32}
    transformers.DeiTImageProcessorPil(size=size, crop_size=size).save_pretrained(folder)
    model = load_pretrained("forest/deit", source="huggingface")
    images = preprocessing(model).transform()(photo)[None]
    with torch.inference_mode():
        assert torch.allclose(model(images).logits, original(images).logits, atol=1e-6)
    head = find_head(load_pretrained("forest/deit", source="huggingface", num_classes=3))
    assert [part.out_features for part in (head, *head.extra)] == [3, 3]
    assert torch.equal(load_model(save_model(model, tmp_path / "own")).state_dict()["distillation_classifier.weight"],
                       original.distillation_classifier.weight)  # fmt: skip


def test_what_is_on_the_shelf_needs_no_hub(hub, photo, tmp_path, monkeypatch, capsys):
    a_resnet(hub("forest/resnet"))
    before = load_pretrained("forest/resnet", source="huggingface")
    assert cli.main(["weights", "huggingface/forest/resnet"]) == 0
    path = tmp_path / "field" / "weights" / "huggingface" / "forest--resnet.safetensors"
    assert str(path) in capsys.readouterr().out and keep_weights("forest/resnet", "huggingface") == path
    assert [(one.source, one.name, one.licence) for one in kept_weights()] == [
        ("huggingface", "forest/resnet", "cc-by-4.0")
    ]
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    after = load_pretrained("forest/resnet", source="huggingface")
    images = preprocessing(after).transform()(photo)[None]
    with torch.inference_mode():
        assert torch.equal(after(images).logits, before(images).logits)
    assert after.classes == before.classes and preprocessing(after) == preprocessing(before)
    assert cli.main(["weights"]) == 0
    assert "huggingface/forest/resnet  0 MiB, licence: cc-by-4.0" in capsys.readouterr().out


def test_a_repository_of_timm(hub, photo):
    timm = pytest.importorskip("timm")
    original = timm.create_model("test_resnet", num_classes=3).eval()
    folder = hub("forest/timm-net")
    timm.models.save_for_hf(
        original, folder, {"num_classes": 3, "label_names": ["a", "b", "c"]}, safe_serialization=True
    )
    model = load_pretrained("forest/timm-net", source="huggingface")
    images = preprocessing(model).transform()(photo)[None]
    with torch.inference_mode():
        assert torch.equal(model(images), original(images))
    assert model.classes == ["a", "b", "c"] and model.card["source"] == "timm"
    assert keep_weights("forest/timm-net", "huggingface").is_file()
    with torch.inference_mode():
        assert torch.equal(load_pretrained("forest/timm-net", "huggingface")(images), original(images))


def test_a_backbone_wants_a_new_head(hub):
    folder = hub("forest/vit")
    backbone = transformers.ViTModel(transformers.ViTConfig(**VIT))
    backbone.save_pretrained(folder)
    transformers.ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    with pytest.raises(ValueError, match="forest/vit comes without a head.*num_classes"):
        load_pretrained("forest/vit", source="huggingface")
    model = load_pretrained("forest/vit", source="huggingface", num_classes=5)
    assert find_head(model).out_features == 5
    own = dict(backbone.named_parameters())
    assert all(torch.equal(value, own[name]) for name, value in model.vit.named_parameters())


def test_what_cannot_be_used_is_named(hub, tmp_path):
    with pytest.raises(ConnectionError, match=r"owl/net of Hugging.*chapter9 weights huggingface/owl/net.*owl--net"):
        load_pretrained("owl/net", source="huggingface")
    with pytest.raises(ValueError, match="names are written owner/repository"):
        load_pretrained("forest/owl/net", source="huggingface")
    pickled = hub("forest/pickled")
    a_resnet(pickled)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(ValueError, match="no safetensors"):
        load_pretrained("forest/pickled", source="huggingface")
    (hub("forest/nothing") / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="no config.json"):
        load_pretrained("forest/nothing", source="huggingface")
    text = hub("forest/words")
    transformers.BertConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2).save_pretrained(text)
    (text / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="forest/words is a bert; transformers has no image classifier of that kind"):
        load_pretrained("forest/words", source="huggingface", num_classes=5)


def test_a_file_that_lacks_a_layer_is_damaged(hub):
    from safetensors.torch import load_file, save_file

    folder = hub("forest/half")
    a_resnet(folder)
    tensors = load_file(folder / "model.safetensors")
    save_file({n: t for n, t in tensors.items() if "stages.3" not in n}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ValueError, match="lacks resnet.encoder.stages.3"):
        load_pretrained("forest/half", source="huggingface")


def test_a_card_builds_classifiers_only(hub, tmp_path):
    a_resnet(hub("forest/resnet"))
    path = keep_weights("forest/resnet", "huggingface")
    card = path.with_suffix(".json")
    content = json.loads(card.read_text())
    wrong = {"Trainer": "no image classifier 'Trainer'", "ResNetForImageClasification": "Near it: ResNetForImageC"}
    for architecture, error in wrong.items():
        card.write_text(json.dumps(content | {"architecture": architecture}))
        with pytest.raises(ValueError, match=error):
            load_pretrained("forest/resnet", source="huggingface")


def test_the_shelf_says_what_it_does_not_take(hub, capsys):
    with pytest.raises(ValueError, match="on every machine"):
        keep_weights("lab-resnet", "bundled")
    assert cli.main(["weights", "resnet50"]) == 2
    assert "write timm/resnet50" in capsys.readouterr().err
    assert cli.main(["weights"]) == 0 and "none" in capsys.readouterr().out


PROCESSORS = [
    ("ViT", {}), ("ConvNext", {"size": {"shortest_edge": 224}}), ("ConvNext", {"size": {"shortest_edge": 384}}),
    ("Beit", {}), ("DeiT", {}), ("MobileNetV2", {}), ("EfficientNet", {}), ("Levit", {}), ("PoolFormer", {}),
    ("Bit", {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}),
    ("ViT", {"do_normalize": False}),
]  # fmt: skip


@pytest.mark.parametrize(("family", "settings"), PROCESSORS)
def test_photos_are_prepared_as_transformers_does(family, settings, photo):
    processor = getattr(transformers, f"{family}ImageProcessorPil")(**settings)
    ours = preprocessing_of(processor, "a/b")
    for turned in (photo, photo.transpose(Image.Transpose.ROTATE_90)):
        theirs = processor(turned, return_tensors="pt")["pixel_values"][0]
        assert torch.allclose(ours.transform()(turned), theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("family", "settings", "why"),
    [("MobileViT", {}, "a way of its own"), ("ViT", {"do_rescale": False}, "not by 1/255"),
     ("ViT", {"rescale_factor": 1 / 127.5}, "multiplied by 0.00784"), ("ViT", {"do_resize": False}, "not resized")],
)  # fmt: skip
def test_other_preparations_are_refused(family, settings, why):
    processor = getattr(transformers, f"{family}ImageProcessorPil")(**settings)
    with pytest.raises(ValueError, match=f"a/b.*{why}.*model.preprocessing"):
        preprocessing_of(processor, "a/b")
