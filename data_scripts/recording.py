"""Bookkeeping of records: every run one small file, kept as it comes; `assembling` puts a record together from them.

An experiment module exports `PLAN`, a `Plan`. Its runs go to `runs/<record>/`, the record to the bundled assets.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module, metadata
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from chapter9_lib import paths
from chapter9_lib.classroom.hardware import machine_facts
from chapter9_lib.training.devices import full_precision

__all__ = ["Plan", "bundled_backbone", "lab_world", "lab_world_with", "measure", "pending", "planned_hours", "results",
           "slug", "versions", "write"]  # fmt: skip

RUNS = Path(__file__).resolve().parents[1] / "runs"
LONGEST_RECORD = 2.0  # hours
Keys = Mapping[str, Any]


def lab_world() -> dict[str, str]:
    """Name, version and hash of the bundled world."""
    index = json.loads((paths.assets() / "photos" / "world.json").read_text(encoding="utf-8"))
    return {"name": "lab", "version": str(index["version"]), "hash": str(index["hash"])}


def bundled_backbone(name: str = "lab-resnet") -> dict[str, str]:
    """The name and checksum of a bundled backbone, for `Plan.needs`."""
    card = json.loads((paths.assets() / "models" / f"{name}.json").read_text(encoding="utf-8"))
    return {name: card["sha256"][:16]}


def lab_world_with(backbone: str) -> dict[str, str]:
    """The lab world, once a backbone is bundled.

    Raises:
        FileNotFoundError: until then.
    """
    bundled_backbone(backbone)
    return lab_world()


@dataclass(frozen=True)
class Plan:
    """What a record measures.

    Attributes:
        name: the record's file name, such as "learning-curve".
        question: what it answers, in a sentence.
        claims: ids of the chapter's claims that it bears on.
        conditions: the keys of each condition, such as {"method": "borrowed", "photos": 100}.
        seeds: each condition is run once with each.
        run: (keys, seed) -> a value, or {split: value} when one run answers for several.
        seconds: what a run is expected to take, a number or a function of the keys.
        split: the key under which the parts of a several-fold answer are told apart.
        unit: of the values; with "%", they run from 0 to 100.
        repeats: what the seeds stand for: "seeds", or "folds".
        world: which photos the values belong to; runs on others are measured again.
        needs: what else a condition's value depends on, such as the backbone's checksum: {name: checksum}.
    """

    name: str
    question: str
    claims: Sequence[str]
    conditions: Sequence[Keys]
    seeds: Sequence[int]
    run: Callable[[Keys, int], float | Mapping[str, float]]
    seconds: float | Callable[[Keys], float] = 60.0
    split: str = "split"
    unit: str = "%"
    repeats: str = "seeds"
    world: Callable[[], dict[str, str]] = lab_world
    needs: Callable[[Keys], dict[str, str]] = lambda keys: {}


def results(plan: Plan, runs: Path = RUNS) -> dict[tuple[str, int], dict[str, Any]]:
    """The runs done so far on this very world, by (condition, seed). Half-written or foreign files are left out."""
    found, world = {}, plan.world()["hash"]
    for path in sorted((runs / plan.name).glob("*.json")):
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            if run["world"] == world and run.get("needs", {}) == plan.needs(run["keys"]):
                found[slug(run["keys"]), run["seed"]] = run
        except (ValueError, KeyError, TypeError):
            print(f"{path.name} is damaged; that run will be measured again.", file=sys.stderr)
    return found


def pending(plan: Plan, runs: Path = RUNS) -> list[tuple[Keys, int]]:
    """The runs still to do, seed by seed, so that a record broken off has every condition equally often."""
    done = results(plan, runs)
    return [(keys, seed) for seed in plan.seeds for keys in plan.conditions if (slug(keys), seed) not in done]


def planned_hours(plan: Plan, workers: int = 1, runs: Path = RUNS) -> float:
    """Hours left, from measured seconds where a like run is done, else from the plan's estimate."""
    measured: dict[str, list[float]] = {}
    for (name, _), run in results(plan, runs).items():
        measured.setdefault(name, []).append(run["seconds"])
    return sum(_expected(plan, keys, measured) for keys, _ in pending(plan, runs)) / 3600 / max(workers, 1)


def measure(module: str, workers: int = 2, runs: Path = RUNS, shard: tuple[int, int] = (1, 1)) -> None:
    """Run what is pending of the experiment in `module`, `workers` processes side by side with one thread each.

    Broken off at any time, it goes on from where it was.

    Args:
        module: exports the plan.
        workers: processes.
        runs: where they are kept.
        shard: which of how many machines this is; each takes its share of all runs, done or not.
    """
    plan = _plan(module)
    hours, (number, machines) = planned_hours(plan, workers, runs), shard
    jobs = [(slug(keys), seed) for seed in plan.seeds for keys in plan.conditions]
    own, whole = set(jobs[number - 1 :: machines]), len(jobs)
    left = pending(plan, runs)
    todo = [(keys, seed) for keys, seed in left if (slug(keys), seed) in own]
    print(
        f"{plan.name}: {whole - len(left)} of {whole} runs done, {hours:.2f} hours planned with {workers} workers"
        + (f"; {len(todo)} of them on this machine, the {number}. of {machines}." if machines > 1 else ".")
    )
    if hours > LONGEST_RECORD:
        print(f"  That is over {LONGEST_RECORD:.0f} hours: fewer seeds or conditions, or smaller ones.")
    for finished, line in enumerate(_outcomes(module, todo, workers, runs), start=1):
        print(f"  {finished}/{len(todo)}  {line}", flush=True)


def _outcomes(module: str, todo: list[tuple[Keys, int]], workers: int, runs: Path) -> Iterator[str]:
    if workers <= 1:
        yield from (_run_one(module, dict(keys), seed, runs) for keys, seed in todo)
        return
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    before = {name: os.environ.get(name) for name in threads}
    os.environ.update(threads)
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            futures = [pool.submit(_run_one, module, dict(keys), seed, runs) for keys, seed in todo]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _run_one(module: str, keys: dict[str, Any], seed: int, runs: Path) -> str:
    plan, start = _plan(module), time.perf_counter()
    with full_precision():
        value = plan.run(keys, seed)
    seconds = time.perf_counter() - start
    values = {name: float(v) for name, v in value.items()} if isinstance(value, Mapping) else float(value)
    write(
        runs / plan.name / f"{slug(keys)}-seed{seed}.json",
        {
            "keys": keys,
            "seed": seed,
            "values": values,
            "seconds": round(seconds, 3),
            "world": plan.world()["hash"],
            "needs": plan.needs(keys),
            "machine": machine(),
            "versions": versions(),
            "date": datetime.now(UTC).date().isoformat(),
        },
    )
    return f"{keys} seed {seed}: {values} ({seconds:.1f} s)"


def _expected(plan: Plan, keys: Keys, measured: Mapping[str, list[float]]) -> float:
    known = measured.get(slug(keys))
    return fmean(known) if known else plan.seconds(keys) if callable(plan.seconds) else plan.seconds


def _plan(module: str) -> Plan:
    return import_module(module).PLAN


def slug(keys: Keys) -> str:
    """A file name for a condition, the same whatever the order of its keys."""
    text = "-".join(f"{name}={keys[name]}" for name in sorted(keys))
    safe = "".join(c if c.isalnum() or c in "=-." else "_" for c in text)
    return safe if safe == text and len(safe) < 100 else f"{safe[:80]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def machine() -> dict[str, str | int | float | None]:
    """What the numbers were computed on, the graphics card included, where there is one."""
    card = {"gpu": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}
    return machine_facts() | card


def versions() -> dict[str, str]:
    """The versions of Python and of what the numbers depend on."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("torch", "torchvision", "timm", "numpy"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)
