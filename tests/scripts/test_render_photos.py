"""Rendering a set resumes, renders again what is broken or old; packing gives the same world for the same photos."""

import dataclasses
import json
import zipfile

import pytest

from chapter9_lib.worlds.trailcam.sets import SETS
from data_scripts import packing, render_photos


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
    rows = render_photos.rows_of("night")
    (tiny / "a").mkdir()
    (tiny / "b").mkdir()
    first, second = (packing.pack("night", rows, tiny / name) for name in "ab")
    assert first == second and first["photos"] == 2
    with zipfile.ZipFile(tiny / "a" / "night.zip") as archive:
        head = archive.read("manifest.csv").decode().splitlines()[0]
    assert "folder" not in head and "renderer" not in head and "species" in head


def test_a_kind_broken_off_is_rendered_again(tiny):
    render_photos.render_kind(("night", "red fox"))
    folder = render_photos.RUNS / "night" / "red-fox"
    done = json.loads((folder / "rows.json").read_text())
    (folder / "rows.json").unlink()
    (folder / done["rows"][0]["file"]).write_bytes(b"half")
    render_photos.render_kind(("night", "red fox"))
    assert json.loads((folder / "rows.json").read_text()) == done
    assert (folder / done["rows"][0]["file"]).stat().st_size > 500


def test_a_stranger_that_no_site_shows_is_passed_over_and_a_species_is_not(tiny, monkeypatch, capsys):
    def hidden(plan, kind):
        raise RuntimeError("too little of it")
        yield

    stranger = render_photos.STRANGERS[0]
    plan = dataclasses.replace(SETS["described"], kinds=(stranger,))
    monkeypatch.setitem(render_photos.SETS, "described", plan)
    monkeypatch.setattr(render_photos, "plan_scenes", hidden)
    assert render_photos.render_kind(("described", stranger)) == 0 and not render_photos.rows_of("described")
    assert "passed over" in capsys.readouterr().out
    with pytest.raises(RuntimeError):
        render_photos.render_kind(("night", "red fox"))


def test_what_another_renderer_made_is_rendered_again(tiny, monkeypatch):
    render_photos.render_kind(("night", "red fox"))
    monkeypatch.setattr(render_photos, "renderer", lambda: "newer")
    assert render_photos.render_kind(("night", "red fox")) == 2
    assert {row["renderer"] for row in render_photos.rows_of("night")} == {"newer"}


def zipped(path, files, method):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packing.content(path)


def test_the_hash_is_over_content_whatever_the_compression(tmp_path):
    files = {"manifest.csv": "file\n0.jpg\n" * 50, "0.jpg": b"\xff\xd8photo"}
    stored, squeezed = (zipped(tmp_path / f"{m}.zip", files, m) for m in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    assert (tmp_path / "0.zip").read_bytes() != (tmp_path / "8.zip").read_bytes() and stored == squeezed
    assert zipped(tmp_path / "c.zip", files | {"0.jpg": b"\xff\xd8other"}, zipfile.ZIP_STORED) != stored
    renamed = {"manifest.csv": files["manifest.csv"], "1.jpg": files["0.jpg"]}
    assert zipped(tmp_path / "d.zip", renamed, zipfile.ZIP_STORED) != stored


def test_the_worlds_hash_depends_on_every_set_and_not_on_their_order():
    entries = {"train": {"content": "aa", "sha256": "1"}, "val": {"content": "bb", "sha256": "2"}}
    first = packing.world_hash(entries)
    assert first == packing.world_hash({n: entries[n] | {"sha256": "3"} for n in ("val", "train")}) and len(first) == 16
    assert first != packing.world_hash(entries | {"val": {"content": "cc"}})


def row(**changes):
    return {"camera": "3", "burst": "03-7", "time": "2025-01-01T10:00:00", "renderer": "a", **changes}


@pytest.mark.parametrize(("other", "words"), [
    (row(renderer="b"), "2 states of the renderer"),
    (row(time="2025-01-01T10:00:02"), "burst 03-7 of val.*train"),
    (row(burst="03-8"), "burst 03-8 of val.*train"),
])  # fmt: skip
def test_a_world_with_a_burst_on_two_sides_is_not_packed(other, words):
    packing.check({"train": [row(), row(time="2025-01-01T10:00:02")], "val": [row(burst="03-9", time="later")]})
    with pytest.raises(ValueError, match=words):
        packing.check({"train": [row()], "val": [other]})


def test_archives_that_grow_too_large_are_named():
    packing._check_sizes({"train": packing.LARGEST, "val": 5})
    with pytest.raises(ValueError, match=r"train\.zip 15\.1 MB of 15"):
        packing._check_sizes({"train": packing.LARGEST + 2**17, "val": 5})
    with pytest.raises(ValueError, match="all together 28"):
        packing._check_sizes({"train": 14 * 2**20, "val": 14 * 2**20})
