import os
import shutil
import sys
import types

import pytest

import chapter9_lib
from chapter9_lib import cli


def test_photos_reports_on_a_folder(photo_folder, capsys):
    root = photo_folder(fox=3, deer=2)
    (root / "fox" / "bad.jpg").write_bytes(b"")
    rows = ["file,camera,light,burst", "fox/000.jpg,A,day,1", "deer/000.jpg,B,night,2"]
    (root / "manifest.csv").write_text("\n".join(rows))
    assert cli.main(["photos", str(root)]) == 0
    out, problem = capsys.readouterr()
    assert problem == ""
    for part in ("5 photos used, 1 left out", "fox/bad.jpg: the file is empty", "Classes: 2", "Cameras: 3", "night"):
        assert part in out
    assert [line.split() for line in out.splitlines() if line.startswith("  fox  ")] == [["fox", "3"]]


def test_photos_says_how_large_they_are(photo_folder, picture, capsys):
    root = photo_folder(fox=3, deer=2)
    width, height = picture(seed=0).size
    assert cli.main(["photos", str(root)]) == 0
    assert f"Sizes: all {width} x {height} pixels" in capsys.readouterr().out
    picture(seed=1).resize((1200, 20)).save(root / "fox" / "wide.jpg")
    picture(seed=1).resize((20, 30)).save(root / "deer" / "small.png")
    assert cli.main(["photos", str(root)]) == 0
    usual = f"most often {width} x {height} (71%)"
    assert f"Sizes: from 20 x 30 to 1,200 x 20 pixels, {usual}" in capsys.readouterr().out


def test_photos_takes_what_fit_takes(photo_folder, tmp_path, capsys):
    root = photo_folder(fox=2, deer=3)
    for part in ("train", "test"):
        shutil.copytree(root, tmp_path / "parts" / part)
    (tmp_path / "parts" / "test" / "fox" / "bad.jpg").write_bytes(b"")
    assert cli.main(["photos", str(tmp_path / "parts")]) == 0
    out = capsys.readouterr().out
    assert (
        "10 photos used, 1 left out" in out
        and out.count("bad.jpg") == 1
        and "Parts: 2\n  train  5\n  test   5\n" in out
    )
    table = tmp_path / "table.csv"
    table.write_text("path,label\nmy_photos/fox/000.jpg,fox\nmy_photos/deer/000.jpg,deer\n")
    assert cli.main(["photos", str(table)]) == 0
    assert "Classes: 2" in capsys.readouterr().out


def test_what_is_unknown_is_said(photo_folder, capsys):
    assert cli.main(["photos", str(photo_folder(fox=1, deer=1))]) == 0
    out = capsys.readouterr().out
    assert "Cameras: unknown" in out and "Bursts: unknown" in out


@pytest.mark.parametrize("counts", [{}, {"fox": 2}])
def test_an_error_is_one_line(photo_folder, tmp_path, capsys, counts):
    photo_folder(**counts)
    assert cli.main(["photos", str(tmp_path / "my_photos")]) == 2
    out, problem = capsys.readouterr()
    assert out == "" and problem.startswith("chapter9: error: ") and problem.count("\n") == 1
    assert str(tmp_path) in problem and "Traceback" not in problem


def test_a_system_error_names_the_file(tmp_path, capsys, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "photos/x")

    monkeypatch.setattr("chapter9_lib.pipeline.opening.open_source", refuse)
    assert cli.main(["photos", "x"]) == 2
    assert "photos/x" in capsys.readouterr().err


def test_a_full_disk_is_told_without_numbers(monkeypatch):
    assert cli._one_line(OSError(28, "The disk is full: x.")) == "The disk is full: x."


def test_an_unforeseen_error_says_its_kind(monkeypatch, capsys):
    def fail(*_, **__):
        raise KeyError("nose")

    monkeypatch.setattr("chapter9_lib.pipeline.opening.open_source", fail)
    assert cli.main(["photos", "x"]) == 2
    assert "KeyError: 'nose' (CHAPTER9_DEBUG=1 shows where)" in capsys.readouterr().err


def test_debug_keeps_the_traceback(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPTER9_DEBUG", "1")
    with pytest.raises(FileNotFoundError):
        cli.main(["photos", str(tmp_path / "none")])


def test_an_interrupt_is_no_traceback(monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("chapter9_lib.pipeline.opening.open_source", interrupt)
    assert cli.main(["photos", "x"]) == 130


@pytest.mark.parametrize("status", [0, 1])
def test_check_returns_what_the_machine_check_says(monkeypatch, status):
    machine = types.ModuleType("chapter9_lib.classroom.machine")
    machine.check_machine = lambda: status
    package = types.ModuleType("chapter9_lib.classroom")
    package.machine = machine
    monkeypatch.setitem(sys.modules, "chapter9_lib.classroom", package)
    monkeypatch.setitem(sys.modules, "chapter9_lib.classroom.machine", machine)
    assert cli.main(["check"]) == status


def test_version_and_usage(capsys):
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--version"])
    assert leaving.value.code == 0 and chapter9_lib.__version__ in capsys.readouterr().out
    with pytest.raises(SystemExit) as leaving:
        cli.main([])
    assert leaving.value.code == 2


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
def test_names_that_cannot_be_printed_are_escaped(photo_folder, capsys):
    root = photo_folder(fox=1, deer=1)
    (root / "fox").rename(root / os.fsdecode(b"f\xfcchse"))
    assert cli.main(["photos", str(root)]) == 0
    assert "f\\udcfcchse" in capsys.readouterr().out
    assert cli.main(["photos", str(root / os.fsdecode(b"\xff"))]) == 2
    assert "\\udcff" in capsys.readouterr().err


def test_a_stream_that_cannot_be_told_is_left_as_it_is(photo_folder, monkeypatch):
    class Plain:
        text = ""

        def write(self, text):
            Plain.text += text

        def flush(self):
            pass

    monkeypatch.setattr(sys, "stdout", Plain())
    assert cli.main(["photos", str(photo_folder(fox=1, deer=1))]) == 0 and "Classes: 2" in Plain.text
