"""The photos that are really bundled."""

import hashlib
import json
from collections import Counter

import numpy as np
import pytest

from chapter9_lib.paths import assets
from chapter9_lib.worlds import open_world
from chapter9_lib.worlds.lab import LabWorld
from chapter9_lib.worlds.trailcam.captions import ATTRIBUTES
from chapter9_lib.worlds.trailcam.kinds import SOURCE_HALVES

INDEX = assets() / "photos" / "world.json"
pytestmark = pytest.mark.skipif(not INDEX.is_file(), reason="the lab's photos are not rendered yet: no world.json")
COLUMNS = {"file", "label", "species", "camera", "burst", "time", "light", "weather", "season", "pose", "distance"}
COLUMNS |= {"visible", "share", "contrast", "seed", "what", "coat", "pattern", "facing"}
TARGET_SETS = ["train", "val", "test-seen", "test", "night"]


@pytest.fixture(scope="module")
def index():
    return json.loads(INDEX.read_text())


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAPTER9_HOME", str(tmp_path_factory.mktemp("home")))
        world = open_world("lab")
        yield {name: (world.photos(name), world._rows(name)[1]) for name in world.splits}


def test_every_set_is_there_and_nothing_else(index):
    assert set(index["sets"]) == set(LabWorld.splits)
    assert index["version"] and index["hash"]
    bundled = {path.name for path in INDEX.parent.glob("*.zip")}
    assert bundled == {entry["file"] for entry in index["sets"].values()}


@pytest.mark.parametrize("name", LabWorld.splits)
def test_checksums_and_sizes(index, name):
    path = INDEX.parent / index["sets"][name]["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == index["sets"][name]["sha256"]
    assert path.stat().st_size <= 15 * 2**20


@pytest.mark.parametrize("name", LabWorld.splits)
def test_counts_manifests_and_photos(index, sets, name):
    photos, rows = sets[name]
    assert len(photos) == len(rows) == index["sets"][name]["photos"] > 0
    assert set(rows[0]) >= COLUMNS
    assert all(row[column] != "" for row in rows for column in COLUMNS)
    assert len({row["file"] for row in rows}) == len(rows)
    assert len({(row["species"], row["camera"], row["seed"], row["frame"]) for row in rows}) == len(rows)
    assert {path.name for path in photos.paths[0].parent.glob("*.jpg")} == {path.name for path in photos.paths}
    for number in np.linspace(0, len(photos) - 1, 12).astype(int):
        image, _ = photos[int(number)]
        assert list(image.size) == index["sets"][name]["size"] and np.asarray(image).std() > 2


def test_the_sets_are_as_large_as_the_design_has_them(sets):
    sizes = {name: len(photos) for name, (photos, _) in sets.items()}
    assert sizes == {"train": 800, "val": 200, "test-seen": 300, "test": 600, "night": 400, "unlabelled": 2000,
                     "look-alikes": 500, "look-alikes-test": 300, "source": 4000}  # fmt: skip
    lights = sets["unlabelled"][0].light.tolist()
    assert lights.count("day") == lights.count("infrared") == 1000


@pytest.mark.parametrize("name", TARGET_SETS)
def test_labels_are_the_species(sets, name):
    photos, rows = sets[name]
    assert len(photos.classes) == 5
    assert [photos.classes[label] for label in photos.labels] == [row["species"] for row in rows]


@pytest.mark.parametrize("name", [*TARGET_SETS, "look-alikes", "look-alikes-test", "source"])
def test_classes_are_balanced(sets, name):
    assert len(set(sets[name][0].counts().values())) == 1


def test_no_camera_of_the_test_set_was_trained_on(sets):
    for name in ("train", "val", "test-seen", "unlabelled"):
        assert set(map(int, sets[name][0].cameras)) <= set(range(1, 17)), name
    assert set(map(int, sets["test"][0].cameras)) == set(range(17, 25))
    assert set(map(int, sets["train"][0].cameras)) == set(range(1, 17))
    assert set(map(int, sets["night"][0].cameras)) == set(range(1, 25))
    assert set(map(int, sets["look-alikes"][0].cameras)) == set(range(1, 17))
    assert set(map(int, sets["look-alikes-test"][0].cameras)) == set(range(17, 25))
    assert sets["look-alikes"][0].classes == sets["look-alikes-test"][0].classes


def test_no_burst_is_in_two_sets_and_no_two_bursts_share_a_moment(sets):
    bursts, moments = {}, {}
    for name, (_, rows) in sets.items():
        for row in rows:
            burst = row["camera"], row["burst"]
            assert bursts.setdefault(burst, name) == name, (name, burst)
            assert moments.setdefault((row["camera"], row["time"]), burst) == burst, (name, burst)


@pytest.mark.parametrize("name", [*TARGET_SETS, "unlabelled", "look-alikes", "look-alikes-test"])
def test_bursts_have_one_to_three_photos(sets, name):
    sizes = Counter(Counter((row["camera"], row["burst"]) for row in sets[name][1]).values())
    assert set(sizes) == {1, 2, 3} and min(sizes.values()) > 0.1 * sum(sizes.values())


def test_light(sets):
    for name in ("train", "val", "test-seen", "test"):
        assert set(sets[name][0].light) <= {"day", "dusk"}, name
    assert not set(sets["night"][0].light) & {"day", "dusk"}


def test_the_animal_can_be_seen(sets):
    for name, (_, rows) in sets.items():
        assert min(float(row["visible"]) for row in rows) >= 0.25, name
        assert min(float(row["visible"]) for row in rows if row["frame"] == "0") >= 0.45, name
        assert min(float(row["share"]) for row in rows) >= 0.02, name


def test_no_file_name_of_the_unlabelled_tells_the_species(sets):
    photos, rows = sets["unlabelled"]
    assert set(photos.labels) == {-1}
    words = {word.lower() for name in photos.classes for word in name.split()}
    assert not any(word in row["file"].lower() for row in rows for word in words)


def test_source_kinds_are_two_equal_halves_without_the_target_species(sets):
    living, made = SOURCE_HALVES["living"], SOURCE_HALVES["man-made"]
    assert sets["source"][0].classes == [*living, *made] and len(living) == len(made)
    assert not set(sets["source"][0].classes) & set(sets["train"][0].classes)


def test_every_word_of_a_caption_occurs_among_the_source_photos(sets):
    source = sets["source"][1]
    for column in (*ATTRIBUTES, "light", "weather", "season", "pose"):
        words = {row[column] for name in TARGET_SETS for row in sets[name][1]}
        assert words <= {row[column] for row in source}, column
