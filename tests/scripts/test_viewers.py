"""Viewers' answers are read with care, and count only for the photos that they saw."""

import json

import pytest

from data_scripts import viewers


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(viewers, "FOLDER", tmp_path)
    (tmp_path / "world.json").write_text(json.dumps({"hash": viewers.open_world("lab").hash}))
    return tmp_path


def write(folder, rows):
    (folder / "anna.csv").write_text("number,species\n" + "\n".join(f"{n},{name}" for n, name in rows) + "\n")


def test_right_answers_are_counted_sheet_by_sheet(folder):
    photos = viewers.chosen()
    assert len(photos) == 100 and set(photos.counts().values()) == {20}
    names = [photos.classes[label] for label in photos.labels]
    write(folder, [(i + 1, name if i >= 20 else "wild boar") for i, name in enumerate(names)])
    assert viewers.share_right("anna", 1) == 1.0
    assert viewers.share_right("anna", 0) == names[:20].count("wild boar") / 20


@pytest.mark.parametrize(
    ("row", "words"), [((101, "red fox"), "line 2.*1 to 100"), ((5, "unicorn"), "unicorn.*red fox")]
)
def test_a_wrong_line_is_named(folder, row, words):
    write(folder, [row])
    with pytest.raises(ValueError, match=words):
        viewers.answers_of("anna")


def test_answers_to_other_photos_do_not_count(folder):
    write(folder, [(1, "red fox")])
    (folder / "world.json").write_text('{"hash": "another"}')
    with pytest.raises(RuntimeError, match="another"):
        viewers.share_right("anna", 0)
