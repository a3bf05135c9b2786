"""Two runs never fill one folder, and a run that was killed keeps nobody out of it."""

import os
import subprocess
import sys
import threading
import time

import pytest

from chapter9_lib import cli
from chapter9_lib.pipeline import Settings, fit, fitting, learning
from chapter9_lib.pipeline.holding import LOCK, held, require_unheld

HEAD = Settings(network="bundled/lab-resnet", strategy="head", head_epochs=2, device="cpu")
STANDS_STILL = """
import sys, time
from chapter9_lib.pipeline import Settings, fit
from chapter9_lib.training.checkpoints import Checkpoint

save = Checkpoint.save

def stand_still(*given):
    save(*given)
    print("saved", flush=True)
    time.sleep(600)

Checkpoint.save = stand_still
settings = Settings(network="bundled/lab-resnet", strategy="head", head_epochs=2, device="cpu")
fit(sys.argv[1], sys.argv[2], settings, say=lambda line: None)
"""


@pytest.fixture
def running(photo_folder, tmp_path):
    """A run in another process that stands still after its first epoch, its photos and its folder."""
    root, out = photo_folder({"badger": 6, "fox": 6}), tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-c", STANDS_STILL, root, out], env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "saved\n"
        yield process, root, out
    finally:
        process.kill()
        process.communicate()


def states(folder):
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_second_run_is_refused_and_a_killed_one_is_gone_on_with(running, capsys):
    process, root, out = running
    before = states(out)
    for given in ([str(root)], ["--resume"], [str(root), "--resume"]):
        assert cli.main(["fit", *given, "--out", str(out)]) == 2
        told = capsys.readouterr().err
        assert f"Another run is at work in {out}: let it end, or name another folder with --out" in told
        assert told.count("\n") == 1 and states(out) == before, given
    process.kill()
    process.wait()
    assert LOCK in states(out)
    assert cli.main(["fit", str(root), "--out", str(out)]) == 2 and "--resume" in capsys.readouterr().err
    assert cli.main(["fit", "--resume", "--out", str(out)]) == 0
    assert (out / "report.html").is_file() and LOCK not in states(out)


def test_one_killed_before_it_trained_does_not_keep_a_new_one_out(photo_folder, tmp_path, monkeypatch):
    root, out = photo_folder({"badger": 6, "fox": 6}), tmp_path / "runs" / "run"
    out.mkdir(parents=True)
    (out / LOCK).touch()
    seen = []

    def broken_off(*_, **__):
        with pytest.raises(BlockingIOError, match="Another run is at work in .*run: let it end"):
            fit(root, out, HEAD, say=lambda line: None)
        seen.extend(states(out))
        raise InterruptedError

    monkeypatch.setattr(learning, "fine_tune", broken_off)
    with pytest.raises(InterruptedError):
        fit(root, out, HEAD, say=lambda line: None)
    assert sorted(seen) == [LOCK, "config.json", "splits.csv"]
    assert sorted(states(out)) == ["config.json", "splits.csv"]


def test_one_that_ends_between_a_look_and_the_lock_is_seen(photo_folder, tmp_path, monkeypatch):
    root, out = photo_folder({"badger": 6, "fox": 6}), tmp_path / "run"
    own = fitting._source

    def meanwhile(*given):
        out.mkdir()
        for name in ("config.json", "report.html"):
            (out / name).write_text("theirs")
        return own(*given)

    monkeypatch.setattr(fitting, "_source", meanwhile)
    with pytest.raises(FileExistsError, match="holds a finished run"):
        fit(root, out, HEAD, say=lambda line: None)
    assert sorted(states(out)) == ["config.json", "report.html"] and (out / "config.json").read_text() == "theirs"


def test_of_many_that_come_at_once_one_gets_in(tmp_path):
    folder, inside, refused = tmp_path / "new" / "run", [], []
    together = threading.Barrier(6)

    def come(number):
        together.wait()
        try:
            with held(folder) as locked:
                inside.append(locked)
                while len(refused) < 5:
                    time.sleep(0.01)
        except BlockingIOError:
            refused.append(number)

    crowd = [threading.Thread(target=come, args=(number,), daemon=True) for number in range(6)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(60)
    assert inside == [True] and len(refused) == 5 and not list(folder.glob("*"))
    require_unheld(folder)


def test_where_nothing_can_be_locked_it_is_said(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("chapter9_lib.pipeline.holding._lock", lambda handle, folder: False)
    monkeypatch.setattr(learning, "fine_tune", lambda *_, **__: 1 / 0)
    said = []
    with pytest.raises(ZeroDivisionError):
        fit(photo_folder({"badger": 6, "fox": 6}), tmp_path / "run", HEAD, say=said.append)
    assert "knows no locks" in said[0]
