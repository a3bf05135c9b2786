"""Packing: the same photos give the same bytes, and a set that isn't rendered is named with its command."""

import dataclasses
import json

import pytest

from chapter9_lib.worlds.trailcam import SETS
from data_scripts import render_photos


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    plan = dataclasses.replace(SETS["night"], kinds=("red fox",), cameras=(3,), each=2)
    monkeypatch.setitem(render_photos.SETS, "night", plan)
    monkeypatch.setattr(render_photos, "RUNS", tmp_path / "runs")
    return tmp_path


def test_render_resume_and_pack(tiny):
    with pytest.raises(FileNotFoundError, match="red-fox.*data_scripts.render_photos night"):
        render_photos.rows_of("night")
    assert render_photos.render_kind(("night", "red fox")) == 2
    assert render_photos.render_kind(("night", "red fox")) == 0, "what is rendered is not rendered again"
    (tiny / "a").mkdir()
    (tiny / "b").mkdir()
    first, second = (render_photos.pack("night", tiny / name) for name in "ab")
    assert first == second and first["photos"] == 2
    assert (tiny / "a" / "night.zip").read_bytes() == (tiny / "b" / "night.zip").read_bytes()


def test_a_kind_broken_off_is_rendered_again(tiny):
    render_photos.render_kind(("night", "red fox"))
    folder = render_photos.RUNS / "night" / "red-fox"
    rows = json.loads((folder / "rows.json").read_text())
    (folder / "rows.json").unlink()
    (folder / rows[0]["file"]).write_bytes(b"half")
    render_photos.render_kind(("night", "red fox"))
    assert json.loads((folder / "rows.json").read_text()) == rows
    assert (folder / rows[0]["file"]).stat().st_size > 500
