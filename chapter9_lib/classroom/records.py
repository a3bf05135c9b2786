"""Records: what was measured, how sure we are of it, and how to measure it again."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from chapter9_lib import paths
from chapter9_lib.classroom.intervals import paired_difference, rounded, t_interval

__all__ = ["Measured", "Record", "record"]

Keys = Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """A mean over seeds with its 95 % t interval (None for a single run), in `unit`.

    `bar` is what it is held against (0 for a difference): no bound is rounded on to it.
    """

    mean: float
    interval: tuple[float, float] | None
    n: int
    unit: str = "%"
    difference: bool = False
    repeats: str = "seeds"
    bar: float | None = None

    def __str__(self) -> str:
        unit = self.unit if not self.difference or self.unit != "%" else "points"
        digits = _digits(self.mean, self.interval)
        bar = 0.0 if self.bar is None and self.difference else self.bar
        if bar is not None and self.interval is not None:
            digits = _telling(digits, bar, self.interval)
        sign = "+" if self.difference and self.mean > 0 else ""
        shown = f"{sign}{rounded(self.mean, digits)} {unit}".rstrip()
        if self.interval is None:
            return f"{shown} (one run, no interval)"
        low, high = (rounded(bound, digits) for bound in self.interval)
        dash = " to " if self.interval[0] < 0 else "–"
        return f"{shown} (95 % interval {low}{dash}{high}, {self.n} {self.repeats})"

    def __float__(self) -> float:
        return self.mean

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero: for a difference, whether there is one that the seeds can see."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


@dataclass(frozen=True)
class Record:
    """One record as written by `data_scripts/measure_records.py`; numbers come out by their keys.

    A condition is what was measured at one setting, and its keys say which: `{"method": "frozen", "photos": 100}`.
    Where a method below takes keys, as arguments or as a mapping, those that tell it from the others are enough.

    Attributes:
        name: its file's, without the suffix.
        question: what was asked, in a sentence.
        unit: of every number in it.
        claims: the ledger rows that it answers.
        conditions: of each its keys, mean, interval, values and seconds, as JSON; `table` makes rows of them.
        seeds: how often, with which; paired differences go by them.
        machine, versions: on what it was measured, or most of it.
        world: name, version and hash of the photos' world; empty where there is none.
        command: measures it again.
        date: of the last measurement.
        repeats: what a seed stands for, such as "folds".
        other_machines: where the rest was measured, each with its machine, its versions and, if that was kept, how many
            runs; a condition with runs from there says so in `on`, a number for each seed, of which 0 is the first
            machine.
    """

    name: str
    question: str
    unit: str
    claims: list[str]
    conditions: list[dict[str, Any]]
    seeds: list[int]
    machine: dict[str, Any]
    versions: dict[str, str]
    world: dict[str, str]
    command: str
    date: str
    repeats: str = "seeds"
    other_machines: list[dict[str, Any]] = field(default_factory=list)

    def table(self, **where: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """One flat row a condition (its keys, mean, interval, n, values, seconds), where all of `where` holds."""
        rows = ({**c["keys"], **{k: v for k, v in c.items() if k != "keys"}} for c in self.conditions)
        return [row for row in rows if all(row.get(key) == value for key, value in where.items())]

    def value(self, **keys: Any) -> Measured:  # noqa: ANN401
        """The one measurement that `keys` name.

        Raises:
            KeyError: when no condition matches; says which values each key can take.
            ValueError: when several do.
        """
        row = self._only(keys)
        interval = row.get("interval")
        return Measured(row["mean"], tuple(interval) if interval else None, row["n"], self.unit, repeats=self.repeats)

    def best(self, key: str, **where: Any) -> dict[str, Any]:  # noqa: ANN401
        """For each method under these keys, the value of `key` with the highest mean, such as its learning rate.

        Args:
            key: such as "rate".
            where: the keys that all of them share.

        Raises:
            KeyError: when no condition matches.
        """
        rows = sorted(self.table(**where), key=lambda row: row["mean"])
        if not rows:
            raise KeyError(f"No condition of the record {self.name!r} matches {where}.")
        return {row["method"]: row[key] for row in rows}

    def difference(self, a: Keys, b: Keys, overlap: float = 0.0) -> Measured:
        """`a` minus `b`, paired seed by seed, with the 95 % t interval of the paired difference.

        Args:
            a, b: the keys of two conditions.
            overlap: for folds of several cuts of the same photos, test photos for each training photo; widens the
                interval as it must be (`t_interval`).

        Raises:
            KeyError: when either names no condition.
            ValueError: when either names several, or the two have no seed in common.
        """
        one, other = zip(*self._paired(a, b), strict=True)
        mean, interval = paired_difference(list(one), list(other), overlap)
        return Measured(mean, interval, len(one), self.unit, difference=True, repeats=self.repeats)

    def differences(self, key: str, a: Keys, b: Keys, both: bool = False) -> dict[Any, Measured]:
        """`difference` at every value of `key` that `a` was measured with, by that value.

        Args:
            key: such as "layers".
            a, b: the other keys.
            both: whether `b` changes with `a`; else it is one and the same.

        Raises:
            KeyError, ValueError: as `difference` does; KeyError also where `a` was never measured.
        """
        at = [row[key] for row in self.table(**a) if key in row]
        if not at:
            raise KeyError(f"No condition of the record {self.name!r} has {dict(a)} and a {key!r}.")
        return {value: self.difference({**a, key: value}, {**b, key: value} if both else b) for value in at}

    def share(self, a: Keys, b: Keys, floor: float = 0.0) -> Measured:
        """How far `a` gets on the way from `floor` to `b`, in percent, paired seed by seed, with its 95 % t interval.

        Args:
            a, b: the keys of two conditions.
            floor: where the way begins, in the record's unit, such as what guessing scores.

        Raises:
            KeyError: when either names no condition.
            ValueError: when either names several, the two have no seed in common, or `b` is at the floor.
        """
        pairs = self._paired(a, b)
        if any(other <= floor for _, other in pairs):
            raise ValueError(f"{dict(b)} is not above {floor} in {self.name!r}: there is no way to go.")
        parts = [100 * (one - floor) / (other - floor) for one, other in pairs]
        return Measured(fmean(parts), t_interval(parts), len(parts), "%", repeats=self.repeats)

    def closed(self, a: Keys, start: Keys, goal: Keys) -> Measured:
        """How much of the gap between two conditions a third one closes, in percent: a ratio of means over seeds.

        Its 95 % interval is the t interval of the ratio's linearisation (Cochran 1977, section 6.4), so that a seed
        in which the gap happens to be small doesn't decide.

        Args:
            a: the keys of the third condition.
            start, goal: those of the two between which the gap is.

        Raises:
            KeyError: when any names no condition.
            ValueError: when any names several, they have no seed in common, or the gap is none on average.
        """
        gained = [one - other for one, other in self._paired(a, start)]
        gaps = [one - other for one, other in self._paired(goal, start)]
        if fmean(gaps) <= 0:
            raise ValueError(f"{dict(goal)} is not above {dict(start)} in {self.name!r}: there is no gap to close.")
        ratio = fmean(gained) / fmean(gaps)
        rest = [100 * (ratio + (one - ratio * gap) / fmean(gaps)) for one, gap in zip(gained, gaps, strict=True)]
        return Measured(100 * ratio, t_interval(rest), len(rest), "%", repeats=self.repeats)

    def stamp(self) -> str:
        """One line: when, on what, with which versions, on which world, and the command that measures it again."""
        places = [_place(self.machine, self.versions)]
        places += [
            f"{other.get('runs', 'some')} of the runs on {_place(other['machine'], other['versions'])}"
            for other in self.other_machines
        ]
        name, version, stamp = (self.world.get(key, "?") for key in ("name", "version", "hash"))
        world = f"; {name} world {version} ({stamp[:8]})" if self.world else ""
        return f"Measured {self.date} on {'; but '.join(places)}{world}. Again: {self.command}"

    def _paired(self, a: Keys, b: Keys) -> list[tuple[float, float]]:
        """The values of two conditions, seed by seed."""
        first, second = self._only(a), self._only(b)
        one, other = (dict(zip(row.get("seeds") or self.seeds, row["values"], strict=True)) for row in (first, second))
        shared = [seed for seed in one if seed in other]
        if not shared:
            raise ValueError(f"{dict(a)} and {dict(b)} share no seed in {self.name!r}: they can't be paired.")
        return [(one[seed], other[seed]) for seed in shared]

    def _only(self, keys: Keys) -> dict[str, Any]:
        found = self.table(**keys)
        if len(found) == 1:
            return found[0]
        choices = {
            key: sorted({c["keys"].get(key) for c in self.conditions} - {None}, key=str)
            for key in dict.fromkeys(k for c in self.conditions for k in c["keys"])
        }
        advice = f"Its keys and their values: {choices}."
        if found:
            raise ValueError(
                f"{len(found)} conditions of the record {self.name!r} match {dict(keys)}; name one. {advice}"
            )
        raise KeyError(f"No condition of the record {self.name!r} matches {dict(keys)}. {advice}")


def record(name: str) -> Record:
    """Read a bundled record, such as `record("learning-curve")`.

    Args:
        name: of the record.

    Raises:
        FileNotFoundError: when there is none of that name; offers the nearest names.
        ValueError: when the file is damaged.
    """
    folder = paths.assets() / "records"
    path = folder / f"{name}.json"
    if not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.json"))
        near = difflib.get_close_matches(name, known, cutoff=0.3) or known
        advice = f"Did you mean {', '.join(map(repr, near[:3]))}?" if near else "No record has been measured yet."
        raise FileNotFoundError(f"There is no record {name!r}. {advice} `make records` measures what is missing.")
    return _read(path)


def _read(path: Path) -> Record:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        for condition in raw["conditions"]:
            values = condition["values"]
            condition.setdefault("mean", sum(values) / len(values))
            condition.setdefault("interval", t_interval(values))
            condition.setdefault("n", len(values))
        raw = {"repeats": "seeds", "other_machines": []} | raw
        return Record(**{field: raw[field] for field in Record.__dataclass_fields__})
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"The record {path.stem!r} is damaged ({error!r}); install the package again.") from error


def _place(machine: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    cpu = f"{machine.get('cpu', 'unknown CPU')}, {machine.get('cores', '?')} cores"
    place = f"{machine['gpu']} ({cpu})" if "gpu" in machine else cpu
    return f"{place}; " + ", ".join(f"{name} {number}" for name, number in versions.items())


def _digits(mean: float, interval: tuple[float, float] | None) -> int:
    """Whole numbers, unless the interval is so narrow that they would hide it."""
    width = interval[1] - interval[0] if interval else abs(mean)
    return 0 if width >= 2 or (interval is None and abs(mean) >= 10) else 1 if width >= 0.2 else 2


def _telling(digits: int, bar: float, interval: tuple[float, float]) -> int:
    """As many digits as tell both bounds from the bar; four at most."""
    enough = (more for more in range(digits, 4) if all(bound == bar or round(bound, more) != bar for bound in interval))
    return next(enough, 4)
