"""Try every classifier of timm and torchvision, one process a model, and write the record `architectures`.

    python -m data_scripts.sweep_architectures                 # what is not done yet, then the record
    python -m data_scripts.sweep_architectures --shard 0/2     # half of it; the other half elsewhere
    python -m data_scripts.sweep_architectures --assemble      # only the record, from what is there

About two hours on one core and 12 GiB at most. Each answer is one small file in runs/architectures, so that a
sweep that was broken off goes on. Done again is what was answered of another version of timm or torchvision, by other
checks, or by other code of ours.
"""

import argparse
import ast
import hashlib
import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from chapter9_lib import models, paths
from chapter9_lib.classroom.hardware import machine_facts
from chapter9_lib.models.architectures import LIBRARIES, known_names
from chapter9_lib.training.progress import progress_bar
from data_scripts.architecture_checks import CHECKS, check_architecture
from data_scripts.recording import RUNS, versions, write

FOLDER = RUNS / "architectures"
EXPLAINED = {
    "No head found in": "an encoder for other networks: it hands over maps of features and has no place for a head",
    "takes none of the sizes": "an encoder for other networks: it answers with a row for each patch, not for a photo",
    "draw random numbers in training mode": "rightly refused: frozen layers in front of the boundary would draw anew "
    "for every batch, and what is kept could not",
}
"""{what a finding says: why it is so, and no mistake of the library}."""
SECONDS = 900
VOUCHED_FOR = (
    "models/architectures", "models/classes", "models/cutting", "models/freezing", "models/head_replacement",
    "models/heads", "models/modes", "models/stages", "models/tracing", "training/boundary", "training/crossing",
    "training/head_boundary", "training/optimizers", "training/probing",
)  # fmt: skip
"""Modules of the library that an answer holds for."""
Name = tuple[str, str]


def all_names() -> list[Name]:
    """(library, architecture) of every image classifier that the libraries list."""
    return [(source, name) for source in LIBRARIES for name in known_names(source)]


def answer(name: Name) -> dict[str, Any] | None:
    """What a run has found, if it was of these versions and of this code."""
    path = _path(name)
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if found["of"] == _of(name[0]) else None


def try_one(name: Name) -> dict[str, Any]:
    """Check an architecture in a process of its own; a crash or a run without end is a finding too."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(there, name))
    process.start()
    there.close()
    try:
        found = here.recv() if here.poll(SECONDS) else {"failed": f"no answer in {SECONDS} seconds"}
    except EOFError:
        process.join()
        found = {"failed": f"the process ended with code {process.exitcode}"}
    process.kill()
    process.join()
    return found | {"of": _of(name[0])}


def _report(there: Connection, name: Name) -> None:
    torch.set_num_threads(1)
    try:
        found = check_architecture(*name)
    except Exception as error:  # noqa: BLE001 - the sweep's finding
        found = {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
    there.send(found)


def assemble() -> Path:
    """The record: for each check the share of architectures that pass it, and every exception by name."""
    found = {name: answer(name) for name in all_names()}
    missing = [name for name, row in found.items() if row is None]
    if missing:
        raise SystemExit(f"{len(missing)} of {len(found)} architectures are not tried yet, first {missing[0]}")
    exceptions = dict(sorted(_exceptions(found).items()))
    if unexplained := [name for name, said in exceptions.items() if not _why(said)]:
        first = unexplained[0]
        raise SystemExit(f"{len(unexplained)} exceptions have no explanation, first {first}: {exceptions[first]}")
    tried = {name: row for name, row in found.items() if "failed" not in row}
    guesses = Counter(row["guessed"] for row in tried.values())
    rows = [_row(check, [row["checks"][check] is True for row in tried.values() if check in row["checks"]])
            for check in CHECKS]  # fmt: skip
    rows.append(_row("head is called fc", [row["guessed"] == "right" for row in tried.values()]))
    rows.append(_row("a wrong name is taken silently", [True] * guesses["silent"] + [False] * guesses["error"]))
    path = paths.assets() / "records" / "architectures.json"
    write(path, {
        "name": "architectures", "question": "Are head, stages, freezing, rates and cache right on every architecture?",
        "claims": ["F4"], "unit": "%", "conditions": rows, "seeds": [0], "repeats": "architectures",
        "machine": machine_facts(), "versions": versions(), "world": {}, "needs": {},
        "command": "python -m data_scripts.sweep_architectures   # writes the record architectures",
        "date": datetime.now(UTC).date().isoformat(),
        "exceptions": {name: f"{said} ({_why(said)})" for name, said in exceptions.items()},
        "architectures": [_line(name, row) for name, row in sorted(tried.items())],
    })  # fmt: skip
    return path


def _why(said: str) -> str:
    return next((why for what, why in EXPLAINED.items() if what in said), "")


def _row(question: str, passed: list[bool]) -> dict[str, Any]:
    share = round(100 * sum(passed) / len(passed), 4)
    return {"keys": {"question": question}, "values": [share], "mean": share, "interval": None, "n": 1,
            "passed": sum(passed), "of": len(passed)}  # fmt: skip


def _exceptions(found: dict[Name, dict[str, Any]]) -> dict[str, str]:
    told = {}
    for (source, name), row in found.items():
        wrong = {"as a whole": row["failed"]} if "failed" in row else row["checks"]
        said = [f"{check}: {outcome}" for check, outcome in wrong.items() if outcome is not True]
        if said:
            told[f"{source}/{name}"] = "; ".join(said)
    return told


def _line(name: Name, row: dict[str, Any]) -> str:
    height, width = row["image"]
    shapes = "" if row["numbers"] else ", shapes only"
    return f"{name[0]}/{name[1]}: {row['parameters']:,} parameters, {row['stages']} stages, head {row['head']}, " + (
        f"at {height} x {width}{shapes}"
    )


def _path(name: Name) -> Path:
    return FOLDER / f"{name[0]}-{name[1]}.json"


def _of(source: str) -> str:
    return f"{source} {metadata.version(source)}, code {_code()}"


@cache
def _code() -> str:
    """A checksum of the checks and of what they check; comments and the way it is set don't count."""
    library = Path(models.__file__).parents[1]
    files = [Path(__file__).with_name("architecture_checks.py"), *(library / f"{part}.py" for part in VOUCHED_FOR)]
    parsed = "".join(ast.dump(ast.parse(file.read_text(encoding="utf-8"))) for file in files)
    return hashlib.sha256(parsed.encode()).hexdigest()[:12]


def sweep(names: Iterable[Name]) -> None:
    """Try what has no answer yet."""
    todo = [name for name in names if answer(name) is None]
    for name in progress_bar(todo, "architectures"):
        found = try_one(name)
        write(_path(name), found)
        said = _exceptions({name: found})
        if said:
            print(*said.items(), flush=True)


def main() -> None:
    """Parse the command line; sweep and assemble."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shard", default="0/1", help="K/N: every N-th architecture, from the K-th on")
    parser.add_argument("--assemble", action="store_true", help="only write the record")
    choice = parser.parse_args()
    shard, shards = (int(number) for number in choice.shard.split("/"))
    if not choice.assemble:
        sweep(all_names()[shard::shards])
    if shards == 1 or choice.assemble:
        print(f"wrote {assemble().name}", file=sys.stderr)


if __name__ == "__main__":
    main()
