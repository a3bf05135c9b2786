"""From a bundled record back to runs: what still holds need not be measured again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chapter9_lib import paths
from data_scripts.recording import RUNS, Keys, Plan, pending, slug, write

__all__ = ["take_over"]


def take_over(plan: Plan, runs: Path = RUNS) -> int:
    """Write the bundled record's runs back into `runs`, where they still hold: measured on this very world, with
    nothing that a condition needs changed since. Runs that are there already stay as they are.

    Returns:
        How many were written.
    """
    path = paths.assets() / "records" / f"{plan.name}.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"world": {}, "seeds": []}
    if record["world"].get("hash") != plan.world()["hash"]:
        return 0
    todo = [(keys, seed) for keys, seed in pending(plan, runs) if seed in record["seeds"]]
    holding = [(keys, seed) for keys, seed in todo if plan.needs(keys).items() <= record["needs"].items()]
    found = [(keys, seed, rows) for keys, seed in holding if (rows := _rows_of(record, plan, keys))]
    for keys, seed, rows in found:
        number, first = record["seeds"].index(seed), next(iter(rows.values()))
        values = {part: row["values"][number] for part, row in rows.items()}
        place = [record, *record["other_machines"]][first["on"][number] if "on" in first else 0]
        run = {"keys": dict(keys), "seed": seed, "values": values.get(None, values), "needs": plan.needs(keys)}
        run |= {"seconds": first["seconds"], "world": plan.world()["hash"], "date": record["date"]}
        run |= {name: place[name] for name in ("machine", "versions")}
        write(runs / plan.name / f"{slug(keys)}-seed{seed}.json", run)
    return len(found)


def _rows_of(record: Mapping[str, Any], plan: Plan, keys: Keys) -> dict[str | None, dict[str, Any]]:
    """A condition's rows in a record: the one there is under None, or one for each part of its answer."""
    if whole := [row for row in record["conditions"] if row["keys"] == dict(keys)]:
        return {None: whole[0]}
    parts = ((row["keys"].get(plan.split), row) for row in record["conditions"])
    return {part: row for part, row in parts if row["keys"] == {**keys, plan.split: part}}
