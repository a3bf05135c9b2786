"""Advice for a folder, read off measured cells."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from chapter9_lib import cli
from chapter9_lib.models import Preprocessing
from chapter9_lib.pipeline import Settings, advising, fit
from chapter9_lib.pipeline.borrowing import borrow
from chapter9_lib.pipeline.costs import operations
from chapter9_lib.pipeline.fitting import choose_strategy
from chapter9_lib.pipeline.grouping import find_groups
from chapter9_lib.pipeline.splitting import split_photos
from chapter9_lib.studies import Cell
from chapter9_lib.studies.advisor import STRATEGIES
from chapter9_lib.worlds import Photos, open_folder

BUNDLED = Settings(network="bundled/lab-resnet", device="cpu")


class Rows:
    """A record that has just these rows."""

    def __init__(self, rows):
        self.rows = rows

    def table(self, **keys):
        return [row for row in self.rows if keys.items() <= row.items()]


def test_cells_are_put_together_from_all_records():
    scores = [("near", 50, "frozen", 70.0), ("near", 50, "full", 60.0), ("far", 900, "frozen", 40.0),
              ("far", 50, "frozen", 30.0)]  # fmt: skip
    more = [("near", 9000, "full", 95.0), ("near", 50, "scratch", 20.0)]
    real = [("forest", 200, "frozen", 80.0)]
    reached = [
        Rows([dict(zip(("task", "photos", "strategy", "mean"), one, strict=True), **split) for one in some])
        for some, split in ((scores, {"split": "test"}), (more, {"split": "test"}), (real, {}))
    ]
    near_and_far, forest = (
        Rows([{"task": task, "photos": 50, "measure": "known", "mean": mean} for task, mean in means.items()])
        for means in ({"near": 60.0, "far": 5.0}, {"forest": 75.0})
    )
    near_and_far.rows += [{"task": "far", "photos": 50, "measure": "shift", "mean": 0.3}]
    known = (near_and_far, near_and_far, forest)
    cells = advising.measured_cells(*zip(reached, known, strict=True))
    assert cells == [
        Cell("near", 50, 0.6, {"frozen": 70.0, "full": 60.0, "scratch": 20.0}), Cell("near", 9000, 0.6, {"full": 95.0}),
        Cell("far", 50, 0.05, {"frozen": 30.0}, 0.3), Cell("far", 900, 0.05, {"frozen": 40.0}, 0.3),
        Cell("forest", 200, 0.75, {"frozen": 80.0}),
    ]  # fmt: skip


def cells_where(best, monkeypatch):
    """Let one strategy be the best everywhere, with those that fit has behind it, the head alone last."""
    scores = {"scratch": 10.0, "frozen": 50.0, "full": 55.0, "gradual": 60.0, best: 90.0}
    monkeypatch.setattr(advising, "measured_cells", lambda: [Cell("any", 40, 0.5, scores)])


@pytest.mark.parametrize(
    ("best", "asked", "lost"),
    [("gradual", "gradual", 0), ("frozen", "head", 0), ("scratch", "gradual", 30), ("deep stages afresh", "afresh", 0)],
)
def test_a_folder_is_measured_and_advised(photo_folder, monkeypatch, best, asked, lost):
    cells_where(best, monkeypatch)
    root, said = photo_folder(name="my photos"), []
    found = advising.advise(root, settings=BUNDLED, say=said.append)
    assert found.advice.strategy == best and found.network == "bundled/lab-resnet"
    assert 0 <= found.similarity.borrowed <= 1 and 0 < found.photos < 48
    assert found.settings.strategy == asked and found.lost == pytest.approx(lost)
    assert ("fit has no such training" in str(found)) == ("by hand: " in str(found)) == bool(lost)
    assert best in found.in_short
    assert ("0.01 for the head" in found.rates) == (asked != "afresh") and found.rates in str(found)
    assert f"shift of its batch norms: {found.similarity.shift:.2g} nats" in str(found)
    assert f"chapter9 fit '{root}' --strategy {asked} --network bundled/lab-resnet\n" in str(found)
    other = replace(found, settings=replace(found.settings, network="auto", by="camera", seed=3))
    assert f"--strategy {asked} --by camera --seed 3\n" in str(other)


def test_photos_that_are_open_are_all_to_train_on(photo_folder, monkeypatch):
    cells_where("gradual", monkeypatch)
    photos = open_folder(photo_folder(), report=False)
    found = advising.advise(photos, borrow(BUNDLED, 3, print)[0], settings=BUNDLED)
    assert (found.photos, found.network, found.source) == (48, "your network", None)
    assert "chapter9 fit FOLDER --strategy gradual" in str(found)


@pytest.mark.parametrize(("best", "phases"), [
    ("frozen", ["head"]), ("full", ["head", "conv1"]), ("deep stages afresh", ["conv1"]),
])  # fmt: skip
def test_fit_does_what_advise_says_and_again_when_repeated(photo_folder, tmp_path, monkeypatch, best, phases):
    cells_where(best, monkeypatch)
    root, said = photo_folder(), []
    quick = Settings.from_dict(BUNDLED.to_dict() | {"head_epochs": 1, "epochs": 1})
    run = fit(root, tmp_path / "run", quick, say=said.append)
    found = advising.advise(root, settings=quick, say=lambda line: None)
    assert [phase.until for phase in run.phases] == phases and found.in_short in run.why
    assert f"{found.similarity.known:.0%} known already" in run.why and any(run.why in line for line in said)
    assert json.loads((tmp_path / "run" / "config.json").read_text())["strategy"] == found.settings.strategy
    cells_where("gradual", monkeypatch)
    again = fit(out=tmp_path / "again", like=tmp_path / "run" / "config.json", say=lambda line: None)
    assert again.phases == run.phases and np.array_equal(again.test.probabilities, run.test.probabilities)
    asked = Settings.from_dict(quick.to_dict() | {"strategy": "gradual"})
    other = fit(settings=asked, like=tmp_path / "run" / "config.json", say=lambda line: None)
    assert other.phases != run.phases and other.why == "as it was asked for"


def test_fit_does_not_thaw_everything_where_that_would_keep_a_cpu_busy(photo_folder, monkeypatch):
    cells_where("full", monkeypatch)
    split = split_photos(find_groups(open_folder(photo_folder(), report=False)))
    model, _ = borrow(BUNDLED, 3, print)
    assert choose_strategy(model, split, BUNDLED)[0] == "full"
    long = Settings.from_dict(BUNDLED.to_dict() | {"epochs": 400})
    strategy, why = choose_strategy(model, split, long)
    assert strategy == "gradual" and "trillion operations" in why and "30 points behind" in why
    assert choose_strategy(model, split, replace(long, strategy="full"))[0] == "full"
    cells_where("deep stages afresh", monkeypatch)
    assert choose_strategy(model, split, BUNDLED)[0] == "afresh"
    together, why = choose_strategy(model, split, BUNDLED, processes=2)
    assert together != "afresh" and "but afresh is for one process, without torchrun" in why
    patient = Settings.from_dict(BUNDLED.to_dict() | {"head_epochs": 400})
    scores = {"frozen": 50.0, "gradual": 55.0, "full": 60.0, "deep stages afresh": 90.0}
    monkeypatch.setattr(advising, "measured_cells", lambda: [Cell("any", 40, 0.5, scores)])
    strategy, why = choose_strategy(model, split, patient)
    assert strategy == "full" and "but afresh would take" in why and "30 points behind" in why
    assert choose_strategy(model, split, long)[0] == "gradual"
    monkeypatch.setattr("chapter9_lib.pipeline.fitting.pick_device", lambda device: torch.device("cuda"))
    assert choose_strategy(model, split, long)[0] == "afresh"


def test_operations_are_counted_forward_and_back():
    layer = nn.Linear(3 * 4 * 5, 10)
    model = nn.Sequential(nn.Flatten(), layer).train()
    model.preprocessing = Preprocessing(size=(4, 5), mean=(0.5,) * 3, std=(0.5,) * 3)
    assert operations(model, photos=1, epochs=1) == 3 * 2 * (3 * 4 * 5) * 10
    assert operations(model, photos=7, epochs=5) == 35 * operations(model, photos=1, epochs=1)
    assert model.training and layer.weight.grad is None


def test_fit_trains_the_head_alone_where_nothing_can_be_measured(photo_folder, monkeypatch):
    cells_where("full", monkeypatch)
    few = fit(photo_folder({"badger": 10, "fox": 10}, "few"), None, BUNDLED, say=lambda line: None)
    assert len(few.phases) == 1 and "too few" in few.why

    def alone(kind, number):
        return f"{kind}/cam{number // 20}/{kind}{number:03d}.jpg"

    root = photo_folder({"badger": 60, "fox": 60}, "cameras", alone)
    told = fit(root, None, Settings.from_dict(BUNDLED.to_dict() | {"head_epochs": 1}), say=lambda line: None)
    assert len(told.phases) == 1 and "it can't be measured" in told.why


def test_the_command_says_what_the_function_says(photo_folder, monkeypatch, capsys):
    cells_where("gradual", monkeypatch)
    root = photo_folder()
    assert cli.main(["advise", str(root), "--network", "bundled/lab-resnet", "--device", "cpu"]) == 0
    told = capsys.readouterr().out
    found = advising.advise(root, settings=BUNDLED, say=lambda line: None)
    assert str(found) in told and "Found:" not in told
    assert cli.main(["advise", str(root / "nowhere"), "--network", "bundled/lab-resnet"]) == 2
    assert "There is no folder" in capsys.readouterr().err


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


def test_whatever_is_advised_can_be_done_by_the_command_or_by_hand():
    assert set(STRATEGIES) == set(advising._FIT) | set(advising._BY_HAND)
