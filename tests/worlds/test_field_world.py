import numpy as np
import pytest

from chapter9_lib.worlds import World, folds, open_world


@pytest.fixture
def small_field(tmp_path, monkeypatch, picture):
    root = tmp_path / "field"
    lines = ["path,label,split,group,light"]
    for split in ("train", "val"):
        for label in ("elk", "bobcat"):
            for number in range(4):
                light = "night" if number == 3 else "day"
                lines.append(
                    f"trailcam/{split}/{label}/{number}.jpg,{label},{split},{split}{label}{number // 2},{light}"
                )
    for split in ("train", "val", "test"):
        lines += [f"pacs/photo/{label}/{split}.jpg,{label},{split},," for label in ("dog", "house")]
    for line in lines[1:]:
        path = root / "photos" / line.split(",")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        picture().save(path)
    (root / "photos" / "manifest.csv").write_text("\n".join(lines))
    monkeypatch.setenv("CHAPTER9_FIELD", str(root))
    return root


def test_the_trail_camera_is_the_default(small_field, monkeypatch):
    monkeypatch.setenv("CHAPTER9_WORLD", "field")
    world = open_world()
    assert isinstance(world, World) and world.name == "field/trailcam"
    assert world.species == ["bobcat", "elk"] and set(world.splits) == {"train", "val", "test"}
    photos = world.photos("train")
    assert len(photos) == 8 and len(set(photos.groups)) == 4 and photos.cameras is None
    assert [photos.classes[label] for label in photos.labels] == [row["label"] for row in photos.manifest]
    assert world.photos("val").paths == world.photos("test").paths
    assert len(world.photos("train", light="night")) == 2


def test_a_collection_with_a_test_set_of_its_own(small_field):
    world = open_world("field", collection="pacs/photo")
    assert world.species == ["dog", "house"]
    assert world.photos("val").paths != world.photos("test").paths
    assert world.photos("train").groups is world.photos("train").light is None


def test_unknown_names(small_field):
    with pytest.raises(ValueError, match="Did you mean 'pacs/photo'.*'trailcam'"):
        open_world("field", collection="pacs/photos")
    with pytest.raises(ValueError, match="'train', 'val', 'test'"):
        open_world("field").photos("night")


def test_the_hash_follows_the_manifest(small_field):
    before, other = open_world("field").hash, open_world("field", collection="pacs/photo").hash
    manifest = small_field / "photos" / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("trainelk0", "trainelk9"))
    assert open_world("field").hash != before
    assert open_world("field", collection="pacs/photo").hash == other


def test_photos_that_went_missing(small_field):
    (small_field / "photos" / "trailcam" / "train" / "elk" / "0.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of 8 photos are missing.*0\.jpg.*Wanted there"):
        open_world("field").photos("train")


@pytest.mark.parametrize("given", [True, False])
def test_no_field_folder(tmp_path, monkeypatch, chapter9_home, given):
    monkeypatch.delenv("CHAPTER9_FIELD", raising=False)
    if given:
        monkeypatch.setenv("CHAPTER9_FIELD", str(tmp_path / "nowhere"))
    place = tmp_path / "nowhere" if given else chapter9_home / "field"
    told = f"(?s){place}.*CHAPTER9_FIELD.*with the columns.*CHAPTER9_WORLD=lab"
    with pytest.raises(FileNotFoundError, match=told):
        open_world("field")


def test_the_borrowed_model(small_field, monkeypatch):
    models = pytest.importorskip("chapter9_lib.models")
    calls = []
    monkeypatch.setattr(models, "load_pretrained", lambda *args, **kw: calls.append((args, kw)), raising=False)
    open_world("field").model()
    assert calls == [(("mobilenetv2_100",), {"source": "timm", "num_classes": 2})]


COLLECTIONS = {"trailcam": 5, "pacs/photo": 5, "pacs/cartoon": 5, "pacs/sketch": 5, "spectrograms": 10}


@pytest.fixture
def real(field_folder):
    if not (field_folder / "photos" / "manifest.csv").is_file():
        pytest.skip("the folder named by CHAPTER9_FIELD holds no photos/manifest.csv")
    return field_folder


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_real_collections(real, collection):
    world = open_world("field", collection)
    assert len(world.species) == COLLECTIONS[collection]
    for split in world.splits:
        photos = world.photos(split)
        assert min(photos.counts().values()) > 0
        image, label = photos[len(photos) // 2]
        assert image.mode == "RGB" and min(image.size) >= 96 and 0 <= label < len(world.species)


def test_real_bursts_stay_whole(real):
    world = open_world("field")
    train, val = world.photos("train"), world.photos("val")
    assert not set(train.groups) & set(val.groups)
    assert len(train) + len(val) == 891
    tested = np.zeros(len(train), dtype=int)
    for fit, held_out in folds(train, 5):
        assert not set(fit.groups) & set(held_out.groups)
        assert min(held_out.counts().values()) > 0
        tested += np.isin(train.paths, held_out.paths)
    assert set(tested) == {1}


def test_the_model_from_scratch_sees_small_photos(small_field):
    import torch

    from chapter9_lib.models import preprocessing

    model = open_world("field").scratch_model()
    assert preprocessing(model).size == (96, 96) and model(torch.zeros(1, 3, 96, 96)).shape == (1, 2)
