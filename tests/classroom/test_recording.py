"""Runs are kept one by one, records are put together from them, and a broken-off measurement goes on."""

import json
import sys
import textwrap
from functools import partial

import pytest

from chapter9_lib.classroom import record
from data_scripts import measure_records, recording
from data_scripts.assembling import assemble
from data_scripts.recording import Plan, measure, pending, planned_hours, results
from data_scripts.taking_over import take_over

EXPERIMENT = """
    import os
    from pathlib import Path

    from data_scripts.recording import Plan

    LOG = Path(__file__).with_name("log.txt")


    def run(keys, seed):
        with LOG.open("a") as log:
            log.write(f"{keys['method']} {seed} {os.environ.get('OMP_NUM_THREADS')}\\n")
        base = {"borrowed": 80, "scratch": 60}[keys["method"]]
        return {"test": base + seed, "night": base - 30 + seed}


    def world():
        return {"name": "toy", "version": "1", "hash": Path(__file__).with_name("hash.txt").read_text()}


    PLAN = Plan("toy-record", "Does it?", ["K2"], [{"method": "borrowed"}, {"method": "scratch"}], [0, 1, 2], run,
                seconds=1800, world=world)
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    name = f"toy_{tmp_path.name}".replace("-", "_")
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / f"{name}.py").write_text(textwrap.dedent(EXPERIMENT))
    (folder / "hash.txt").write_text("abc")
    monkeypatch.syspath_prepend(str(folder))
    yield name, folder, tmp_path / "runs"
    sys.modules.pop(name, None)


def plan_of(name) -> Plan:
    return recording._plan(name)


def test_measured_assembled_and_read_again(toy, bundle):
    name, _, runs = toy
    assets = bundle("another", [{"keys": {}, "values": [1, 2]}])
    measure(name, workers=1, runs=runs)
    path = assemble(plan_of(name), "the command", runs, assets / "records")
    made = record("toy-record")
    assert path.name == "toy-record.json" and made.world["hash"] == "abc" and made.command == "the command"
    assert made.value(method="borrowed", split="test").mean == 81
    assert made.table(method="scratch", split="night")[0]["values"] == [30, 31, 32]
    gap = made.difference({"method": "borrowed", "split": "test"}, {"method": "scratch", "split": "test"})
    assert gap.mean == 20 and gap.interval == (20, 20)
    assert set(made.versions) >= {"python", "torch"} and set(made.machine) == {"cpu", "cores", "memory_gib", "system"}


def test_each_run_s_machine_and_versions_are_kept(toy, bundle, tmp_path):
    name, _, runs = toy
    assets = bundle("another", [{"keys": {}, "values": [1, 2]}])
    measure(name, workers=1, runs=runs)
    moved = next((runs / "toy-record").glob("*scratch*seed1.json"))
    run = json.loads(moved.read_text())
    moved.write_text(json.dumps(run | {"machine": {"cpu": "slow", "cores": 1}, "versions": {"torch": "2.3.1"}}))
    assemble(plan_of(name), "c", runs, assets / "records")
    made = record("toy-record")
    assert made.machine == run["machine"] and made.versions == run["versions"]
    assert made.other_machines == [{"machine": {"cpu": "slow", "cores": 1}, "versions": {"torch": "2.3.1"}, "runs": 1}]
    number = made.seeds.index(1)
    assert all(row["on"] == [int(at == number) for at in range(3)] for row in made.table(method="scratch"))
    assert not any("on" in row for row in made.table(method="borrowed"))
    take_over(plan_of(name), tmp_path / "fresh")
    for path in (runs / "toy-record").glob("*.json"):
        again = json.loads((tmp_path / "fresh" / "toy-record" / path.name).read_text())
        assert all(again[key] == json.loads(path.read_text())[key] for key in ("machine", "versions", "values"))


def test_broken_off_it_goes_on_where_it_was(toy):
    name, folder, runs = toy
    measure(name, workers=1, runs=runs)
    done = sorted((runs / "toy-record").glob("*.json"))
    done[0].unlink()
    done[1].write_text('{"keys": ')
    (folder / "log.txt").unlink()
    assert len(pending(plan_of(name), runs)) == 2
    measure(name, workers=1, runs=runs)
    assert len((folder / "log.txt").read_text().splitlines()) == 2 and pending(plan_of(name), runs) == []


def test_machines_share_the_runs_and_one_of_them_puts_them_together(toy, bundle, monkeypatch, capsys):
    name, folder, runs = toy
    assets = bundle("another", [{"keys": {}, "values": [1, 2]}])
    monkeypatch.setattr(measure_records, "RECORDS", {"toy-record": name})
    monkeypatch.setattr(measure_records, "measure", partial(measure, runs=runs))
    monkeypatch.setattr(measure_records, "pending", lambda plan: pending(plan, runs))
    monkeypatch.setattr(measure_records, "assemble", lambda plan, c: assemble(plan, c, runs, assets / "records"))
    asked = ["toy-record", "--workers", "1", "--shard"]
    assert measure_records.main([*asked, "2/4"]) == 0  # of six runs the second and the sixth
    assert len((folder / "log.txt").read_text().splitlines()) == 2 and "--assemble" in capsys.readouterr().out
    for share in ("1/4", "2/4", "4/4"):
        assert measure_records.main([*asked, share]) == 0
    assert len(pending(plan_of(name), runs)) == 1 and not (assets / "records" / "toy-record.json").exists()
    assert measure_records.main([*asked, "3/4"]) == 0
    assert len((folder / "log.txt").read_text().splitlines()) == 6 and record("toy-record").seeds == [0, 1, 2]
    with pytest.raises(SystemExit):
        measure_records.main([*asked, "5/4"])
    assert "5/4" in capsys.readouterr().err


def test_runs_of_another_world_are_stale(toy):
    name, folder, runs = toy
    measure(name, workers=1, runs=runs)
    (folder / "hash.txt").write_text("def")
    assert len(pending(plan_of(name), runs)) == 6 and results(plan_of(name), runs) == {}
    with pytest.raises(RuntimeError, match="6 runs are missing"):
        assemble(plan_of(name), "c", runs, runs)


def test_what_still_holds_is_taken_over_from_the_bundled_record(toy, bundle, tmp_path):
    name, folder, runs = toy
    assets = bundle("another", [{"keys": {}, "values": [1, 2]}])
    measure(name, workers=1, runs=runs)
    first = assemble(plan_of(name), "c", runs, assets / "records").read_text()
    assert take_over(plan_of(name), runs) == 0, "every run is there already"
    fresh = tmp_path / "fresh"
    assert take_over(plan_of(name), fresh) == 6 and pending(plan_of(name), fresh) == []
    assert (
        json.loads(assemble(plan_of(name), "c", fresh, tmp_path).read_text())["conditions"]
        == (json.loads(first)["conditions"])
    )
    (folder / "hash.txt").write_text("def")
    assert take_over(plan_of(name), tmp_path / "other world") == 0


def test_seeds_are_run_breadth_first(toy):
    name, _, runs = toy
    assert [seed for _, seed in pending(plan_of(name), runs)] == [0, 0, 1, 1, 2, 2]


def test_planned_hours_come_from_the_plan_then_from_what_was_measured(toy, capsys):
    name, _, runs = toy
    assert planned_hours(plan_of(name), 2, runs) == pytest.approx(6 * 0.5 / 2)
    measure(name, workers=1, runs=runs)
    out = capsys.readouterr().out
    assert "0 of 6 runs done, 3.00 hours planned" in out and "over 2 hours" in out
    for path in (runs / "toy-record").glob("*seed2.json"):
        path.unlink()
    assert planned_hours(plan_of(name), 1, runs) < 0.001


def test_two_processes_with_one_thread_each(toy, monkeypatch):
    name, folder, runs = toy
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    measure(name, workers=2, runs=runs)
    log = (folder / "log.txt").read_text().splitlines()
    assert len(log) == 6 and all(line.endswith(" 1") for line in log)
    import os

    assert os.environ["OMP_NUM_THREADS"] == "7", "the caller's own setting is left as it was"


def rows_of(values, folder, unit="%"):
    """The rows of a record that has one condition, and these values of its seeds."""
    plan = Plan("ones", "?", [], [{"a": 1}], range(len(values)), lambda keys, seed: 0.0, unit=unit,
                world=lambda: {"hash": "h"})  # fmt: skip
    for seed, value in enumerate(values):
        content = {"keys": {"a": 1}, "seed": seed, "values": value, "seconds": 1, "world": "h", "machine": {},
                   "versions": {}, "date": "2026-01-02"}  # fmt: skip
        recording.write(folder / "r" / "ones" / f"{seed}.json", content)
    return json.loads(assemble(plan, "c", folder / "r", folder).read_text())["conditions"]


def test_fractions_are_not_taken_for_percentages(tmp_path):
    with pytest.raises(ValueError, match="no percentages"):
        rows_of([0.8, 0.8], tmp_path)


def test_small_values_such_as_rates_keep_their_digits(tmp_path):
    assert rows_of([3e-5, 81.123456], tmp_path, unit="")[0]["values"] == [3e-5, 81.1235]


def test_slugs_tell_conditions_apart():
    keys = [{"a": "x y"}, {"a": "x_y"}, {"a": "x-y"}, {"a": "x", "b": 1}, {"a": "x" * 300}, {"a": "x" * 301}]
    assert len({recording.slug(k) for k in keys}) == len(keys)
    assert recording.slug({"b": 1, "a": 2}) == recording.slug({"a": 2, "b": 1})


def test_command_line(toy, monkeypatch, bundle, capsys, tmp_path):
    name, _, _ = toy
    bundle("another", [{"keys": {}, "values": [1, 2]}])
    monkeypatch.setattr(measure_records, "RECORDS", {"toy-record": name})
    assert measure_records.main(["--plan"]) == 0
    assert "3 of" not in capsys.readouterr().out
    assert measure_records.main(["toy"]) == 2
    assert "Known: toy-record" in capsys.readouterr().err


def test_run_files_hold_no_path(toy):
    name, _, runs = toy
    measure(name, workers=1, runs=runs)
    for path in (runs / "toy-record").glob("*.json"):
        assert str(runs.parent) not in path.read_text() and json.loads(path.read_text())["seconds"] >= 0
