"""The bundled photos are what the renderer renders."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.paths import assets
from chapter9_lib.worlds.trailcam.captions import ATTRIBUTES
from chapter9_lib.worlds.trailcam.render import render_parts
from chapter9_lib.worlds.trailcam.sets import PROBE, SETS, VERSION, encode, manifest_row, scene_of
from data_scripts.packing import LARGEST, MOST, content, world_hash

CARD = assets() / "photos" / "world.json"
SHIPPED = json.loads(CARD.read_text()) if CARD.exists() else {"sets": {}}
BUNDLED = sorted(name for name, plan in SETS.items() if plan.bundled)


@pytest.fixture(scope="module")
def archives():
    """{set: (open zip, rows)}"""
    opened = {name: zipfile.ZipFile(assets() / "photos" / f"{name}.zip") for name in sorted(SHIPPED["sets"])}
    tables = {name: io.StringIO(archive.read("manifest.csv").decode()) for name, archive in opened.items()}
    yield {name: (opened[name], list(csv.DictReader(table))) for name, table in tables.items()}
    for archive in opened.values():
        archive.close()


@pytest.mark.parametrize("name", BUNDLED)
def test_a_sample_rendered_again_is_the_shipped_photo(archives, name: str) -> None:
    archive, rows = archives[name]
    plan = SETS[name]
    assert len(rows) == plan.each * len(plan.kinds)
    for index in range(7, len(rows), len(rows) // 2):
        row = rows[index]
        seen = render_parts(scene_of(row), PROBE)
        now = manifest_row(plan, seen, index)
        assert now.keys() == row.keys()
        exact = {key for key in row if key not in ("visible", "share", "contrast")}
        assert {key: now[key] for key in exact} == {key: row[key] for key in exact}
        assert float(row["visible"]) == pytest.approx(seen.visible, abs=0.01)
        photo = seen.image if plan.size == PROBE else render_parts(seen.scene, plan.size).image
        again = np.asarray(Image.open(io.BytesIO(encode(photo, plan.quality))), np.float32)
        shipped = np.asarray(Image.open(io.BytesIO(archive.read(row["file"]))), np.float32)
        assert np.abs(again - shipped).mean() < 0.5, f"{name}/{row['file']} renders differently now"


def test_the_card_lists_every_bundled_set_of_this_version() -> None:
    assert sorted(SHIPPED["sets"]) == BUNDLED
    assert SHIPPED["version"] == VERSION


def test_the_hash_is_that_of_the_content() -> None:
    found = {name: content(assets() / "photos" / f"{name}.zip") for name in SHIPPED["sets"]}
    assert found == {name: entry["content"] for name, entry in SHIPPED["sets"].items()}
    assert SHIPPED["hash"] == world_hash(SHIPPED["sets"])


def test_all_archives_fit_the_budget() -> None:
    sizes = [(assets() / "photos" / f"{name}.zip").stat().st_size for name in SHIPPED["sets"]]
    assert max(sizes) <= LARGEST and sum(sizes) <= MOST


@pytest.mark.parametrize("name", BUNDLED)
def test_every_photo_shows_enough_and_says_everything(archives, name: str) -> None:
    for row in archives[name][1]:
        assert float(row["visible"]) >= (0.25 if int(row["frame"]) else 0.45), row
        assert float(row["share"]) >= 0.02 and float(row["contrast"]) >= 0.1, row
        assert all(row[attribute] for attribute in ATTRIBUTES), row
