import json

import numpy as np
import pytest

from chapter9_lib.worlds import World, open_world
from chapter9_lib.worlds.archive import ArchiveError


@pytest.fixture
def world(lab_assets):
    return open_world()


def test_the_lab_is_the_default(world):
    assert isinstance(world, World)
    assert (world.name, world.version, world.hash) == ("lab", "0-test", "abc123")
    assert world.species == ["red fox", "roe deer", "wild boar", "European badger", "Eurasian lynx"]


@pytest.mark.parametrize("split", ["train", "val", "test-seen", "test", "night"])
def test_labelled_sets(world, split):
    photos = world.photos(split)
    assert len(photos) == 20 and photos.classes == world.species
    assert [world.species[label] for label in photos.labels] == [row["species"] for row in photos.manifest]
    assert photos[3][0].size == (16, 12) and photos[3][1] == photos.labels[3]
    assert set(photos.cameras) == ({"17", "18"} if split == "test" else {"1", "2"})
    assert len(set(photos.groups)) == 4


def test_light(world):
    assert set(world.photos("train", light="dusk").light) == {"dusk"}
    with pytest.raises(ValueError, match="'day', 'dusk'"):
        world.photos("train", light="night")


def test_nobody_can_cheat_with_the_unlabelled(world):
    photos = world.photos("unlabelled")
    assert set(photos.labels) == {-1} and photos.classes == world.species
    known = {key for row in photos.manifest for key in row}
    assert known == {"file", "camera", "burst", "time", "light", "weather", "season"}
    assert set(world.photos("unlabelled", light="infrared").light) == {"infrared"}


def test_sets_with_classes_of_their_own(world):
    assert world.photos("look-alikes").classes == ["vulpine A", "vulpine B"]
    assert world.photos("source").classes == ["kind a", "kind b", "kind c"]
    assert np.bincount(world.photos("source").labels).tolist() == [4, 4, 4]


def test_look_alikes_to_train_on_and_to_test_on(world, lab_assets, make_zip):
    rows = ["file,label,species,camera,burst", "0.jpg,0,vulpine A,17,1", "1.jpg,1,vulpine B,18,2"]
    _, checksum = make_zip(
        {"manifest.csv": "\n".join(rows), "0.jpg": b"x", "1.jpg": b"y"}, "assets/photos/look-alikes-test.zip"
    )
    path = lab_assets / "photos" / "world.json"
    index = json.loads(path.read_text())
    index["sets"]["look-alikes-test"] = {"file": "look-alikes-test.zip", "sha256": checksum}
    path.write_text(json.dumps(index))
    train, test = world.photos("look-alikes"), world.photos("look-alikes-test")
    assert train.classes == test.classes and test.labels.tolist() == [0, 1]
    assert not set(train.cameras) & set(test.cameras)


def test_an_unknown_set(world):
    with pytest.raises(ValueError, match="Did you mean 'train'"):
        world.photos("trian")


def test_a_set_that_is_not_there_yet(world, lab_assets):
    index = lab_assets / "photos" / "world.json"
    index.write_text(index.read_text().replace('"night"', '"knight"'))
    with pytest.raises(ValueError, match="not bundled"):
        world.photos("night")


def test_a_damaged_set(world, lab_assets):
    (lab_assets / "photos" / "train.zip").write_bytes(b"x")
    with pytest.raises(ArchiveError, match=r"train\.zip is damaged"):
        world.photos("train")


def test_photos_that_are_not_bundled(world, lab_assets):
    (lab_assets / "photos" / "world.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"world\.json is missing.*Install the package again"):
        world.photos("train")


def test_a_damaged_index(world, lab_assets):
    (lab_assets / "photos" / "world.json").write_text("{")
    with pytest.raises(ValueError, match=r"world\.json is damaged"):
        _ = world.species


def test_the_borrowed_model(world, monkeypatch):
    models = pytest.importorskip("chapter9_lib.models")
    calls = []
    monkeypatch.setattr(models, "load_pretrained", lambda *args, **kw: calls.append((args, kw)), raising=False)
    world.model()
    world.model(3)
    assert calls == [
        (("lab-resnet",), {"source": "bundled", "num_classes": 5}),
        (("lab-resnet",), {"source": "bundled", "num_classes": 3}),
    ]


def test_the_model_from_scratch_is_the_same_network_with_random_weights(world):
    import torch

    torch.manual_seed(0)
    first, second = world.scratch_model(), world.scratch_model(3)
    assert first(torch.zeros(1, 3, 72, 96)).shape == (1, 5) and second(torch.zeros(1, 3, 72, 96)).shape == (1, 3)
    shared = [name for name, value in first.state_dict().items() if "conv" in name and value.ndim == 4]
    assert shared and not any(torch.equal(first.state_dict()[n], second.state_dict()[n]) for n in shared)
