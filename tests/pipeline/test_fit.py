"""The whole recipe on small folders: what it writes, that it can be repeated and resumed, and what it refuses."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pictures import picture

from chapter9_lib import cli
from chapter9_lib.models import lab_resnet, load_model, load_pretrained, save_model
from chapter9_lib.models.freezing import is_held
from chapter9_lib.pipeline import Settings, fit, predict_photos
from chapter9_lib.pipeline.borrowing import borrow
from chapter9_lib.pipeline.fitting import as_before, phases_of
from chapter9_lib.pipeline.folder import read_run
from chapter9_lib.pipeline.learning import kept_phases
from chapter9_lib.pipeline.next_steps import next_steps
from chapter9_lib.pipeline.opening import open_source
from chapter9_lib.pipeline.report import worst_mistakes
from chapter9_lib.pipeline.splitting import too_few
from chapter9_lib.training import History, Phase, evaluate, fine_tune, predict
from chapter9_lib.training.checkpoints import Checkpoint
from chapter9_lib.worlds import open_folder, open_photo

SMALL = Settings(network="bundled/lab-resnet", head_epochs=3, epochs=2, patience=5, batch_size=16, device="cpu")
GRADUAL = Settings.from_dict(SMALL.to_dict() | {"strategy": "gradual", "thawed": 1})
AFRESH = Settings.from_dict(SMALL.to_dict() | {"strategy": "afresh"})


def silent(_):
    pass


def files(root):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(root.rglob("*")) if path.is_file()}


def predictions(folder):
    with open(folder / "predictions.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("strategy", "thawed"), [("head", []), ("gradual", [("layer3", 0.004)]), ("full", [("conv1", 0.004)])]
)
def test_a_strategy_is_phases(strategy, thawed):
    asked = Settings(strategy=strategy, head_epochs=4, epochs=6, head_lr=0.02, lr=0.004, thawed=2)
    head, *more = phases_of(lab_resnet(3), asked)
    assert (head.until, head.epochs, head.head_lr) == ("head", 4, 0.02)
    assert [(one.until, one.head_lr, one.epochs) for one in more] == [(*one, 6) for one in thawed]


def test_a_head_that_stays_alone_is_not_shown_views(photo_folder):
    alone, first = (fit(photo_folder(name=name), None, replace(SMALL, strategy=name), say=silent).history.cache
                    for name in ("head", "gradual"))  # fmt: skip
    assert " views" not in alone and "in 4 views" in first
    asked = fit(photo_folder(name="asked"), None, replace(SMALL, strategy="head", views=2), say=silent)
    assert "in 2 views" in asked.history.cache


def test_the_head_follows_from_the_seed_and_the_caller_s_dice_stay_as_they_were():
    state = torch.get_rng_state()
    first, other = (borrow(replace(SMALL, seed=seed), 3, silent)[0] for seed in (5, 6))
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(first.fc.weight, other.fc.weight)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        assert torch.equal(load_pretrained("lab-resnet", source="bundled", num_classes=3).fc.weight, first.fc.weight)


def test_auto_has_no_phases_of_its_own():
    with pytest.raises(ValueError, match="name one"):
        phases_of(lab_resnet(3), Settings())


def test_a_run_writes_all_that_it_promises(photo_folder, tmp_path):
    root = photo_folder()
    (root / "fox" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    before, said = files(root), []
    run = fit(root, tmp_path / "run", GRADUAL, say=said.append)
    assert files(root) == before
    written = {path.name for path in (tmp_path / "run").iterdir()}
    assert written == {"model.safetensors", "model.json", "report.html", "predictions.csv", "splits.csv",
                       "history.json", "config.json"}  # fmt: skip
    assert any("2 epochs from layer4" in line for line in said) and str(tmp_path / "run" / "report.html") in said[-1]
    rows = predictions(tmp_path / "run")
    assert len(rows) == len(run.split.test) and set(rows[0]) >= {"path", "label", "prediction", "confidence", "p(fox)"}
    right = np.mean([row["label"] == row["prediction"] for row in rows])
    assert right == pytest.approx(run.test.accuracy) and run.raw.accuracy == run.test.accuracy
    model = load_model(tmp_path / "run" / "model.safetensors")
    assert model.classes == ["badger", "fox", "lynx"] and model.card["borrowed_from"] == "bundled/lab-resnet"
    again = predict(model, [open_photo(row["path"]) for row in rows], device="cpu")
    assert np.allclose(again.max(1).values.numpy(), [float(row["confidence"]) for row in rows], atol=1e-3)
    page = (tmp_path / "run" / "report.html").read_text()
    assert "broken.jpg" in page and f"{run.test.accuracy:.1%}" in page and page.count("data:image") >= 4
    assert not re.search(r"(src|href)=['\"](?!data:)", page)
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert history["phase"] == history["again"]["phase"] == [0, 0, 0, 1, 1] and not history["again"]["val_loss"]
    assert model.card["photos"] == len(run.split.train) + len(run.split.val) == len(run.learned_from)
    assert f"once more, in the same way, on these {len(run.learned_from)} photos together" in page
    assert "can't be shown" not in page and any(
        "Say which photos were taken together" in step for step in next_steps(run)
    )


def test_a_run_is_repeated_from_its_config(photo_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = photo_folder()
    fit(root.relative_to(tmp_path), "run", SMALL, say=silent)
    picture((9, 9, 9), 5).save(root / "fox" / "newer.jpg")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert cli.main(["fit", "--config", "../run/config.json", "--out", "again"]) == 0
    assert (elsewhere / "again" / "predictions.csv").read_bytes() == (tmp_path / "run" / "predictions.csv").read_bytes()
    assert cli.main(["fit", "--config", "../run/config.json", "--out", "other", "--seed", "3"]) == 0
    assert json.loads((elsewhere / "other" / "config.json").read_text())["settings"]["seed"] == 3
    first, other = (read_run(path / "config.json") for path in (tmp_path / "run", elsewhere / "other"))
    assert first.parts == other.parts and first.network == "bundled/lab-resnet"


@pytest.fixture
def broken_off(monkeypatch):
    """A function that begins a run and breaks it off after so many epochs, of one training after the other."""
    save = Checkpoint.save

    def begin(root, out, settings, epochs):
        saved = []

        def killed(self, run, history, done):
            save(self, run, history, done)
            saved.append(done)
            if len(saved) == epochs:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Checkpoint, "save", killed)
            with pytest.raises(KeyboardInterrupt):
                fit(root, out, settings, say=silent)

    return begin


@pytest.mark.parametrize(  # in the second phase, at its end, and while it is trained once more
    ("settings", "saves"), [(GRADUAL, 4), (GRADUAL, 5), (GRADUAL, 7), (AFRESH, 2), (AFRESH, 6)]
)
def test_killed_and_resumed_is_as_never_broken_off(photo_folder, tmp_path, broken_off, settings, saves):
    root = photo_folder()
    whole = fit(root, tmp_path / "whole", settings, say=silent)
    broken_off(root, tmp_path / "run", settings, saves)
    with pytest.raises(FileExistsError, match="broken off: --resume"):
        fit(root, tmp_path / "run", settings, say=silent)
    resumed = fit(root, tmp_path / "run", resume=True, say=silent)
    for name, value in whole.model.state_dict().items():
        assert torch.allclose(value.float(), resumed.model.state_dict()[name].float(), atol=1e-6), name
    assert (tmp_path / "run" / "predictions.csv").read_bytes() == (tmp_path / "whole" / "predictions.csv").read_bytes()
    with pytest.raises(FileExistsError, match="nothing to resume"):
        fit(root, tmp_path / "run", resume=True, say=silent)
    with pytest.raises(FileExistsError, match="finished run"):
        fit(root, tmp_path / "run", settings, say=silent)


def test_the_last_training_is_that_of_all_photos_but_the_test_s(photo_folder, tmp_path):
    root = photo_folder()
    run, plain = (fit(root, None, replace(GRADUAL, refit=refit), say=silent) for refit in (True, False))
    assert plain.again is None and plain.learned_from is plain.split.train
    assert run.temperature == plain.temperature and run.history.loss == plain.history.loss
    model, _ = borrow(GRADUAL, 3, silent)
    fine_tune(
        model, run.split.train + run.split.val, phases=run.phases, batch_size=16, views=4, weight_decay=0.01, seed=0,
        balance=False, device="cpu", progress=False,
    )  # fmt: skip
    found = evaluate(model, run.split.test, device="cpu")
    assert np.allclose(found.probabilities, run.raw.probabilities, atol=1e-5)
    assert not np.allclose(plain.raw.probabilities, run.raw.probabilities, atol=1e-3)


def test_phases_are_kept_for_as_long_as_they_were_of_use():
    phases = (Phase("head", 3, 1e-2), Phase("layer4", 3, 1e-3), Phase("layer3", 3, 1e-4))
    history = History(phase=[0, 0, 0, 1, 1, 1, 2, 2], val_loss=[3, 2, 4, 3, 1, 2, 1, 5], loss=[1] * 8)
    assert kept_phases(phases, history, None) == phases
    history.best_epoch = 4
    assert kept_phases(phases, history, 2) == (replace(phases[0], epochs=2), replace(phases[1], epochs=2))
    history.best_epoch = 5
    assert kept_phases(phases, history, None) == phases[:2]
    history.best_epoch, history.val_loss = 7, [3, 2, 4, 3, 3, 2, 1, 0]
    assert kept_phases(phases, history, 2) == (replace(phases[0], epochs=2), replace(phases[2], epochs=2))


def test_a_run_goes_on_on_another_device(photo_folder, tmp_path, broken_off, capsys):
    root, out = photo_folder({"badger": 6, "fox": 6}), tmp_path / "run"
    broken_off(root, out, SMALL, 1)
    elsewhere = "mps" if torch.cuda.is_available() else "cuda"
    config = out / "config.json"
    config.write_text(config.read_text().replace('"device": "cpu"', f'"device": "{elsewhere}"'))
    assert cli.main(["fit", "--resume", "--out", str(out)]) == 2
    assert f"'{elsewhere}' is not on this machine" in capsys.readouterr().err
    for more, why in ((("--seed", "3"), "seed"), (("--config", str(config)), "config")):
        assert cli.main(["fit", "--resume", "--out", str(out), "--device", "cpu", *more]) == 2
        assert f"leave out --{why}" in capsys.readouterr().err
    assert cli.main(["fit", "--resume", "--out", str(out), "--device", "cpu"]) == 0
    assert read_run(config).settings == SMALL and len(json.loads((out / "history.json").read_text())["phase"]) == 3


def test_a_run_that_was_begun_inside_its_photos_goes_on(photo_folder, tmp_path, broken_off, monkeypatch):
    root = photo_folder({"badger": 8, "fox": 8})
    with monkeypatch.context() as patched:
        patched.chdir(root)
        broken_off(".", tmp_path / "run", SMALL, 2)
    assert fit(None, tmp_path / "run", resume=True, say=silent).split.train.paths[0].is_absolute()


def test_a_run_goes_on_with_the_settings_it_was_begun_with(photo_folder, tmp_path, broken_off):
    out = tmp_path / "run"
    broken_off(photo_folder({"badger": 6, "fox": 6}), out, SMALL, 1)
    begun = files(out)
    with pytest.raises(ValueError, match=r"other settings \(weight_decay=0.01, now 0.1; whole=True, now False\)"):
        fit(None, out, replace(SMALL, whole=False, weight_decay=0.1, device=None), resume=True, say=silent)
    assert files(out) == begun


def test_a_run_goes_on_where_its_photos_are_now(photo_folder, tmp_path, broken_off, capsys):
    root, out, new = photo_folder({"badger": 8, "fox": 8}), tmp_path / "run", tmp_path / "disk" / "photos"
    whole = fit(root, None, SMALL, say=silent)
    broken_off(root, out, SMALL, 2)
    shutil.copytree(root, new)
    begun = files(out)

    def told(*given):
        assert cli.main(["fit", *map(str, given), "--resume", "--out", str(out), "--device", "cpu"]) == 2
        assert files(out) == begun
        return capsys.readouterr().err

    assert f"had the photos of {root}, which are there, not of {new}" in told(new)
    (root / "fox" / "fox003x.jpg").rename(tmp_path / "lost.jpg")
    assert "1 photos of the run that was broken off are not here" in told() and "fox003x.jpg: put" in told()
    shutil.rmtree(root)
    assert f"are no longer in {root}: put them back, or say where they are now, by chapter9 fit FOLDER" in told()
    renamed = new.rename(tmp_path / "disk" / "pictures")
    assert "called 'pictures' that was 'photos' when the run was begun" in told(renamed)
    renamed.rename(new)
    (new / "fox" / "fox003x.jpg").rename(tmp_path / "lost.jpg")
    assert f"doesn't hold all photos of the run that was broken off (1 of 16, the first {new / 'fox'}" in told(new)
    (tmp_path / "lost.jpg").rename(new / "fox" / "fox003x.jpg")
    resumed = fit(new, out, resume=True, say=silent)
    assert [path.relative_to(new) for path in resumed.split.test.paths] == [
        path.relative_to(root) for path in whole.split.test.paths
    ]
    assert np.allclose(resumed.test.probabilities, whole.test.probabilities, atol=1e-5)
    now = read_run(out / "config.json")
    assert now.source == new and set(now.parts) == set(new.rglob("*.jpg")) and now.settings == SMALL


def test_a_class_that_came_later_is_left_out_of_a_run_that_goes_on(photo_folder, tmp_path, broken_off, capsys):
    root, out, again = photo_folder({"badger": 8, "fox": 8}), tmp_path / "run", tmp_path / "again"
    broken_off(root, out, SMALL, 2)
    for number in range(3):
        path = root / "adder" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        picture((9, 9, 9), number).save(path)
    assert cli.main(["fit", "--resume", "--out", str(out)]) == 0
    assert cli.main(["fit", "--config", str(out / "config.json"), "--out", str(again)]) == 0
    assert "3 photos are new since the earlier run, and left out" in capsys.readouterr().out
    assert load_model(out / "model.safetensors").classes == ["badger", "fox"]
    first, second = (np.array([float(row["p(badger)"]) for row in predictions(run)]) for run in (out, again))
    assert np.allclose(first, second, atol=1e-4)
    assert cli.main(["examine", str(out / "model.safetensors"), str(root)]) in (0, 1)
    assert "left out" in capsys.readouterr().out


def test_photos_named_by_way_of_another_folder_are_the_same(photo_folder, tmp_path, monkeypatch):
    root, beside, said = photo_folder({"badger": 6, "fox": 6}), tmp_path / "beside", []
    beside.mkdir()
    monkeypatch.chdir(beside)
    fit("../photos", "../run", replace(SMALL, head_epochs=1, refit=False), say=silent)
    run = read_run(tmp_path / "run" / "config.json")
    assert run.source == root and set(run.parts) == set(root.rglob("*.jpg"))
    for place in ("../photos", root):
        again = as_before(open_source(place), run, said.append, resume=True)
        assert again.split == list(run.parts.values()) and not said
    config = tmp_path / "run" / "config.json"
    config.write_text(config.read_text().replace(str(root), f"{beside}/../photos"))
    assert read_run(config) == run, "as runs were written down once"


def test_twelve_photos_are_enough_to_begin_with(photo_folder, tmp_path):
    run = fit(photo_folder({"badger": 6, "fox": 6}), tmp_path / "run", SMALL, say=silent)
    assert [phase.until for phase in run.phases] == ["head"] and 2 <= len(run.split.test) <= 4
    assert any("The test is small" in step for step in next_steps(run))


def test_a_handful_of_validation_photos_chooses_nothing(photo_folder, tmp_path):
    said = []
    few = fit(photo_folder({"badger": 8, "fox": 8}, "few"), tmp_path / "run", SMALL, say=said.append)
    assert few.history.best_epoch is None and len(few.history) == SMALL.head_epochs
    assert any("too few to choose by" in line for line in said)
    assert "Kept were the weights of the last epoch." in (tmp_path / "run" / "report.html").read_text()
    many = Settings.from_dict(SMALL.to_dict() | {"val": 0.4, "head_epochs": 9, "patience": 1})
    chosen = fit(photo_folder({"badger": 70, "fox": 70}, "many"), None, many, say=said.append)
    assert chosen.history.best_epoch is not None and not too_few(chosen.split.val, chosen.split.by)
    settled = fit(photo_folder({"badger": 70, "fox": 70}, "settled"), None,
                  Settings.from_dict(many.to_dict() | {"patience": None}), say=said.append)  # fmt: skip
    ends = {len(settled.history) - 1 - settled.history.phase[::-1].index(phase) for phase in settled.history.phase}
    assert settled.history.best_epoch in ends


def test_whoever_breaks_a_run_off_is_told_how_to_go_on(photo_folder, tmp_path, monkeypatch, capsys):
    def killed(self, run, history, done):
        save(self, run, history, done)
        raise KeyboardInterrupt

    save, root, out = Checkpoint.save, photo_folder(), tmp_path / "my run"
    asked = ["fit", str(root), "--out", str(out), "--network", "bundled/lab-resnet", "--strategy", "head"]
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "save", killed)
        assert cli.main(asked) == 130
    assert f"To go on: chapter9 fit --resume --out '{out}'" in capsys.readouterr().err
    assert cli.main(["fit", "--resume", "--out", str(out)]) == 0


def test_what_the_system_left_in_a_folder_keeps_no_run_out(photo_folder, tmp_path):
    (tmp_path / "run").mkdir()
    for name in (".DS_Store", ".training.safetensors.ab12cd"):
        (tmp_path / "run" / name).write_bytes(b"")
    assert fit(photo_folder(), tmp_path / "run", SMALL, say=silent).folder == tmp_path / "run"


@pytest.mark.parametrize(
    "wrong",
    [
        {"lr": 0.0},
        {"head_lr": -1e-3},
        {"layer_decay": float("nan")},
        {"weight_decay": -1.0},
        {"seed": -1},
        {"layer_decay": 2.0},
        {"views": -1},
        {"by": "camra"},
    ],
)
def test_a_setting_that_makes_no_sense_is_named(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}=.*is wanted"):
        Settings(**wrong)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"batch_size": 1.5}, "whole number"),
        ({"head_epochs": "3"}, "whole number"),
        ({"thawed": 2.0}, "whole number"),
        ({"views": 0.5}, "whole number"),
        ({"patience": 2.5}, "whole number"),
        ({"seed": None}, "whole number"),
        ({"lr": "1e-3"}, "number"),
        ({"head_lr": None}, "number"),
        ({"val": "0.2"}, "number"),
    ],
)
def test_a_setting_that_is_no_such_number_is_named(wrong, kind):
    with pytest.raises(TypeError, match=f"{next(iter(wrong))}=.*: a {kind} is wanted"):
        Settings(**wrong)
    assert json.loads(json.dumps(Settings(epochs=np.int64(3)).to_dict()))["epochs"] == 3


def test_the_command_line_stops_early_where_it_is_asked_to(photo_folder, tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setattr("chapter9_lib.pipeline.fit", lambda *args, **options: asked.update(settings=args[2]))
    assert cli.main(["fit", str(photo_folder()), "--out", str(tmp_path / "run"), "--patience", "4"]) == 0
    assert asked["settings"] == Settings(patience=4)


def test_a_rare_class_counts_as_much(photo_folder, monkeypatch):
    asked = {}
    from chapter9_lib.pipeline import learning

    def noted(*args, **options):
        asked.update(options)
        raise InterruptedError

    monkeypatch.setattr(learning, "fine_tune", noted)
    for counts, balanced in (({"badger": 24, "fox": 5}, True), ({"badger": 10, "fox": 8}, False)):
        with pytest.raises(InterruptedError):
            fit(photo_folder(counts, f"photos {balanced}"), None, SMALL, say=silent)
        assert asked["balance"] is balanced


def test_what_cannot_be_done_is_said_in_a_line_and_leaves_nothing(photo_folder, tmp_path, capsys):
    out, root = tmp_path / "run", photo_folder()
    bundled = ["--network", "bundled/lab-resnet"]
    wrong = {
        (photo_folder({"fox": 9}, "one"), *bundled): "one class only", (tmp_path / "nowhere",): "There is no folder",
        (root, "--network", "bundled/lab-resnt"): "Did you mean lab-resnet", (root, "--by", "site"): "camera or burst",
        (root, "--strategy", "magic"): "choose one of auto", (root, "--out", root / "runs"): "lies among the photos",
        (root, "--lr", "0"): "lr=0.0: a number above 0", (root, "--seed", "-1"): "seed=-1: at least 0",
        (root, "--device", "gpu"): "device='gpu'",
        (root, "--resume"): "leave out --resume", (): "Which photos?", ("--resume", "--seed", "3"): "leave out --seed",
    }  # fmt: skip
    for given, why in wrong.items():
        arguments = list(map(str, given)) + ([] if "--out" in given or not given else ["--out", str(out)])
        assert cli.main(["fit", *arguments]) == 2
        assert why in capsys.readouterr().err and not out.exists() and not (root / "runs").exists(), given
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    assert cli.main(["fit", str(root), "--out", str(out)]) == 2
    assert "not empty, and was left as it is" in capsys.readouterr().err and list(files(out)) == [out / "thesis.txt"]


def test_the_folder_of_a_run_has_the_whole_name_of_the_photos(photo_folder, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("chapter9_lib.pipeline.fit", lambda photos, out, *args, **options: asked.append(str(out)))
    for given in (photo_folder(name="photos.v1"), tmp_path / "photos.v1" / ".." / "table.csv"):
        assert cli.main(["fit", str(given)]) == 0
    monkeypatch.chdir(tmp_path / "photos.v1")
    assert cli.main(["fit", "."]) == 0
    assert asked == [os.path.join("runs", name) for name in ("photos.v1", "table", "photos.v1")]


@pytest.mark.parametrize("launch", [
    ["torch.distributed.run", "--nproc-per-node", "2", "--standalone"],
    ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"],
], ids=["torchrun", "accelerate"])  # fmt: skip
def test_two_processes_write_one_run(photo_folder, tmp_path, launch):
    root = photo_folder()
    options = ["--network", "bundled/lab-resnet", "--head-epochs", "2", "--epochs", "1", "--batch-size", "9",
               "--device", "cpu", "--strategy", "gradual"]  # fmt: skip
    assert cli.main(["fit", str(root), "--out", str(tmp_path / "one"), *options]) == 0
    two = ["-m", "chapter9_lib.cli", "fit", str(root), "--out", str(tmp_path / "two"), *options]
    done = subprocess.run(
        [sys.executable, "-m", *launch, *two],
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}, capture_output=True, text=True,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("report: ") == 1
    one, two = (predictions(tmp_path / name) for name in ("one", "two"))
    assert [row["path"] for row in one] == [row["path"] for row in two]
    for kind in ("badger", "fox", "lynx"):
        values = [[float(row[f"p({kind})"]) for row in rows] for rows in (one, two)]
        assert np.allclose(*values, atol=2e-3)


def test_without_a_network_the_bundled_one_takes_its_place_and_says_so(photo_folder, monkeypatch):
    from chapter9_lib.pipeline import borrowing

    own = borrowing.load_pretrained

    def offline(name, source, num_classes):
        if source == "timm":
            raise ConnectionError(
                "The weights of timm's mobilenetv2_100 are not here (no route). Connect to the network"
            )
        return own(name, source=source, num_classes=num_classes)

    monkeypatch.setattr(borrowing, "load_pretrained", offline)
    said = []
    model, name = borrowing.borrow(Settings(), 3, said.append)
    assert name == "bundled/lab-resnet" and "The bundled network takes its place" in said[0] and "no route" in said[0]
    assert "chapter9 weights timm/mobilenetv2_100" in said[0]
    with pytest.raises(ConnectionError):
        borrowing.borrow(Settings(network="timm/resnet50"), 3, said.append)


def test_predictions_name_what_cannot_be_read(photo_folder, tmp_path, capsys):
    root = photo_folder({"badger": 6, "fox": 6})
    fit(root, tmp_path / "run", SMALL, say=silent)
    (root / "fox" / "empty.jpg").write_bytes(b"")
    model = tmp_path / "run" / "model.safetensors"
    found = predict_photos(model, [root / "fox", root / "badger" / "badger000x.jpg"], device="cpu")
    assert len(found.files) == 7 and list(found.unreadable) == [root / "fox" / "empty.jpg"]
    assert cli.main(["predict", str(model), str(root), "--out", str(tmp_path / "answers.csv"), "--device", "cpu"]) == 0
    with open(tmp_path / "answers.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 13 and "0 bytes" in rows[-1]["error"] and rows[0]["prediction"] in ("badger", "fox")
    assert cli.main(["predict", str(model), str(root), "--out", str(tmp_path / "answers.csv")]) == 2
    assert "left as it is" in capsys.readouterr().err
    assert cli.main(["predict", str(model), str(root / "badger" / "badger001x.jpg")]) == 0
    assert "badger001x.jpg: " in capsys.readouterr().out
    for wrong, why in ((tmp_path / "none.jpg", "There is no"), (tmp_path / "run", "holds no photo")):
        assert cli.main(["predict", str(model), str(wrong)]) == 2
        assert why in capsys.readouterr().err
    assert cli.main(["examine", str(model), str(root)]) in (0, 1)


def test_before_it_trains_a_network_is_examined_as_its_first_phase_freezes_it(photo_folder, monkeypatch):
    from chapter9_lib.pipeline import learning

    thawed = []

    def look(model, *args, **options):
        thawed.append({name.split(".")[0] for name, parameter in model.named_parameters() if parameter.requires_grad})
        raise InterruptedError

    monkeypatch.setattr(learning, "examine", look)
    for strategy in ("gradual", "full"):
        with pytest.raises(InterruptedError):
            fit(photo_folder(name=strategy), None, replace(SMALL, strategy=strategy), say=silent)
    assert thawed == [{"fc"}, {"fc"}]  # and so a step of it needs the memory of the head's gradients alone


def test_a_model_is_examined_on_the_split_of_its_run(photo_folder, tmp_path, monkeypatch, capsys):
    root = photo_folder()
    run = fit(root, tmp_path / "run", replace(SMALL, seed=3), say=silent)
    looked_at = {}

    def look(model, train, val):
        looked_at.update(train={*train.paths}, val={*val.paths})
        return SimpleNamespace(healthy=True)

    monkeypatch.setattr("chapter9_lib.studies.examine", look)
    assert cli.main(["examine", str(tmp_path / "run" / "model.safetensors"), str(root)]) == 0
    assert looked_at == {"train": {*run.split.train.paths}, "val": {*run.split.val.paths}}
    alone = save_model(load_model(tmp_path / "run" / "model.safetensors"), tmp_path / "elsewhere")
    (tmp_path / "config.json").write_text("{}")  # somebody else's
    assert cli.main(["examine", str(alone), str(root)]) == 0
    assert looked_at["train"] | looked_at["val"] < set(open_folder(root, report=False).paths)


def test_the_worst_mistakes_are_the_surest_and_of_several_bursts(photo_folder):
    from chapter9_lib.training import Evaluation

    sure = np.array([0.9, 0.8, 0.7, 0.99, 0.6])
    found = Evaluation(np.stack([sure, 1 - sure], 1), np.array([1, 1, 1, 0, 1]), ["a", "b"], np.array(list("xxxyz")))
    assert worst_mistakes(found) == [0, 1, 4]


def test_afresh_draws_the_deep_stages_anew_and_trains_all_with_living_norms(photo_folder, tmp_path):
    settings = replace(AFRESH, head_epochs=1, epochs=1)
    borrowed = borrow(settings, 3, silent)[0]
    run = fit(photo_folder(), tmp_path / "run", settings, say=silent)
    assert [(phase.until, phase.epochs) for phase in run.phases] == [("conv1", 2)]
    assert "layer3 and all behind it drawn anew" in run.why and "random augmentation" in run.history.cache
    assert not any(map(is_held, run.model.modules()))
    now, before = run.model.state_dict(), borrowed.state_dict()
    likeness = {name: torch.cosine_similarity(now[name].flatten(), weights.flatten(), 0).item()
                for name, weights in before.items() if name.startswith("layer") and weights.dim() == 4}  # fmt: skip
    kept = [value for name, value in likeness.items() if name.startswith(("layer1", "layer2"))]
    anew = [value for name, value in likeness.items() if name.startswith(("layer3", "layer4"))]
    assert min(kept) > 0.9 and max(anew) < 0.3
    same = fit(like=tmp_path / "run" / "config.json", say=silent)
    assert all(torch.equal(weights, now[name]) for name, weights in same.model.state_dict().items())
