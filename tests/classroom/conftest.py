import json

import pytest

import chapter9_lib.models  # noqa: F401  takes its own `assets` along before a test puts another in its place
from chapter9_lib import paths


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Every test has a cache folder of its own."""
    monkeypatch.setenv("CHAPTER9_HOME", str(tmp_path / "home"))


def condition(keys, values, **more):
    return {"keys": keys, "values": values, **more}


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """Write a record and have it found as if it were bundled: bundle(name, conditions, **fields)."""
    folder = tmp_path / "assets"
    (folder / "records").mkdir(parents=True)
    monkeypatch.setattr(paths, "assets", lambda: folder)

    def write(name, conditions, **fields):
        content = {
            "name": name, "question": "Does it?", "claims": ["K2"], "unit": "%", "conditions": conditions,
            "seeds": list(range(len(conditions[0]["values"]))), "machine": {"cpu": "a CPU", "cores": 2},
            "versions": {"python": "3.11.7", "torch": "2.4.0"}, "command": "measure", "date": "2026-01-02",
            "world": {"name": "lab", "version": "1", "hash": "0123456789abcdef"}, **fields,
        }  # fmt: skip
        (folder / "records" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        return folder

    return write
