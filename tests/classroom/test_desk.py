"""The ranger's folder, and a folder of the learner's own."""

import hashlib
import io
import zipfile
from xml.etree import ElementTree as ET

import pytest

from chapter9_lib.classroom.desk import desk, fresh, memory_cards, ranger_folder
from chapter9_lib.classroom.own_photos import own_photos
from chapter9_lib.classroom.pages import show_page
from chapter9_lib.pipeline.grouping import find_groups
from chapter9_lib.pipeline.splitting import split_photos
from chapter9_lib.worlds import open_folder
from chapter9_lib.worlds.archive import ArchiveError


@pytest.fixture(autouse=True)
def at_an_empty_desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_rangers_folder_is_as_the_notebook_says(tmp_path):
    folder = ranger_folder()
    assert folder == desk() / "ranger" and (tmp_path / "desk" / "ranger").is_dir()
    photos = open_folder(folder, report=False)
    assert len(photos.report.left_out) == 2 and len(photos.report.changed) == 1 and len(photos.classes) == 5
    grouping = find_groups(photos)
    assert grouping.twins >= 2 and len(set(grouping.photos.cameras)) == 25
    split = split_photos(grouping)
    assert split.by == "camera" and not split.leaks
    cameras = [set(part.cameras) for part in (split.train, split.val, split.test)]
    assert not cameras[0] & cameras[1] | cameras[0] & cameras[2] | cameras[1] & cameras[2]


def test_it_is_written_once_and_left_as_it_is():
    folder = ranger_folder()
    first = next(folder.rglob("*.jpg"))
    first.unlink()
    assert ranger_folder() == folder and not first.exists()
    assert not [path for path in desk().iterdir() if path.name.startswith(".")]


def test_half_a_folder_is_never_taken_for_a_whole_one(monkeypatch):
    from chapter9_lib.classroom import desk as module

    def broken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_blemish", broken)
    with pytest.raises(KeyboardInterrupt):
        ranger_folder()
    assert not list(desk().iterdir())


def test_a_fresh_name_is_free(tmp_path):
    assert fresh(tmp_path / "run") == tmp_path / "run"
    (tmp_path / "run").mkdir()
    (tmp_path / "run-2").mkdir()
    assert fresh(tmp_path / "run") == tmp_path / "run-3"
    (tmp_path / "mine.zip").touch()
    assert fresh(tmp_path / "mine.zip") == tmp_path / "mine-2.zip"


def zipped(names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, b"\xff\xd8\xff")
    return content.getvalue()


def test_an_uploaded_zip_is_unpacked_down_to_its_classes():
    own = own_photos()
    assert own.folder is None
    said = own.upload("mine.zip", zipped(["holiday/fox/1.jpg", "holiday/deer/2.jpg", "__MACOSX/holiday/fox/1.jpg"]))
    assert sorted(path.name for path in own.folder.iterdir()) == ["deer", "fox"] and "holiday is chosen" in said
    first = (desk() / "uploads" / "mine.zip").read_bytes()
    own.upload("mine.zip", zipped(["other/owl/1.jpg", "other/hare/2.jpg"]))
    assert sorted(path.name for path in own.folder.iterdir()) == ["hare", "owl"]
    assert (desk() / "uploads" / "mine.zip").read_bytes() == first, "another upload of the same name wrote over it"


def test_a_folder_is_taken_by_its_path_and_left_as_it_is(tmp_path):
    own = own_photos()
    (tmp_path / "my photos" / "fox").mkdir(parents=True)
    own.choose(f' "{tmp_path / "my photos"}" ')
    assert own.folder == tmp_path / "my photos"
    (tmp_path / "fox.jpg").write_bytes(b"\xff\xd8\xff")
    for wrong, why in {
        "nowhere": "There is no nowhere",
        "  ": "without a name",
        "fox.jpg": "no folder, no CSV",
    }.items():
        with pytest.raises((FileNotFoundError, ValueError), match=why):
            own.choose(wrong)
    assert own.folder == tmp_path / "my photos"


def test_bad_uploads_are_refused(tmp_path):
    own = own_photos()
    with pytest.raises(ArchiveError, match="no zip file"):
        own.upload("fox.jpg", b"\xff\xd8\xff")
    with pytest.raises(ArchiveError, match="Make the zip file again"):
        own.upload("broken.zip", b"PK\x03\x04 not really")
    before = hashlib.sha256(b"".join(sorted(str(path).encode() for path in tmp_path.parent.iterdir()))).digest()
    with pytest.raises(ArchiveError):
        own.upload("escapes.zip", zipped(["../../outside.jpg", "a/b.jpg"]))
    after = hashlib.sha256(b"".join(sorted(str(path).encode() for path in tmp_path.parent.iterdir()))).digest()
    assert own.folder is None and before == after and not list(tmp_path.rglob("outside.jpg"))


def test_a_page_is_shown_whole_and_can_do_nothing(tmp_path, monkeypatch, capsys):
    page = "<!DOCTYPE html><p class=\"a\">5 < 7 & more</p><script>alert('x')</script>"
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    show_page("report.html")
    assert not shown and "report.html: open it in the file browser" in capsys.readouterr().out
    monkeypatch.setattr("chapter9_lib.classroom.pages.front_end", lambda: True)
    show_page("report.html", height=400)
    (frame,) = ET.fromstring(shown[0].data.replace("sandbox ", "sandbox='' "))
    assert frame.tag == "iframe" and frame.get("srcdoc") == page and frame.get("height") == "400"
    assert frame.get("sandbox") == "" and frame.get("title") == "report.html"
    with pytest.raises(FileNotFoundError, match="nothing"):
        show_page("nothing.html")


def test_memory_cards_tell_by_their_pictures_alone():
    cards = memory_cards()
    assert [card.name for card in cards] == ["card-1", "card-2", "card-3"] and memory_cards() == cards
    for card, count, unit in zip(cards, (270, 500, 200), ("camera", "burst", "burst"), strict=True):
        photos = open_folder(card, report=False)
        assert photos.classes == ["a", "b", "c", "d", "e"] and len(photos) == count
        assert not photos.report.left_out
        grouping = find_groups(photos)
        labels = {}
        for group, label in zip(grouping.photos.groups, photos.labels, strict=True):
            labels.setdefault(group, set()).add(int(label))
        assert grouping.unit in ("burst", unit), grouping.told
        assert min(sum(label in own for own in labels.values()) for label in range(5)) >= 10
