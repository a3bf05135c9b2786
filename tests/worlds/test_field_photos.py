"""Real photos for everybody, from a small made-up collection on a local server that is not always well."""

import csv
import io
import json
import threading
import zipfile
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from chapter9_lib.worlds import open_world
from chapter9_lib.worlds.caltech import choose, read_labels, read_locations
from chapter9_lib.worlds.downloads import Downloader, DownloadError, LoginPage
from chapter9_lib.worlds.field_photos import fetch_field_photos

SPECIES = ("bobcat", "rabbit")
COUNTS = {"train": 8, "val": 4, "test": 4}


def collection():
    """Two species and a car, at eight places, in bursts of three frames; one frame shows both species."""
    names = ["empty", "bobcat", "rabbit", "car"]
    images, annotations = [], []
    for place in range(8):
        for burst in range(6):
            for frame in range(3):
                number = f"{place}-{burst}-{frame}"
                images.append(
                    {"id": number, "file_name": f"{number}.jpg", "location": place, "seq_id": f"s{place}{burst}"}
                )
                shown = [1 + burst % 3] + ([2] if (place, burst, frame) == (0, 0, 0) else [])
                annotations += [{"id": number, "image_id": number, "category_id": one} for one in shown]
    return {"images": images, "annotations": annotations,
            "categories": [{"id": n, "name": name} for n, name in enumerate(names)]}  # fmt: skip


def zipped(content, name="labels.json"):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as bundle:
        bundle.writestr(name, content)
    return into.getvalue()


@cache
def picture(number, grey):
    pixels = np.random.default_rng(number).integers(0, 255, (600, 900, 1 if grey else 3), dtype=np.uint8)
    into = io.BytesIO()
    Image.fromarray(np.broadcast_to(pixels, (600, 900, 3)).copy()).save(into, "JPEG")
    return into.getvalue()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.files.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.asked = []
    split = {"splits": {"train": list(range(6)), "val": [6, 7]}}
    made.files = {"/labels.zip": zipped(json.dumps(collection())), "/splits.json": json.dumps(split).encode()}
    for number, row in enumerate(collection()["images"]):
        made.files[f"/photos/{row['file_name']}"] = picture(number, grey=number % 2 == 0)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def fetch(server, tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPTER9_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CHAPTER9_FIELD", str(tmp_path / "field"))
    place = f"http://127.0.0.1:{server.server_address[1]}"

    def call(photos=("/gone/", "/photos/"), labels=("/labels.zip",), splits=("/splits.json",), **options):
        at = {name: tuple(place + path for path in paths)
              for name, paths in (("photos", photos), ("labels", labels), ("splits", splits))}  # fmt: skip
        loader = Downloader(workers=2, tries=2, pause=0.01)
        return fetch_field_photos(counts=COUNTS, species=SPECIES, downloader=loader, **at, **options)

    return call


def rows(table):
    with open(table, newline="") as file:
        return list(csv.DictReader(file))


def test_the_field_world_opens_what_was_fetched(fetch, capsys):
    table = fetch()
    world = open_world("field", collection="trailcam")
    assert world.species == sorted(SPECIES) and set(world.splits) == {"train", "val", "test"}
    for split, count in COUNTS.items():
        assert world.photos(split).counts() == dict.fromkeys(sorted(SPECIES), count)
    parts = {split: world.photos(split) for split in world.splits}
    cameras = {split: set(photos.cameras) for split, photos in parts.items()}
    assert cameras["test"] <= {"6", "7"} and not cameras["test"] & (cameras["train"] | cameras["val"])
    assert not set(parts["train"].groups) & set(parts["val"].groups)
    assert set(parts["train"].light) == {"day", "night"}
    assert max(parts["train"][0][0].size) == 512
    assert "Permissive" in capsys.readouterr().out and (table.parent / "trailcam" / "LICENCE.txt").is_file()


def test_what_is_there_is_kept_and_what_is_damaged_comes_again(fetch, server):
    table = fetch()
    before, asked = table.read_bytes(), len(server.asked)
    assert fetch().read_bytes() == before and len(server.asked) == asked
    path = table.parent / rows(table)[0]["path"]
    content = path.read_bytes()
    path.write_bytes(content[:50])
    fetch()
    assert path.read_bytes() == content and len(server.asked) == asked + 2  # the first place has nothing


def test_other_collections_stay(fetch, tmp_path):
    folder = tmp_path / "field" / "photos"
    folder.mkdir(parents=True)
    (folder / "manifest.csv").write_text("path,label,split,style\npacs/photo/dog/1.jpg,dog,train,photo\n")
    found = rows(fetch())
    assert found[0] == {"path": "pacs/photo/dog/1.jpg", "label": "dog", "split": "train", "style": "photo", "group": "",
                        "light": "", "camera": ""}  # fmt: skip
    assert len(found) == 1 + 2 * sum(COUNTS.values())


def test_photos_of_another_origin_are_left_alone(fetch, tmp_path, server):
    folder = tmp_path / "field" / "photos"
    folder.mkdir(parents=True)
    (folder / "manifest.csv").write_text("path,label,split\ntrailcam/train/elk/1.jpg,elk,train\n")
    with pytest.raises(FileExistsError, match="Nothing was changed"):
        fetch()
    assert not server.asked and [path.name for path in folder.iterdir()] == ["manifest.csv"]


def test_a_photo_that_is_gone_or_no_photo_is_left_out(fetch, server, capsys):
    fetched = rows(fetch())
    capsys.readouterr()
    assert len(fetched) == 32
    names = sorted(path for path in server.files if path.startswith("/photos/"))
    for name in names[:40]:
        server.files[name] = b"%PDF-1.7 no photo"
    for name in names[40:60]:
        del server.files[name]
    import shutil

    from chapter9_lib.paths import field_dir, home

    shutil.rmtree(field_dir())
    shutil.rmtree(home() / "downloads" / "caltech" / "photos")
    found = rows(fetch())
    out = capsys.readouterr().out
    assert 0 < len(found) < 32 and "left out:" in out and "a PDF" in out and "could not be had" in out
    assert not list((home() / "downloads" / "caltech" / "photos").glob("*.jpg"))


def test_behind_a_login_nothing_is_kept_and_afterwards_all_comes(fetch, server, tmp_path):
    login = b"<!DOCTYPE html><title>Hotel WLAN</title>"
    for part, kept in (("/labels", []), ("/splits", ["labels.zip"]), ("/photos", ["labels.zip", "splits.json"])):
        hidden = {path: body for path, body in server.files.items() if path.startswith(part)}
        server.files |= dict.fromkeys(hidden, login)
        with pytest.raises(LoginPage, match="Open a browser and log in"):
            fetch()
        server.files |= hidden
        files = sorted(path.name for path in (tmp_path / "home" / "downloads").rglob("*") if path.is_file())
        assert files == kept and not list((tmp_path / "field").rglob("*.*"))
    assert len(rows(fetch())) == 32


def test_a_few_that_could_not_be_had_are_told_with_the_reason(fetch, server, capsys):
    asked = [path for path in server.files if path.startswith("/photos/")]
    fetch()
    chosen = [path for path in server.asked if path in asked]
    server.files |= dict.fromkeys(chosen[:3], b"<html>log in")
    import shutil

    from chapter9_lib.paths import field_dir

    shutil.rmtree(field_dir())
    assert len(rows(fetch())) == 29
    assert "29 photos in" in (out := capsys.readouterr().out) and "3 could not be had, the last of them: http" in out


def test_without_the_authors_split_a_quarter_of_the_places_is_held_out(fetch, capsys):
    table = fetch(splits=("/nowhere",))
    assert "a quarter of the places" in capsys.readouterr().out
    cameras = {split: {row["camera"] for row in rows(table) if row["split"] == split} for split in COUNTS}
    assert len(cameras["test"]) == 2 and not cameras["test"] & cameras["train"]


@pytest.mark.parametrize(
    ("content", "why"),
    [(zipped("{}", "../../evil.json"), "should hold one table"), (b"PK not really", "damaged"),
     (zipped("{"), "damaged"), (zipped("[]"), "no labels")],
)  # fmt: skip
def test_damaged_or_hostile_labels_are_refused(fetch, server, tmp_path, content, why):
    server.files["/labels.zip"] = content
    with pytest.raises(ValueError, match=why):
        fetch()
    assert not list(tmp_path.rglob("evil.json")) and not (tmp_path / "field").exists()


def test_without_labels_nothing_happens(fetch, tmp_path):
    with pytest.raises(DownloadError, match="404"):
        fetch(labels=("/nowhere",))
    assert not (tmp_path / "field").exists()


def test_the_choice_shows_one_species_each_and_is_the_same_each_time():
    one = choose(collection(), species=SPECIES, counts=COUNTS)
    assert one == choose(collection(), species=SPECIES, counts=COUNTS)
    assert one != choose(collection(), species=SPECIES, counts=COUNTS, seed=1)
    assert "0-0-0.jpg" not in {chosen.file for chosen in one}
    assert all(chosen.path.startswith(f"trailcam/{chosen.split}/{chosen.label}/") for chosen in one)
    many = choose(collection(), species=SPECIES, counts={"train": 500, "val": 10, "test": 500})
    bursts = [(chosen.group, chosen.label) for chosen in many]
    assert max(map(bursts.count, bursts)) <= 2
    with pytest.raises(ValueError, match="No lynx there. There are: bobcat, car"):
        choose(collection(), species=("lynx",))
    with pytest.raises(ValueError, match="no photo of bobcat for 'test'"):
        choose(collection(), unseen=["nowhere"], species=SPECIES)


def test_tables_of_another_make_say_nothing(tmp_path):
    for content in ("", "[]", '{"splits": {"train": [1]}}', '{"splits": {"val": []}}'):
        (tmp_path / "splits.json").write_text(content)
        assert read_locations(tmp_path / "splits.json") is None
    with pytest.raises(ValueError, match="damaged"):
        read_labels(tmp_path / "nothing.zip")
