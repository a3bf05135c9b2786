import errno
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections import namedtuple

import pytest

from chapter9_lib.worlds import archive
from chapter9_lib.worlds.archive import ArchiveError, is_complete, unpack

FILES = {"manifest.csv": "file\n", "a.jpg": b"1" * 5000, "inner/b.jpg": b"2" * 9000}


def everything_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) if folder.exists() else []


def test_unpacks_once_into_home(make_zip, chapter9_home):
    path, checksum = make_zip(FILES)
    folder = unpack(path, checksum)
    assert folder.parent == chapter9_home / "photos"
    assert (folder / "inner" / "b.jpg").read_bytes() == FILES["inner/b.jpg"]
    assert json.loads((folder / ".complete").read_text())["sha256"] == checksum
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]
    path.unlink()
    assert unpack(path, checksum) == folder


def test_another_version_has_another_folder(make_zip):
    first = unpack(*make_zip(FILES))
    second = unpack(*make_zip({**FILES, "a.jpg": b"3"}))
    assert first != second and (first / "a.jpg").read_bytes() != (second / "a.jpg").read_bytes()


def test_a_missing_archive(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.zip is missing.*Install the package again"):
        unpack(tmp_path / "gone.zip", "0" * 64)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "extend"])
def test_a_damaged_archive_is_named_and_not_unpacked(make_zip, chapter9_home, damage):
    path, checksum = make_zip(FILES)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes({"flip": content, "cut": content[:900], "empty": b"", "extend": content + b"x"}[damage])
    with pytest.raises(ArchiveError, match=r"set\.zip is damaged.*Install the package again"):
        unpack(path, checksum)
    assert everything_below(chapter9_home / "photos") == []


def test_a_file_that_is_no_zip_although_its_checksum_is_right(tmp_path, chapter9_home):
    path = tmp_path / "set.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(ArchiveError, match=r"set\.zip is damaged"):
        unpack(path, hashlib.sha256(b"not a zip").hexdigest())
    assert everything_below(chapter9_home / "photos") == []


def test_wrong_bytes_inside_a_zip_are_found_by_their_own_checksum(make_zip, chapter9_home):
    path, _ = make_zip(FILES)
    content = path.read_bytes().replace(b"1" * 100, b"9" * 100, 1)
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(path, hashlib.sha256(content).hexdigest())
    assert everything_below(chapter9_home / "photos") == []


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/evil", "C:/evil", "C:evil", "..\\evil", "\\\\host\\evil", ".complete", "A.JPG"],
)
def test_no_path_escapes(make_zip, chapter9_home, tmp_path, name):
    path, checksum = make_zip({**FILES, name: b"evil"})
    before = set(everything_below(tmp_path))
    with pytest.raises(ArchiveError, match="unsafe"):
        unpack(path, checksum)
    assert set(everything_below(tmp_path)) - before <= {"home", "home/photos"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path, chapter9_home, kind):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        info = zipfile.ZipInfo("link.jpg")
        info.create_system = 3
        info.external_attr = (kind | 0o777) << 16
        bundle.writestr(info, str(tmp_path))
    with pytest.raises(ArchiveError, match=r"link\.jpg.*unsafe"):
        unpack(path, hashlib.sha256(path.read_bytes()).hexdigest())
    assert everything_below(chapter9_home / "photos") == []


def test_a_full_disk_is_noticed_before(make_zip, chapter9_home, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 4096, 4096))
    with pytest.raises(OSError, match=r"disk is full.*set\.zip.*MB needed.*CHAPTER9_HOME") as caught:
        unpack(*make_zip(FILES))
    assert caught.value.errno == errno.ENOSPC
    assert everything_below(chapter9_home / "photos") == []


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing(make_zip, chapter9_home, monkeypatch):
    path, checksum = make_zip(FILES)
    copy, calls = shutil.copyfileobj, []

    def fill(source, sink):
        calls.append(sink.name)
        if len(calls) == 3:
            sink.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        copy(source, sink)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk is full") as caught:
        patch.setattr(shutil, "copyfileobj", fill)
        unpack(path, checksum)
    assert caught.value.errno == errno.ENOSPC and len(calls) == 3
    assert everything_below(chapter9_home / "photos") == []
    assert is_complete(unpack(path, checksum), checksum)


def test_home_below_a_file_is_named(make_zip, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("CHAPTER9_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(PermissionError, match="CHAPTER9_HOME"):
        unpack(*make_zip(FILES))


def test_home_that_refuses_writing_is_named(make_zip, chapter9_home, monkeypatch):
    path, checksum = make_zip(FILES)

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(PermissionError, match=f"{chapter9_home}.*CHAPTER9_HOME"):
        unpack(path, checksum)
    monkeypatch.setattr(archive, "home", lambda: chapter9_home)
    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(PermissionError, match=r"set\.zip.*Permission denied.*CHAPTER9_HOME"):
        unpack(path, checksum)


def test_an_interrupted_unpack_is_cleaned_up(make_zip, chapter9_home, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "copyfileobj", interrupt)
    with pytest.raises(KeyboardInterrupt):
        unpack(*make_zip(FILES))
    assert everything_below(chapter9_home / "photos") == []


KILLED = """
import os, shutil, sys
from pathlib import Path
from chapter9_lib.worlds.archive import unpack
copy, calls = shutil.copyfileobj, []
def die(source, sink):
    calls.append(1)
    if len(calls) == 2:
        sink.write(b"half"); sink.flush(); os._exit(9)
    copy(source, sink)
shutil.copyfileobj = die
unpack(Path(sys.argv[1]), sys.argv[2])
"""


def test_a_killed_unpack_is_never_taken_for_a_whole_one(make_zip, chapter9_home, project):
    path, checksum = make_zip(FILES)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), checksum], cwd=project, check=False)
    assert killed.returncode == 9
    (leftover,) = (chapter9_home / "photos").iterdir()
    assert leftover.name.endswith(".part")
    folder = unpack(path, checksum)
    assert is_complete(folder, checksum) and leftover.exists()
    yesterday = time.time() - 100_000
    os.utime(leftover, (yesterday, yesterday))
    unpack(*make_zip({"other.jpg": b"1"}))
    assert not leftover.exists()


@pytest.mark.parametrize("damage", ["no marker", "marker cut", "other marker", "file gone", "file short", "a file"])
def test_a_damaged_folder_is_unpacked_again(make_zip, damage):
    path, checksum = make_zip(FILES)
    folder = unpack(path, checksum)
    if damage == "no marker":
        (folder / ".complete").unlink()
    elif damage == "marker cut":
        (folder / ".complete").write_text('{"sha256"')
    elif damage == "other marker":
        (folder / ".complete").write_text('{"sha256": "0", "files": {}}')
    elif damage == "file gone":
        (folder / "a.jpg").unlink()
    elif damage == "file short":
        (folder / "a.jpg").write_bytes(b"")
    else:
        shutil.rmtree(folder)
        folder.write_text("x")
    assert not is_complete(folder, checksum)
    assert unpack(path, checksum) == folder and is_complete(folder, checksum)
    assert (folder / "a.jpg").read_bytes() == FILES["a.jpg"]
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_stray_files_do_no_harm(make_zip):
    path, checksum = make_zip(FILES)
    folder = unpack(path, checksum)
    (folder / ".DS_Store").write_text("x")
    path.unlink()
    assert unpack(path, checksum) == folder


RACER = """
import sys, time
from pathlib import Path
from chapter9_lib.worlds.archive import unpack, is_complete
Path(sys.argv[3] + ".ready").touch()
while not Path(sys.argv[4]).exists():
    time.sleep(0.001)
folder = unpack(Path(sys.argv[1]), sys.argv[2])
assert is_complete(folder, sys.argv[2])
print(folder)
"""


def test_a_quicker_process_is_left_in_peace(make_zip, monkeypatch):
    path, checksum = make_zip(FILES)
    extract, quicker = archive._extract, []

    def slow(*arguments):
        if not quicker:
            quicker.append(None)
            quicker[0] = unpack(path, checksum).stat().st_ino
        return extract(*arguments)

    monkeypatch.setattr(archive, "_extract", slow)
    folder = unpack(path, checksum)
    assert folder.stat().st_ino == quicker[0]
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("broken_before", [False, True])
def test_two_processes_may_race(make_zip, chapter9_home, tmp_path, project, broken_before):
    path, checksum = make_zip({f"{i}.jpg": os.urandom(2000) for i in range(300)})
    target = chapter9_home / "photos" / f"set-{checksum[:12]}"
    if broken_before:
        target.mkdir(parents=True)
        (target / "0.jpg").write_bytes(b"half")
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(path), checksum, str(tmp_path / f"racer{number}"), str(tmp_path / "go")],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    while len(list(tmp_path.glob("racer*.ready"))) < 3:
        assert all(racer.poll() is None for racer in racers)
        time.sleep(0.01)
    (tmp_path / "go").touch()
    for racer in racers:
        out, problem = racer.communicate(timeout=60)
        assert racer.returncode == 0, problem
        assert out.strip() == str(target)
    assert is_complete(target, checksum)
    assert [entry.name for entry in target.parent.iterdir()] == [target.name]
