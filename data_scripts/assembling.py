"""From the runs of a plan to a record: per-seed values, means, 95 % t intervals, and where they come from."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from chapter9_lib import paths
from chapter9_lib.classroom.intervals import t_interval
from data_scripts.recording import RUNS, Keys, Plan, pending, results, slug, write

__all__ = ["assemble"]


def assemble(plan: Plan, command: str, runs: Path = RUNS, target: Path | None = None) -> Path:
    """Put the record together from its runs and write it, whole or not at all.

    Raises:
        RuntimeError: when runs are missing; says how many.
        ValueError: when values can't be what the plan's unit says.
    """
    todo = pending(plan, runs)
    if todo:
        raise RuntimeError(
            f"{plan.name}: {len(todo)} runs are missing, first {dict(todo[0][0])} with seed {todo[0][1]}."
        )
    done = results(plan, runs)
    used = [done[slug(keys), seed] for keys in plan.conditions for seed in plan.seeds]
    places = Counter(_place(run) for run in used)
    order = [place for place, _ in places.most_common()]
    conditions = [row for keys in plan.conditions for row in _rows(plan, keys, done, order)]
    _check_unit(plan, conditions)
    record = {
        "name": plan.name,
        "question": plan.question,
        "claims": list(plan.claims),
        "unit": plan.unit,
        "conditions": conditions,
        "seeds": list(plan.seeds),
        "repeats": plan.repeats,
        **json.loads(order[0]),
        "other_machines": [{**json.loads(place), "runs": places[place]} for place in order[1:]],
        "world": plan.world(),
        "needs": {name: value for run in used for name, value in run.get("needs", {}).items()},
        "command": command,
        "date": max(run["date"] for run in used),
    }
    path = (target or paths.assets() / "records") / f"{plan.name}.json"
    write(path, record)
    return path


def _place(run: Mapping[str, Any]) -> str:
    """The machine and the versions of a run, in one text."""
    return json.dumps({"machine": run["machine"], "versions": run["versions"]})


def _rows(
    plan: Plan, keys: Keys, done: Mapping[tuple[str, int], Mapping[str, Any]], places: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """A condition's row, or one for each part of its answer; where not all was run on the first of the places, with
    `on`: the number of the place for each seed."""
    own = [done[slug(keys), seed] for seed in plan.seeds]
    first, on = own[0]["values"], [places.index(_place(run)) for run in own]
    for part in first if isinstance(first, dict) else [None]:
        values = [run["values"] if part is None else run["values"][part] for run in own]
        yield {
            "keys": dict(keys) if part is None else {**keys, plan.split: part},
            "values": [_rounded(v) for v in values],
            "mean": _rounded(fmean(values)),
            "interval": [_rounded(bound) for bound in t_interval(values) or ()] or None,
            "n": len(values),
            "seconds": round(fmean(run["seconds"] for run in own), 2),
        } | ({"on": on} if any(on) else {})


def _rounded(value: float) -> float:
    """To four decimals, and a small one, such as a learning rate, to four digits."""
    return round(value, 4) if abs(value) >= 0.1 else float(f"{value:.4g}")


def _check_unit(plan: Plan, conditions: Sequence[Mapping[str, Any]]) -> None:
    values = [value for row in conditions for value in row["values"]]
    if plan.unit == "%" and (min(values) < 0 or max(values) > 100 or 0 < max(values) <= 1):
        raise ValueError(f"{plan.name}: values from {min(values)} to {max(values)} are no percentages (0 to 100).")
