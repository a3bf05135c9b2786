"""More photos than the package holds, rendered when asked for and kept: whole shards, each there or not at all."""

import csv
import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import torch
from tqdm.auto import tqdm

from chapter9_lib.worlds.archive import sweep

from .sets import MORE, SetPlan, encode, manifest_row, plan_scenes

__all__ = ["LIGHTS", "MOST", "render_shard", "shards"]

LIGHTS = (None, "day", "dusk", "infrared")
MOST = 50_000
_PHOTO_BYTES = 8192
_MANIFEST = "manifest.csv"

Job = tuple[SetPlan, int, Path]


def shards(root: Path, count: int, light: str | None = None, workers: int | None = None) -> list[Path]:
    """Folders that together hold at least `count` photos, always the same ones in the same order; renders what lacks.

    Args:
        root: where they are kept: `root/LIGHT/shard-00000` and so on.
        count: how many photos, 1 to 50,000.
        light: "day", "dusk" or "infrared"; None mixes day and dusk as the training photos do.
        workers: processes of one thread each; default: one a core, eight at most; 0 renders in this process.

    Raises:
        ValueError: when count or light is none of these.
        OSError: the disk is full (`errno.ENOSPC`), or the folder can't be written to. What was rendered is kept.
    """
    if not 1 <= count <= MOST:
        raise ValueError(f"count is {count}: ask for 1 to {MOST:,} photos.")
    if light not in LIGHTS:
        raise ValueError(f"No photos are rendered in light {light!r}: use 'day', 'dusk', 'infrared' or None (a mix).")
    plan = MORE if light is None else replace(MORE, lights={light: 1.0})
    folder = root / "-".join(plan.lights)
    wanted = range(-(-count // (plan.each * len(plan.kinds))))
    jobs = [(plan, MOST * LIGHTS.index(light) + n, folder / f"shard-{n:05d}") for n in wanted]
    missing = [job for job in jobs if not _is_whole(job[2])]
    if missing:
        with _named_errors(folder):
            _render(missing, folder, workers)
    return [path for _, _, path in jobs]


def render_shard(plan: SetPlan, part: int, target: Path) -> None:
    """Render one shard: `plan.each` photos of every kind in turn, and their manifest.

    Photos go to a hidden sibling folder, which is renamed when everything is there. Where two processes render the
    same shard, one wins.
    """
    aside = target.with_name(f".{target.name}.{uuid4().hex[:12]}.part")
    aside.mkdir(parents=True)
    try:
        turns = zip(*(plan_scenes(plan, kind, part) for kind in plan.kinds), strict=True)
        rows = []
        for seen in chain.from_iterable(turns):
            rows.append(manifest_row(plan, seen, len(rows)))
            (aside / rows[-1]["file"]).write_bytes(encode(seen.image, plan.quality))
        with (aside / _MANIFEST).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        _put_in_place(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _put_in_place(aside: Path, target: Path) -> None:
    if target.exists() and not _is_whole(target):
        shutil.rmtree(target, ignore_errors=True)
    try:
        aside.rename(target)
    except OSError:
        if not _is_whole(target):  # else another process was quicker
            raise


def _is_whole(shard: Path) -> bool:
    try:
        with (shard / _MANIFEST).open(newline="", encoding="utf-8") as stream:
            return {row["file"] for row in csv.DictReader(stream)} <= set(os.listdir(shard))
    except (OSError, ValueError, KeyError):
        return False


def _render(jobs: Sequence[Job], folder: Path, workers: int | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    each = jobs[0][0].each * len(jobs[0][0].kinds)
    needed, free = _PHOTO_BYTES * each * len(jobs), shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(errno.ENOSPC, f"{needed / 2**20:.0f} MB needed, {free / 2**20:.0f} MB free")
    crew = min(len(jobs), min(8, os.cpu_count() or 1) if workers is None else workers)
    with tqdm(total=each * len(jobs), unit="photo", desc="rendering") as bar:
        for _ in _in_turn(jobs) if crew == 0 or len(jobs) == 1 else _side_by_side(jobs, crew):
            bar.update(each)


def _in_turn(jobs: Sequence[Job]) -> Iterator[None]:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        for job in jobs:
            yield render_shard(*job)
    finally:
        torch.set_num_threads(threads)


def _side_by_side(jobs: Sequence[Job], workers: int) -> Iterator[None]:
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            for done in as_completed([pool.submit(render_shard, *job) for job in jobs]):
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _named_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = "set the environment variable CHAPTER9_HOME to another folder"
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            text = f"The disk is full: can't render into {folder} ({error.strerror}). What is rendered is kept."
            raise OSError(errno.ENOSPC, f"{text} Make room, or {cure}.") from error
        raise OSError(error.errno, f"Can't render into {folder} ({error.strerror}): {cure}.") from error
