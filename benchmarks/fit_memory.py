"""How much memory `chapter9 fit` takes for few photos and for ten times as many.

    python benchmarks/fit_memory.py                  # 2,000 and 20,000 rendered photos, some 20 minutes on two cores
    python benchmarks/fit_memory.py --photos 1000 4000

Each run is a process of its own, with the settings that everybody gets; what is printed is the most memory that it held
at any moment. The photos are rendered on first use and kept in CHAPTER9_HOME; each knows its camera.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from chapter9_lib import open_world


def write_table(table: Path, count: int) -> None:
    """A CSV table of so many rendered photos, as `fit` reads it."""
    photos = open_world("lab").more_photos(count)
    with open(table, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "camera"])
        for path, label, camera in zip(photos.paths, photos.labels, photos.cameras, strict=True):
            rows.writerow([path, photos.classes[label], camera])


def peak_of(table: Path, out: Path, network: str) -> tuple[float, str]:
    """GiB that a run held at most, and how it was tested."""
    command = [sys.executable, "-m", "chapter9_lib.cli", "fit", str(table), "--network", network, "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        told = run.stdout.read().splitlines()
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise RuntimeError(f"chapter9 fit ended with {run.returncode}: {told[-3:]}")
    return usage.ru_maxrss / 2**20, next(line for line in reversed(told) if line.startswith("test:"))


def main() -> None:
    """Parse the command line, run, and print a line a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=[2000, 20_000])
    parser.add_argument("--network", default="bundled/lab-resnet")
    choice = parser.parse_args()
    for count in choice.photos:
        with tempfile.TemporaryDirectory() as place:
            write_table(table := Path(place) / "photos.csv", count)
            start = time.perf_counter()
            peak, told = peak_of(table, Path(place) / "run", choice.network)
            print(f"{count:6,} photos: at most {peak:.2f} GiB, {time.perf_counter() - start:.0f} s; {told}", flush=True)


if __name__ == "__main__":
    main()
