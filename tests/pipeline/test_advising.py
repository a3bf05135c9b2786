"""Advice for a folder, read off measured cells."""

from pathlib import Path

import numpy as np
import pytest

from chapter9_lib.pipeline import Settings, advising
from chapter9_lib.studies import Cell
from chapter9_lib.worlds import Photos

BUNDLED = Settings(network="bundled/lab-resnet", device="cpu")


class Rows:
    """A record that has just these rows."""

    def __init__(self, rows):
        self.rows = rows

    def table(self, **keys):
        return [row for row in self.rows if keys.items() <= row.items()]


def test_cells_are_put_together_from_both_records():
    scores = [("near", 50, "frozen", 70.0), ("near", 50, "full", 60.0), ("far", 50, "frozen", 30.0),
              ("far", 900, "frozen", 40.0)]  # fmt: skip
    rows = [dict(zip(("task", "photos", "strategy", "mean"), one, strict=True), split="test") for one in scores]
    known = [
        {"task": task, "photos": 50, "measure": "known", "mean": mean} for task, mean in (("near", 60.0), ("far", 5.0))
    ]
    cells = advising.measured_cells(Rows(rows), Rows(known))
    assert cells == [
        Cell("near", 50, 0.6, {"frozen": 70.0, "full": 60.0}), Cell("far", 50, 0.05, {"frozen": 30.0}),
        Cell("far", 900, 0.05, {"frozen": 40.0}),
    ]  # fmt: skip


@pytest.mark.parametrize(("best", "asked"), [("gradual", "gradual"), ("frozen", "head"), ("scratch", None)])
def test_a_folder_is_measured_and_advised(photo_folder, monkeypatch, best, asked):
    cells = [Cell("any", 40, 0.5, {name: 50.0 + 40 * (name == best) for name in ("frozen", "gradual", "scratch")})]
    monkeypatch.setattr(advising, "measured_cells", lambda: cells)
    found = advising.advise(photo_folder(), settings=BUNDLED, say=lambda line: None)
    assert (
        found.advice.strategy == best and found.network == "bundled/lab-resnet" and 0 <= found.similarity.borrowed <= 1
    )
    assert (found.settings and found.settings.strategy) == asked
    assert ("fit has no such training" in str(found)) == (asked is None)
    assert ("0.01 for the head" in found.rates) == (asked is not None) and found.rates in str(found)


def test_a_rare_class_keeps_two_groups_and_a_huge_one_is_cut():
    sizes = {"badger": [2] * 20, "fox": [60], "lynx": [1, 1, 1, 1]}
    rows = [{"group": f"{kind} {number}", "kind": kind} for kind, groups in sizes.items()
            for number, size in enumerate(groups) for _ in range(size)]  # fmt: skip
    labels = [list(sizes).index(row["kind"]) for row in rows]
    photos = Photos([Path(f"{at}.jpg") for at in range(len(rows))], labels, list(sizes), manifest=rows)
    some = advising._some(photos, 12, seed=0)
    assert all(2 <= count <= 4 for count in some.counts().values()), some.counts()
    lynx = some.groups[some.labels == some.classes.index("lynx")]
    assert len(set(lynx)) >= 2
    assert not np.array_equal(some.paths, advising._some(photos, 12, seed=1).paths)
