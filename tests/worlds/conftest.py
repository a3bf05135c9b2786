import csv
import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from chapter9_lib import paths

SPECIES = ["red fox", "roe deer", "wild boar", "European badger", "Eurasian lynx"]
COLUMNS = ["file", "label", "species", "camera", "burst", "time", "light", "weather", "season", "coat", "seed"]


@pytest.fixture(autouse=True)
def chapter9_home(tmp_path, monkeypatch):
    """Every test has a cache of its own, and no world chosen from outside."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CHAPTER9_HOME", str(folder))
    monkeypatch.delenv("CHAPTER9_WORLD", raising=False)
    monkeypatch.delenv("CHAPTER9_DEBUG", raising=False)
    return folder


@pytest.fixture
def picture():
    """Make an RGB picture of noise, so that nothing compresses to nothing."""

    def make(width=40, height=30, seed=0):
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
        return Image.fromarray(pixels)

    return make


@pytest.fixture
def photo_folder(tmp_path, picture):
    """Make a folder with one subfolder per class: photo_folder(fox=3, deer=2)."""

    def make(**counts):
        root = tmp_path / "my_photos"
        for name, count in counts.items():
            (root / name).mkdir(parents=True)
            for number in range(count):
                picture(seed=number).save(root / name / f"{number:03}.jpg")
        return root

    return make


@pytest.fixture
def make_zip(tmp_path):
    """Write a zip of these files; returns its path and its checksum."""

    def make(files, name="set.zip"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as bundle:
            for inner, content in files.items():
                bundle.writestr(inner, content)
        return path, hashlib.sha256(path.read_bytes()).hexdigest()

    return make


def _rows(split):
    twins = ["vulpine A", "vulpine B"]
    own = {"look-alikes": twins, "look-alikes-test": twins, "source": ["kind a", "kind b", "kind c"]}
    names = own.get(split, SPECIES)
    light = {"night": ["infrared"], "unlabelled": ["day", "infrared"]}.get(split, ["day", "dusk"])
    for label, species in enumerate(names):
        for number in range(4):
            yield {
                "file": f"{label}_{number}.jpg",
                "label": label,
                "species": species,
                "camera": number // 2 + (17 if split == "test" else 1),
                "burst": number % 2,
                "time": "2024-05-01T06:00:00",
                "light": light[number % len(light)],
                "weather": "clear",
                "season": "spring",
                "coat": "red",
                "seed": 100 * label + number,
            }


@pytest.fixture
def lab_assets(tmp_path, monkeypatch, make_zip, picture):
    """Bundled photos in small, in the shape of the real ones."""
    folder = tmp_path / "assets"
    index = {"version": "0-test", "hash": "abc123", "sets": {}}
    for split in (
        "train",
        "val",
        "test-seen",
        "test",
        "night",
        "unlabelled",
        "look-alikes",
        "look-alikes-test",
        "source",
    ):
        rows = list(_rows(split))
        table = io.StringIO()
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        files = {"manifest.csv": table.getvalue()}
        for row in rows:
            image = io.BytesIO()
            picture(16, 12, row["seed"]).save(image, "JPEG")
            files[row["file"]] = image.getvalue()
        _, checksum = make_zip(files, f"assets/photos/{split}.zip")
        index["sets"][split] = {"file": f"{split}.zip", "sha256": checksum, "photos": len(rows), "size": [16, 12]}
    (folder / "photos" / "world.json").write_text(json.dumps(index))
    monkeypatch.setattr("chapter9_lib.worlds.lab.assets", lambda: folder)
    assert paths.assets() != folder
    return folder
