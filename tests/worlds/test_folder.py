import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.worlds import open_folder


def snapshot(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_classes_are_the_subfolders_as_in_torchvision(photo_folder, capsys):
    datasets = pytest.importorskip("torchvision.datasets")
    root = photo_folder(fox=3, deer=2, Boar=4)
    photos, theirs = open_folder(root), datasets.ImageFolder(root)
    assert photos.classes == theirs.classes
    assert [(str(path), label) for path, label in zip(photos.paths, photos.labels, strict=True)] == theirs.samples
    assert photos.cameras is photos.groups is photos.light is None
    assert capsys.readouterr().out == "" and photos.report.counts == {"Boar": 4, "deer": 2, "fox": 3}


def test_photos_may_lie_deeper_and_behind_links(photo_folder, picture):
    root = photo_folder(fox=1, deer=1)
    (root / "fox" / "2024" / "may").mkdir(parents=True)
    picture().save(root / "fox" / "2024" / "may" / "a.png")
    (root / "fox" / "loop").symlink_to(root / "fox", target_is_directory=True)
    assert open_folder(root).counts() == {"deer": 1, "fox": 2}


def test_hidden_files_and_other_files_are_skipped(photo_folder, picture, capsys):
    root = photo_folder(fox=2, deer=2)
    (root / ".git").mkdir()
    (root / "__MACOSX" / "fox").mkdir(parents=True)
    picture().save(root / "__MACOSX" / "fox" / "a.jpg")
    picture().save(root / "fox" / "._000.jpg", "JPEG")
    (root / "fox" / "Thumbs.db").write_bytes(b"x")
    (root / "fox" / "notes.txt").write_text("a fox")
    (root / "fox" / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    picture().save(root / "loose.jpg")
    photos = open_folder(root)
    assert photos.counts() == {"deer": 2, "fox": 2} and not photos.report.findings
    out = capsys.readouterr().out
    assert "1 photos lie in no class folder" in out and "2 files that are no photos" in out


@pytest.fixture
def zoo(photo_folder, picture):
    """A folder with a photo of every difficult kind."""
    root = photo_folder(fox=3, deer=3)
    fox = root / "fox"
    (fox / "zero.jpg").write_bytes(b"")
    whole = (fox / "000.jpg").read_bytes()
    (fox / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (fox / "text.jpg").write_text("not a photo at all")
    picture().save(fox / "wrong_suffix.jpg", "PNG")
    picture().save(fox / "backup.jpg_original", "JPEG")
    picture().convert("CMYK").save(fox / "cmyk.jpg")
    Image.fromarray(np.full((9, 9), 60_000, dtype=np.uint16)).save(fox / "deep.png")
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(fox / "alpha.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture().save(fox / "rotated.jpg", exif=exif)
    picture().save(fox / "moving.gif", save_all=True, append_images=[picture(seed=1)])
    header = struct.pack(">IIBBBBB", 12_000, 12_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    (fox / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT\x35\xaf\x06\x1e")
    (fox / "nowhere.jpg").symlink_to(root / "not there.jpg")
    (fox / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    return root


@pytest.mark.filterwarnings("error")
def test_every_difficult_photo_is_named_in_one_report(zoo, capsys):
    before = snapshot(zoo)
    photos = open_folder(zoo)
    out = capsys.readouterr().out
    assert str(photos.report) == out.rstrip("\n")
    left_out = {item.path: item.why for item in photos.report.left_out}
    changed = {item.path: item.why for item in photos.report.changed}
    for name, why in {
        "zero.jpg": "empty",
        "truncated.jpg": "cut off",
        "text.jpg": "not a photo",
        "huge.png": "huge",
        "nowhere.jpg": "no such file",
        "phone.heic": "heic",
        "backup.jpg_original": "wrong suffix",
    }.items():
        assert why in left_out.pop(f"fox/{name}") and f"fox/{name}" in out
    for name, why in {
        "wrong_suffix.jpg": "PNG file named .jpg",
        "cmyk.jpg": "CMYK",
        "deep.png": "16-bit",
        "alpha.png": "alpha",
        "rotated.jpg": "EXIF",
        "moving.gif": "animated",
    }.items():
        assert why in changed.pop(f"fox/{name}") and f"fox/{name}" in out
    assert not left_out and not changed
    assert photos.counts() == {"deer": 3, "fox": 9}
    assert all(image.mode == "RGB" for image, _ in photos)
    assert snapshot(zoo) == before


def test_the_report_can_be_quiet_and_travels_along(zoo, capsys):
    photos = open_folder(zoo, report=False)
    assert capsys.readouterr().out == ""
    assert photos.subset([0]).report is photos.report and photos.report.left_out


def test_a_long_report_stays_short(photo_folder):
    root = photo_folder(fox=2, deer=2)
    for number in range(200):
        (root / "fox" / f"bad{number}.jpg").write_bytes(b"")
    report = open_folder(root, report=False).report
    assert len(report.left_out) == 200
    assert len(str(report).splitlines()) < 60 and "150 more" in str(report)


def test_an_empty_folder(tmp_path):
    with pytest.raises(ValueError, match="no photos.*subfolder per class"):
        open_folder(tmp_path)
    (tmp_path / "fox").mkdir()
    with pytest.raises(ValueError, match="no photos"):
        open_folder(tmp_path)


def test_photos_without_class_folders(tmp_path, picture):
    root = tmp_path / "loose"
    root.mkdir()
    picture().save(root / "a.jpg")
    with pytest.raises(ValueError, match="1 photos but no class folders.*subfolder per class"):
        open_folder(root)


def test_one_class(photo_folder):
    root = photo_folder(fox=3)
    with pytest.raises(ValueError, match="one class only, 'fox'.*two or more"):
        open_folder(root)


def test_a_folder_wrapped_in_another(photo_folder):
    root = photo_folder(fox=1, deer=1)
    with pytest.raises(ValueError, match="Perhaps you meant open_folder.*my_photos"):
        open_folder(root.parent)


def test_one_class_left_because_the_other_is_unreadable(photo_folder):
    root = photo_folder(fox=3, deer=0)
    (root / "deer" / "a.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match="no photo of deer can be read"):
        open_folder(root)


def test_no_photo_can_be_read(photo_folder):
    root = photo_folder(fox=0, deer=0)
    for name in ("fox", "deer"):
        (root / name / "a.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match=r"None of the 2 photos.*deer/a\.jpg: the file is empty"):
        open_folder(root)


def test_a_class_without_photos_is_left_out_and_named(photo_folder, capsys):
    photos = open_folder(photo_folder(fox=2, deer=2, lynx=0))
    assert photos.classes == ["deer", "fox"] and set(photos.labels) == {0, 1}
    assert "lynx" in capsys.readouterr().out


@pytest.mark.parametrize("names", [("train", "val"), ("Training", "Testing"), ("train",)])
def test_splits_are_not_classes(tmp_path, picture, names):
    for split in names:
        for name in ("fox", "deer"):
            (tmp_path / split / name).mkdir(parents=True)
            picture().save(tmp_path / split / name / "a.jpg")
    with pytest.raises(ValueError, match="splits, not classes") as caught:
        open_folder(tmp_path)
    assert all(f"open_folder('{tmp_path / split}')" in str(caught.value) for split in names)
    assert open_folder(tmp_path / names[0]).classes == ["deer", "fox"]


def test_a_missing_folder_and_its_nearest_sibling(photo_folder):
    root = photo_folder(fox=1, deer=1)
    with pytest.raises(FileNotFoundError, match="Did you mean 'my_photos'"):
        open_folder(root.parent / "my_fotos")
    with pytest.raises(FileNotFoundError, match="has no 'x'"):
        open_folder(root / "x" / "y")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "photos.zip").write_bytes(b"x")
    with pytest.raises(NotADirectoryError, match="unpack it first"):
        open_folder(tmp_path / "photos.zip")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_manifest_says_more(photo_folder, separator, capsys):
    root = photo_folder(fox=3, deer=2)
    rows = [["file", "camera", "burst", "light"], ["fox/000.jpg", "A", "1", "day"], ["fox\\001.jpg", "A", "1", "day"]]
    rows += [["deer/000.jpg", "B", "2", "night"], ["deer/001.jpg", "B", "3", "night"], ["deer/gone.jpg", "B", "3", ""]]
    (root / "manifest.csv").write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8-sig")
    photos = open_folder(root)
    assert list(photos.cameras) == ["B", "B", "A", "A", ""]
    assert list(photos.light) == ["night", "night", "day", "day", ""]
    assert len(set(photos.groups)) == 4 and photos.groups[2] == photos.groups[3]
    assert len(photos.where(camera="A")) == 2
    out = capsys.readouterr().out
    assert "names 1 files that are not here, the first deer/gone.jpg" in out and "says nothing of 1 photos" in out


def test_a_manifest_that_is_none(photo_folder):
    root = photo_folder(fox=1, deer=1)
    (root / "manifest.csv").write_bytes(b"\xff\xfe\x00f")
    with pytest.raises(ValueError, match=r"manifest\.csv .*UTF-8"):
        open_folder(root)


def test_a_manifest_of_something_else_is_a_note(photo_folder, capsys):
    root = photo_folder(fox=1, deer=1)
    (root / "manifest.csv").write_text("parcel,weight\n1,3 kg\n")
    photos = open_folder(root)
    assert len(photos) == 2 and photos.cameras is None
    assert "manifest.csv has no column 'file': it is taken for something else" in capsys.readouterr().out


def test_a_folder_that_cannot_be_opened_is_named(photo_folder, monkeypatch):
    root, scandir = photo_folder(fox=2, deer=2), os.scandir

    def refuse(path="."):
        if str(path) == str(root / "fox" / "may"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    (root / "fox" / "may").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)  # permissions don't stop the root user
    (finding,) = open_folder(root, report=False).report.findings
    assert finding.path == "fox/may" and "Permission denied" in finding.why and not finding.used
    for photo in (root / "fox").glob("*.jpg"):
        photo.unlink()
    with pytest.raises(ValueError, match="no photo of fox can be read"):
        open_folder(root)


def test_a_name_that_is_too_long_for_a_folder(photo_folder):
    root = photo_folder(fox=1, deer=1)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        open_folder(root / ("x" * 300))
