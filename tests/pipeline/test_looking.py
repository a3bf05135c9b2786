"""What a pipeline finds out of photos before it trains: which there are, which belong together, how they are split."""

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.pipeline.folder import read_run
from chapter9_lib.pipeline.grouping import find_groups
from chapter9_lib.pipeline.opening import open_source
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
    [([{"photo": "a.jpg", "kind": "fox"}], "no column 'label' \\(or class, species"),
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
    assert set(found.photos.cameras) == {"site0", "site1"} and found.told[0] == "cameras: 2, a folder each"
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
