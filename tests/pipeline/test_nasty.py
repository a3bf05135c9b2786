"""Whatever lies in a folder: every file is named in the report, none is fatal, nothing is changed on the disk."""

import os
import stat

import pytest
from nasty import CHANGED, NASTY, OUT, PASSED, USED, make_nasty

from chapter9_lib.pipeline import Settings, fit, predict_photos
from chapter9_lib.worlds import open_folder

QUICK = Settings(network="bundled/lab-resnet", head_epochs=1, epochs=1, strategy="head", device="cpu")


def states(root):
    return {path: (found.st_size, found.st_mtime_ns, stat.S_IFMT(found.st_mode)) for path in sorted(root.rglob("*"))
            for found in [os.lstat(path)]}  # fmt: skip


@pytest.fixture
def nasty_folder(photo_folder):
    root = photo_folder()
    make_nasty(root / "fox")
    return root


def test_the_corpus_is_large():
    assert len(NASTY) >= 40 and {fate for _, fate in NASTY.values()} == {OUT, CHANGED, USED, PASSED}


def test_every_nasty_file_meets_its_fate(nasty_folder):
    before = states(nasty_folder)
    photos = open_folder(nasty_folder, report=False)
    named = {finding.path: finding for finding in photos.report.findings}
    used = {path.name for path in photos.paths}
    for name, (_, fate) in NASTY.items():
        finding = named.get(f"fox/{name}")
        assert (name in used) == (fate in (CHANGED, USED)), (name, fate, finding)
        if fate in (OUT, CHANGED):
            assert finding is not None and finding.used == (fate == CHANGED) and finding.why and finding.done, name
    assert all(photos[at][0].mode == "RGB" for at in range(len(photos)))
    assert states(nasty_folder) == before


def test_a_run_goes_through_and_its_report_names_them(nasty_folder, tmp_path):
    before = states(nasty_folder)
    run = fit(nasty_folder, tmp_path / "run", QUICK, say=lambda line: None)
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert states(nasty_folder) == before and "can't be shown" not in page
    for name, (_, fate) in NASTY.items():
        assert fate != OUT or name in page, f"{name} is left out, and the report is silent"
    whole = sum(fate in (CHANGED, USED) for _, fate in NASTY.values())
    assert len(run.grouping.photos) == 48 + whole
    found = predict_photos(tmp_path / "run" / "model.safetensors", [nasty_folder / "fox"], device="cpu")
    out = {name for name, (_, fate) in NASTY.items() if fate == OUT}
    assert {path.name for path in found.unreadable} == out - {"renamed by a program.jpg_original"}
    assert len(found.files) == 16 + whole and states(nasty_folder) == before


def test_folders_of_nothing_else_are_refused_with_a_reason(tmp_path, photo_folder):
    (tmp_path / "bad" / "fox").mkdir(parents=True)
    make_nasty(tmp_path / "bad" / "fox")
    for name, (_, fate) in NASTY.items():
        if fate in (CHANGED, USED):
            (tmp_path / "bad" / "fox" / name).unlink()
    with pytest.raises(ValueError, match="None of the .* photos .* can be read"):
        fit(tmp_path / "bad", None, QUICK, say=lambda line: None)
    lone = photo_folder({"fox": 6}, "lone")
    (lone / "deer").mkdir()
    (lone / "deer" / "half.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ValueError, match="one class only.*no photo of deer can be read"):
        fit(lone, None, QUICK, say=lambda line: None)
