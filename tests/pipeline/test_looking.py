"""What a pipeline finds out of photos before it trains: which there are, which belong together, how they are split."""

import csv
import os
import shutil
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image, ImageFile

from chapter9_lib.models import load_model, save_model
from chapter9_lib.pipeline.fitting import _counted, _looked_at, fit
from chapter9_lib.pipeline.folder import RunFolder, read_run
from chapter9_lib.pipeline.grouping import find_groups
from chapter9_lib.pipeline.next_steps import next_steps
from chapter9_lib.pipeline.opening import open_source
from chapter9_lib.pipeline.report import write_report
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.pipeline.splitting import split_photos
from chapter9_lib.worlds.table import open_table


def table(root, rows, name="photos.csv"):
    path = root / name
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(root, **more):
    files = sorted(root.rglob("*.jpg"))
    return [{"File": f.relative_to(root).as_posix(), "Species": f.parent.name} | {k: v(n) for k, v in more.items()}
            for n, f in enumerate(files)]  # fmt: skip


def test_a_table_says_what_a_folder_cannot(photo_folder, capsys):
    root = photo_folder({"badger": 4, "fox": 4})
    rows = rows_of(root, location=lambda n: f"site {n % 2}", seq_id=lambda n: n // 2)
    rows += [rows[0] | {"Species": "fox"}, rows[1] | {"File": "badger/gone.jpg"}, rows[2] | {"Species": ""}]
    photos = open_table(table(root, rows))
    assert photos.counts() == {"badger": 4, "fox": 4} and set(photos.cameras) == {"site 0", "site 1"}
    assert len(set(photos.groups)) == 8  # a burst is of one camera
    out = capsys.readouterr().out
    assert "gone.jpg: there is no such file" in out and "listed twice, as badger and as fox" in out
    assert "line 12: it names no file or no label" in out


@pytest.mark.parametrize(
    ("rows", "why"),
    [([{"photo": "a.jpg", "kind": "fox"}], "no column 'label' \\(or species, class"),
     ([{"path": "a.jpg", "label": "fox"}], "None of the photos .* The first: a.jpg: there is no such file"),
     ([{"path": "fox/fox000x.jpg", "label": "fox"}], "one class only, 'fox'")],
)  # fmt: skip
def test_tables_that_make_no_sense_are_refused(photo_folder, rows, why):
    root = photo_folder({"fox": 1})
    with pytest.raises(ValueError, match=why):
        open_table(table(root, rows))
    with pytest.raises(FileNotFoundError, match="Did you mean 'photos.csv'"):
        open_table(root / "photo.csv")


def test_splits_that_were_given_are_kept(photo_folder):
    root = photo_folder({"badger": 8, "fox": 8}, place=lambda kind, n: f"{('train', 'Val')[n % 2]}/{kind}/{n}.jpg")
    (root / "__MACOSX").mkdir()
    (root / "runs").mkdir()
    (root / "Val" / "fox" / "broken.jpg").write_bytes(b"")
    said = []
    opened = open_source(root, said.append)
    assert opened.split.count("train") == opened.split.count("val") == 8
    assert "passed over beside Val, train: runs" in said and "Val/fox/broken.jpg: the file is empty" in said[-1]
    split = split_photos(find_groups(opened.photos), opened.split)
    assert len(split.val) == 8 and len(split.train) + len(split.test) == 8
    assert {path.parts[-3] for path in split.val.paths} == {"Val"}
    assert {path.parts[-3] for path in split.test.paths} == {"train"} and split.leaks == 0


def test_a_part_may_lack_a_class_and_may_not_have_one_more(photo_folder):
    root = photo_folder(
        {"badger": 8, "fox": 8, "lynx": 8}, place=lambda k, n: f"{('train', 'test')[n % 2]}/{k}/{n}.jpg"
    )
    shutil.rmtree(root / "test" / "badger")
    opened = open_source(root)
    counts = {name: sum(opened.photos.labels[at] == label for at, part in enumerate(opened.split) if part == "test")
              for label, name in enumerate(opened.photos.classes)}  # fmt: skip
    assert counts == {"badger": 0, "fox": 4, "lynx": 4}
    shutil.rmtree(root / "train" / "fox")
    with pytest.raises(ValueError, match="test has fox, which train has no photo of"):
        open_source(root)


def test_given_splits_that_share_pictures_are_said_to(photo_folder):
    root = photo_folder({"badger": 12, "fox": 12}, place=lambda k, n: f"{('train', 'test', 'val')[n % 3]}/{k}/{n}.jpg")
    for number in (0, 3, 6):
        shutil.copy(root / "train" / "fox" / f"{number}.jpg", root / "test" / "fox" / f"copy{number}.jpg")
    opened = open_source(root)
    split = split_photos(find_groups(opened.photos), opened.split)
    assert split.leaks == 3 and any("what they score is memory" in line for line in split.told)


def test_a_table_may_give_the_split(photo_folder):
    root = photo_folder({"badger": 6, "fox": 6})
    names = ["Train", "train", "train", "training", "test", "dev"]
    opened = open_source(table(root, rows_of(root, Split=lambda n: names[n % 6])))
    assert [opened.split.count(name) for name in ("train", "val", "test")] == [8, 2, 2]
    with pytest.raises(ValueError, match="says 'tset'; train, val or test is wanted"):
        open_source(table(root, rows_of(root, split=lambda n: "tset")))


def test_times_in_the_exif_make_bursts(photo_folder):
    def exif(kind, number):
        told = Image.Exif()
        told[0x0110] = "TrailCam"
        told.get_ifd(0x8769)[0x9003] = f"2026:05:0{1 + number % 2} 10:{10 * (number // 4):02d}:{7 * (number % 4):02d}"
        told.get_ifd(0x8769)[0xA431] = f"serial {kind}"
        return told

    found = find_groups(open_source(photo_folder({"badger": 24, "fox": 24}, exif=exif)).photos)
    assert set(found.photos.cameras) == {"TrailCam serial badger", "TrailCam serial fox"}
    assert (
        found.unit == "burst"
        and len(set(found.photos.groups)) == 24
        and any("times in the EXIF" in line for line in found.told)
    )
    assert any("serial numbers" in line for line in found.told)


def test_folders_inside_the_class_folders_are_cameras_or_bursts(photo_folder):
    place = lambda kind, number: f"{kind}/site{number % 2}/{number}.jpg"  # noqa: E731
    found = find_groups(open_source(photo_folder({"badger": 14, "fox": 14}, place=place)).photos)
    assert set(found.photos.cameras) == {"site0", "site1"} and found.told[0].startswith("cameras: 2, a folder each (if")
    assert found.unit == "photo" and "makes the test easier" in found.told[1]  # two cameras can't be kept whole
    place = lambda kind, number: f"{kind}/site{number % 4}/{number}.jpg"  # noqa: E731
    found = find_groups(open_source(photo_folder({"badger": 48, "fox": 48}, "four", place)).photos)
    assert found.unit == "camera" and len(set(found.photos.groups)) == 4
    split = split_photos(found)
    assert split.by == "camera" and not set(split.train.cameras) & set(split.test.cameras)
    place = lambda kind, number: f"{kind}/{kind}-event{number // 3}/{number}.jpg"  # noqa: E731
    found = find_groups(open_source(photo_folder({"badger": 14, "fox": 14}, "more", place)).photos)
    assert found.photos.cameras is None and found.unit == "burst" and len(set(found.photos.groups)) == 10


def test_folders_of_a_table_that_say_no_more_than_the_label_say_nothing(photo_folder):
    root = photo_folder({"badger": 9, "fox": 9}, "images")
    rows = [row | {"File": f"images/{row['File']}"} for row in rows_of(root)]
    found = find_groups(open_source(table(root.parent, rows)).photos)
    assert found.unit == "photo" and found.photos.cameras is None


def test_names_that_end_in_a_number_are_bursts_where_that_is_likely(photo_folder):
    place = lambda kind, number: f"{kind}/seq{number // 3}_{number % 3}.jpg"  # noqa: E731
    found = find_groups(open_source(photo_folder({"badger": 18, "fox": 18}, place=place)).photos)
    assert len(set(found.photos.groups)) == 12 and "by the photos' names" in found.told[0]
    place = lambda kind, number: f"{kind}/CA-01_{number + 7 * (number // 3):07d}.jpg"  # noqa: E731
    found = find_groups(open_source(photo_folder({"badger": 18, "fox": 18}, "gaps", place)).photos)
    assert len(set(found.photos.groups)) == 12 and "gaps between them" in found.told[0]
    place = lambda kind, number: f"{kind}/IMG_{number:04d}.jpg"  # noqa: E731
    found = find_groups(open_source(photo_folder({"badger": 18, "fox": 18}, "more", place)).photos)
    assert len(set(found.photos.groups)) == 36 and "nothing says" in found.told[0]


def test_numbers_that_begin_anew_in_each_folder_are_no_burst_across_them(photo_folder):
    place = lambda kind, n: f"{kind}/CAM{n // 12}/IMG_{n % 12 + 7 * (n % 12 // 3):04d}.jpg"  # noqa: E731
    found = find_groups(open_source(photo_folder({"badger": 24, "fox": 24}, place=place)).photos)
    assert len(set(found.photos.groups)) == 16
    assert len(set(zip(found.photos.groups, [path.parent for path in found.photos.paths], strict=True))) == 16


def test_a_burst_whose_names_are_in_two_parts_of_a_split_leaks(photo_folder):
    place = lambda kind, n: f"{('train', 'test', 'val')[n % 3]}/{kind}/seq{n // 3}_{n % 3}.jpg"  # noqa: E731
    opened = open_source(photo_folder({"badger": 18, "fox": 18}, place=place))
    assert split_photos(find_groups(opened.photos), opened.split).leaks == 24
    place = lambda kind, n: f"{('train', 'test', 'val')[n % 3]}/{kind}/seq{n // 9}_{n // 3 % 3}.jpg"  # noqa: E731
    opened = open_source(photo_folder({"badger": 54, "fox": 54}, "anew", place))
    assert split_photos(find_groups(opened.photos), opened.split).leaks == 0


def test_the_camera_of_a_table_is_part_of_a_name(photo_folder):
    place = lambda kind, n: f"{kind}/seq{n // 3}_{n % 3}.jpg"  # noqa: E731
    root = photo_folder({"badger": 18, "fox": 18}, place=place)
    found = find_groups(open_table(table(root, rows_of(root, camera=lambda n: f"c{n % 2}"))))
    assert len(set(found.photos.groups)) == 24


def seconds_apart(*times, model="TrailCam"):
    """EXIF for each photo of a class, by the seconds at which they were taken; None for none."""

    def exif(kind, number):
        told = Image.Exif()
        told[0x0110] = model
        if times[number] is not None:
            minutes, seconds = divmod(times[number], 60)
            day = 1 + ord(kind[0]) % 20
            told.get_ifd(0x8769)[0x9003] = f"2026:05:{day:02d} {10 + minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        return told

    return exif


@pytest.mark.parametrize(("singles", "bursts"), [(14, 2), (0, 4)])
def test_times_are_used_wherever_they_tell_a_burst(photo_folder, singles, bursts):
    times = [600 * n for n in range(singles)] + [600 * (singles + n) + 5 * m for n in range(bursts) for m in range(3)]
    exif = seconds_apart(*times)
    found = find_groups(open_source(photo_folder(dict.fromkeys(("badger", "fox"), len(times)), exif=exif)).photos)
    assert found.unit == "burst" and len(set(found.photos.groups)) == 2 * (singles + bursts)
    assert found.told[0].endswith("(a minute at most from photo to photo)")


def test_half_the_photos_with_a_time_are_enough_and_the_others_are_counted(photo_folder):
    exif = seconds_apart(0, 5, 600, 605, 1200, None, None, None)
    found = find_groups(open_source(photo_folder({"badger": 8, "fox": 8}, exif=exif)).photos)
    assert len(set(found.photos.groups)) == 12 and "6 photos have no time, and each counts by itself" in found.told[0]
    exif = seconds_apart(0, 5, 600, *[None] * 5)
    found = find_groups(open_source(photo_folder({"badger": 8, "fox": 8}, "less", exif=exif)).photos)
    assert found.unit == "photo" and not any("times" in line for line in found.told)


def test_a_clock_that_stands_still_is_not_believed(photo_folder):
    exif = seconds_apart(*[0] * 10, 600, 1200)
    found = find_groups(open_source(photo_folder({"badger": 12, "bear": 12}, exif=exif)).photos)
    assert found.unit == "photo" and "more than half of the photos in one burst: they are left aside" in found.told[0]


def test_cameras_that_are_known_of_some_photos_only_are_left_aside(photo_folder):
    root = photo_folder({"badger": 20, "fox": 20})
    found = find_groups(open_table(table(root, rows_of(root, camera=lambda n: f"c{n % 4}" if n % 20 < 16 else ""))))
    assert found.photos.cameras is None and found.unit == "photo"
    assert found.told[0] == "the column camera names a camera for 32 of 40 photos only: cameras are left aside"
    with pytest.raises(ValueError, match="don't say which camera"):
        split_photos(found, by="camera")
    found = find_groups(open_table(table(root, rows_of(root, camera=lambda n: f"c{n % 9}" if n % 20 < 18 else ""))))
    assert found.told[0] == "4 photos have no camera in the column camera: they count as one, the unknown camera"
    unknown = found.photos.cameras == "unknown camera"
    assert unknown.sum() == 4 and len(set(found.photos.groups[unknown])) == 1
    split = split_photos(found, by="camera")
    assert not set(split.test.cameras) & set(split.train.cameras)


def test_a_column_with_a_name_for_each_photo_or_two_is_no_camera(photo_folder):
    root = photo_folder({"badger": 20, "fox": 20})
    rows = rows_of(root, location=lambda n: f"{n // 2}", burst=lambda n: n // 4)
    found = find_groups(open_table(table(root, rows)))
    assert found.photos.cameras is None and "20 names for 40 photos, too many to be cameras" in found.told[0]
    assert len(set(found.photos.groups)) == 10, "and it cuts no burst in pieces"
    assert split_photos(found).by == "burst"


def test_serial_numbers_of_as_many_cameras_as_photos_are_left_aside(photo_folder):
    def exif(kind, number):
        told = Image.Exif()
        told.get_ifd(0x8769)[0xA431] = f"{kind} {number // 2}"
        return told

    found = find_groups(open_source(photo_folder({"badger": 10, "fox": 10}, exif=exif)).photos)
    assert found.photos.cameras is None and "the EXIF has 10 names for 20 photos" in found.told[0]


def test_photos_without_a_burst_among_others_that_have_one(photo_folder):
    root = photo_folder({"badger": 20, "fox": 20})
    found = find_groups(open_table(table(root, rows_of(root, burst=lambda n: n // 2 if n % 20 < 16 else ""))))
    assert found.told == ("8 photos have no burst in the column burst: each counts by itself",)
    assert len(set(found.photos.groups)) == 24
    root = photo_folder({"badger": 20, "fox": 20}, "timed", exif=seconds_apart(*[600 * (n // 4) for n in range(20)]))
    found = find_groups(open_table(table(root, rows_of(root, burst=lambda n: n // 2 if n % 20 < 12 else ""))))
    assert "16 photos have no burst in the column burst: of these, bursts: 4, by the times" in found.told[0]
    assert len(set(found.photos.groups)) == 16


def test_a_species_is_the_label_rather_than_a_class(photo_folder, capsys):
    root = photo_folder({"badger": 4, "fox": 4})
    rows = [{"class": "Mammalia", **row} for row in rows_of(root, Set=lambda n: f"roll {n}")]
    opened = open_source(table(root, rows))
    assert opened.photos.classes == ["badger", "fox"] and opened.split is None
    out = capsys.readouterr().out
    assert "label = column 'Species' (there is a column 'class' too)" in out and "path = column 'File'" in out
    assert "the column 'Set' is no split in train, val and test: not used" in out and "split = column" not in out
    plain = [{"path": row["File"], "label": row["Species"], "split": "train"} for row in rows_of(root)]
    assert not open_table(table(root, plain)).report.notes
    assert open_source(table(root, [row | {"set": "train"} for row in rows_of(root)])).split == ["train"] * 8


@pytest.mark.skipif(sys.platform != "linux", reason="such names are one elsewhere")
def test_classes_that_differ_in_capitals_only_are_named(photo_folder, capsys):
    root = photo_folder({"Fox": 2, "fox": 2, "F\u00fcchse": 2, "Fu\u0308chse": 2, "badger": 2})
    open_source(root)
    out = capsys.readouterr().out
    assert "the classes 'Fox', 'fox' differ in capitals" in out and out.count("differ in capitals") == 2
    rows = rows_of(root)
    rows[0]["Species"] = "BADGER"
    assert any("'BADGER', 'badger'" in note for note in open_table(table(root, rows), report=False).report.notes)


def test_one_odd_name_in_a_table_is_that_lines_problem(photo_folder):
    root = photo_folder({"badger": 4, "fox": 4})
    odd = [{"File": name, "Species": "fox"} for name in ("fox/" + "x" * 300 + ".jpg", "a\\" + "y" * 300 + ".jpg")]
    photos = open_table(table(root, rows_of(root) + odd), report=False)
    assert len(photos) == 8 and len(photos.report.left_out) == 2


def test_what_was_found_is_said_before_anything_is_refused(photo_folder):
    said = []
    with pytest.raises(ValueError, match="too few"):
        _looked_at(photo_folder({"badger": 1, "fox": 1}), Settings(), None, said.append)
    assert said[0] == "2 classes: badger 1, fox 1; all 96 x 72 pixels" and "nothing says" in said[1]
    many = _counted({f"kind {number}": 1 for number in range(99)})
    assert many.startswith("99 classes: kind 0 1, ") and many.endswith(" and 79 more")


def test_nearly_the_same_picture_stays_on_one_side(photo_folder):
    root = photo_folder({"badger": 10, "fox": 10})
    for number in range(3):
        with Image.open(root / "fox" / f"fox00{number}x.jpg") as photo:
            photo.resize((80, 60)).save(root / "fox" / f"copy of {number}x.jpg", quality=70)
    found = find_groups(open_source(root).photos)
    assert found.twins == 6 and len(set(found.photos.groups)) == 20
    for seed in range(5):
        split = split_photos(found, seed=seed)
        sides = [{path.name for path in part.paths} for part in (split.train, split.val, split.test)]
        for number in range(3):
            assert any({f"fox00{number}x.jpg", f"copy of {number}x.jpg"} <= side for side in sides)


def test_no_group_is_on_two_sides_and_every_class_on_all(photo_folder):
    root = photo_folder({"badger": 40, "fox": 60})
    camera = lambda n: f"c{n % 10}"  # noqa: E731
    found = find_groups(open_table(table(root, rows_of(root, camera=camera, burst=lambda n: n // 2))))
    for by in ("camera", "burst"):
        split = split_photos(found, by=by, seed=3)
        parts = (split.train, split.val, split.test)
        for names in (
            [set(part.groups) for part in parts],
            [set(getattr(part, f"{by}s", part.groups)) for part in parts],
        ):
            assert not names[0] & names[1] and not names[0] & names[2] and not names[1] & names[2]
        assert all(min(part.counts().values()) > 0 for part in parts)
        assert sum(map(len, parts)) == 100 and 10 <= len(parts[2]) <= 30
    by_camera = split_photos(found)
    assert by_camera.by == "camera" and len(set(by_camera.test.groups)) == len(set(by_camera.test.cameras))
    again = [[path.name for path in split_photos(found, seed=3).test.paths] for _ in range(2)]
    assert again[0] == again[1] != [path.name for path in split_photos(found, seed=4).test.paths]


def test_bursts_that_nothing_tells_are_not_split_by(photo_folder):
    found = find_groups(open_source(photo_folder({"badger": 8, "fox": 8})).photos)
    assert found.unit == split_photos(found).by == "photo"
    with pytest.raises(ValueError, match="Nothing says .* of one burst: give a table with a column burst, or leave"):
        split_photos(found, by="burst")


def test_too_few_groups_are_refused(photo_folder):
    root = photo_folder({"badger": 6, "fox": 6})
    photos = find_groups(open_table(table(root, rows_of(root, burst=lambda n: n % 2))))
    with pytest.raises(ValueError, match="12 photos make 2 group"):
        split_photos(photos)
    with pytest.raises(ValueError, match="don't say which camera"):
        split_photos(photos, by="camera")
    with pytest.raises(ValueError, match="leave a tenth"):
        split_photos(photos, val=0.5, test=0.5)
    one = find_groups(open_table(table(root, rows_of(root, burst=lambda n: min(n, 6)))))
    with pytest.raises(ValueError, match="No training photo is left of fox|make"):
        for seed in range(40):
            split_photos(one, seed=seed, val=0.3, test=0.5)


@pytest.mark.parametrize("wrong", [{"strategy": "magic"}, {"epochs": 0}, {"network": "resnet50"}])
def test_settings_that_make_no_sense_are_refused(wrong, tmp_path):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)
    for content, why in (('{"settings": {"speed": 3}, "photos": "x", "network": "y"}', "No setting is called 'speed'"),
                         ("[]", "not the config.json of a run")):  # fmt: skip
        (tmp_path / "config.json").write_text(content)
        with pytest.raises(ValueError, match=why):
            read_run(tmp_path / "config.json")
    assert Settings.from_dict(Settings(seed=3).to_dict()) == Settings(seed=3)
    assert np.isclose(Settings().val + Settings().test, 0.35)


ODD = os.fsdecode(b"f\xfcchse")


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
def test_names_that_are_no_utf_8_are_read_back_from_a_run(photo_folder, tmp_path):
    root = photo_folder({"badger": 8, ODD: 8})
    split = split_photos(find_groups(open_source(root).photos))
    RunFolder(tmp_path / "run").begin(Settings(), "bundled/lab-resnet", root, split)
    earlier = read_run(tmp_path / "run" / "config.json")
    assert set(earlier.parts) == set(root.rglob("*.jpg")) and earlier.source == root


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
def test_a_report_tells_of_names_that_are_no_utf_8(photo_folder, tmp_path):
    small = Settings(network="bundled/lab-resnet", head_epochs=1, strategy="head", device="cpu")
    run = fit(photo_folder({"badger": 8, ODD: 8}), None, small, say=lambda line: None)
    page = write_report(run, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "can't be shown" not in page and "f?chse" in page
    run.model.card["classes"] = run.test.classes
    assert load_model(save_model(run.model, tmp_path / "model")).classes == ["badger", ODD]


def test_one_camera_gives_no_interval(photo_folder, tmp_path):
    root = photo_folder({"badger": 24, "fox": 24})
    split = lambda n: "test" if n % 4 == 3 else "train"  # noqa: E731
    camera = lambda n: f"c{n % 4}"  # noqa: E731
    small = Settings(network="bundled/lab-resnet", head_epochs=1, strategy="head", by="camera", device="cpu")
    run = fit(table(root, rows_of(root, camera=camera, split=split)), None, small, say=lambda line: None)
    page = write_report(run, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "They are all of one camera, and one camera gives no interval" in page
    assert any("The test is of one camera, which gives no interval" in step for step in next_steps(run))


@pytest.mark.parametrize(("large", "together"), [(5000, [1]), (25_000_000, range(2, 9))])
def test_large_photos_are_decoded_one_at_a_time_and_others_side_by_side(photo_folder, monkeypatch, large, together):
    root = photo_folder(place=lambda kind, number: f"{kind}/{number}.{('png', 'jpg', 'tif')[number % 3]}")
    for path in list(root.rglob("*.png"))[::2]:
        Image.open(path).convert("RGBA").save(path)
    own, guard, now, most = ImageFile.ImageFile.load, threading.Lock(), [], [0]

    def load(image):
        if not image.tile:  # decoded already
            return own(image)
        with guard:
            now.append(image)
            most[0] = max(most[0], len(now))
        time.sleep(0.005)
        try:
            return own(image)
        finally:
            with guard:
                now.pop()

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    monkeypatch.setattr("chapter9_lib.worlds.reading._LARGE", large, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    most_together = []
    opened = open_source(root)
    most_together.append(most[0])
    most[0] = 0
    find_groups(opened.photos)
    most_together.append(most[0])
    assert len(opened.photos) == 48 and all(most in together for most in most_together), most_together
