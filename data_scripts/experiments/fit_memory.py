"""How much memory `chapter9 fit` takes for few photos and for ten times as many (claim W1).

Each run is a process of its own, with the settings that everybody gets; measured is the most memory that it held at any
moment. The photos are rendered on first use (some 5 to 10 a second and core) and kept in CHAPTER9_HOME; each knows its
camera.
"""

import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chapter9_lib import open_world
from data_scripts.recording import Plan, bundled_backbone

__all__ = ["PLAN", "peak_of", "write_table"]


def write_table(table: Path, count: int) -> None:
    """A CSV table of so many rendered photos, as `fit` reads it."""
    photos = open_world("lab").more_photos(count)
    with open(table, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "camera"])
        for path, label, camera in zip(photos.paths, photos.labels, photos.cameras, strict=True):
            rows.writerow([path, photos.classes[label], camera])


def peak_of(table: Path, out: Path, seed: int = 0) -> float:
    """GiB that a run on the bundled network held at most.

    Raises:
        RuntimeError: when the run failed; with its last words.
    """
    command = [sys.executable, "-m", "chapter9_lib.cli", "fit", str(table), "--network", "bundled/lab-resnet", "--out",
               str(out), "--seed", str(seed)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        told = run.stdout.read().splitlines()
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise RuntimeError(f"chapter9 fit ended with {run.returncode}: {told[-3:]}")
    return usage.ru_maxrss / 2**20


def _run(keys: Mapping[str, Any], seed: int) -> float:
    with tempfile.TemporaryDirectory() as place:
        write_table(table := Path(place) / "photos.csv", keys["photos"])
        return peak_of(table, Path(place) / "run", seed)


PLAN = Plan(
    name="fit-memory",
    question="Does the memory that one command takes grow with the number of photos?",
    claims=["W1"],
    conditions=[{"photos": 2000}, {"photos": 20_000}],
    seeds=[0],
    run=_run,
    unit="GiB",
    needs=lambda keys: bundled_backbone(),
    seconds=lambda keys: 30 + keys["photos"] / 45,
)
