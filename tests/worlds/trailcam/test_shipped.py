"""The bundled photos are what the renderer renders."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.paths import assets
from chapter9_lib.worlds.trailcam import SETS, render_parts, scene_of
from chapter9_lib.worlds.trailcam.sensor import jpeg

CARD = assets() / "photos" / "world.json"
SHIPPED = sorted(json.loads(CARD.read_text())["sets"]) if CARD.exists() else []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_sample_rendered_again_is_the_shipped_photo(name: str) -> None:
    with zipfile.ZipFile(assets() / "photos" / f"{name}.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))
        assert len(rows) == SETS[name].each * len(SETS[name].kinds)
        for row in rows[7 :: len(rows) // 2]:
            seen = render_parts(scene_of(row), SETS[name].size)
            again = np.asarray(Image.open(io.BytesIO(jpeg(seen.image))), np.float32)
            shipped = np.asarray(Image.open(io.BytesIO(archive.read(row["file"]))), np.float32)
            assert np.abs(again - shipped).mean() < 0.5, f"{name}/{row['file']} renders differently now"
            assert float(row["visible"]) == pytest.approx(seen.visible, abs=0.01)


def test_the_card_lists_every_set_but_the_pretraining_one() -> None:
    assert set(SHIPPED) == set(SETS) - {"source-train"}
