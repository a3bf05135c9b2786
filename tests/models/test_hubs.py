"""What the installed libraries have on offer."""

import pytest

from chapter9_lib.models import listed, load_pretrained, preprocessing


@pytest.mark.parametrize(("source", "least"), [("timm", 1000), ("torchvision", 80)])
def test_a_list_names_each_checkpoint_once_and_how_it_wants_its_photos(source, least):
    found = listed(source)
    assert len(found) == len({one.name for one in found}) >= least
    assert sum(one.preprocessing is not None for one in found) > 0.95 * len(found)
    assert all(one.source == source for one in found)


@pytest.mark.parametrize(("source", "name"), [
    ("timm", "mobilenetv2_100.ra_in1k"), ("timm", "vit_tiny_patch16_224.augreg_in21k_ft_in1k"),
    ("torchvision", "mobilenet_v2.IMAGENET1K_V2"),
])  # fmt: skip
def test_the_list_says_what_the_loaded_network_says(source, name, tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPTER9_FIELD", str(tmp_path))  # a checkpoint kept there would be loaded instead
    one = next(entry for entry in listed(source) if entry.name == name)
    loaded = load_pretrained(name, source=source, pretrained=False)
    assert one.preprocessing == preprocessing(loaded)
    if source == "timm":
        assert one.licence == "apache-2.0" and one.head in ("classifier", "head")


def test_another_hub_is_refused():
    with pytest.raises(ValueError, match="choose one of timm, torchvision"):
        listed("huggingface")


def test_every_training_of_torchvision_has_its_own_preparation_and_an_unknown_one_is_named():
    first, second = (
        load_pretrained(f"resnet50.IMAGENET1K_V{n}", source="torchvision", pretrained=False) for n in (1, 2)
    )
    assert preprocessing(first).crop_pct != preprocessing(second).crop_pct
    assert first.card["architecture"] == "resnet50"
    with pytest.raises(ValueError, match="no weights called 'V9'; it has IMAGENET1K_V1, IMAGENET1K_V2"):
        load_pretrained("resnet50.V9", source="torchvision", pretrained=False)
