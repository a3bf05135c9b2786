"""Phases, their rates, and going on after a break (P6 to P9 of the pitfalls)."""

import copy
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import timm
import torch
from torch import nn

from chapter9_lib.models import freeze, freeze_batchnorm, lab_resnet, stages
from chapter9_lib.training import (
    Phase,
    fine_tune,
    flat,
    gradual_unfreezing,
    learning_rate_groups,
    lp_ft,
    slanted_triangular,
    ulmfit,
)
from chapter9_lib.training.checkpoints import digest_of
from chapter9_lib.training.optimizers import build_optimizer, parameter_groups
from chapter9_lib.training.run import Run

THREE = [Phase("head", 2, 1e-2), Phase("layer4", 2, 1e-2, 0.1), Phase("layer3", 3, 1e-2, 0.1)]
SETTINGS = {"batch_size": 8, "device": "cpu", "progress": False}


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def apart(first, second):
    return max(float((first[name].double() - second[name].double()).abs().max()) for name in first)


def test_every_trainable_parameter_learns_at_the_rate_of_its_stage():
    for model in (lab_resnet(3), timm.create_model("test_vit", num_classes=3)):
        groups = learning_rate_groups(model, head_lr=1.0, layer_decay=0.5)
        held = [id(p) for group in groups for p in group["params"]]
        assert sorted(held) == sorted(id(p) for p in model.parameters())
        rate = {id(p): group["lr"] for group in groups for p in group["params"]}
        for distance, stage in enumerate(reversed(stages(model))):
            assert {rate[id(p)] for p in stage.parameters()} == {0.5**distance}
        decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
        spared = model.no_weight_decay() if hasattr(model, "no_weight_decay") else ()
        assert all((decay[id(p)] == 0) == (p.ndim <= 1 or name in spared) for name, p in model.named_parameters())


def test_what_a_network_spares_of_decay_is_spared_in_any_wrapping():
    model = timm.create_model("test_vit", num_classes=3)
    compiled = torch.compile(model, backend="eager")

    def spared(groups):
        return {id(p) for group in groups for p in group["params"] if group["weight_decay"] == 0}

    own = spared(parameter_groups(model, 1e-3, 0.1))
    assert {id(model.pos_embed), id(model.cls_token)} < own == spared(learning_rate_groups(compiled))
    for wrapped in (compiled, nn.DataParallel(model), nn.DataParallel(compiled)):
        assert spared(parameter_groups(wrapped, 1e-3, 0.1)) == own


def test_frozen_stages_have_no_group_and_shift_no_rate():
    model = freeze(lab_resnet(3), until="layer3")
    model.layer4.requires_grad_(False)
    groups = learning_rate_groups(model, head_lr=1.0, layer_decay=0.1)
    assert {(group["name"], round(group["lr"], 9)) for group in groups} == {("head", 1.0), ("layer3", 0.01)}
    with pytest.raises(ValueError, match="Nothing to train"):
        learning_rate_groups(model.requires_grad_(False))


def test_rates_follow_timms_layer_decay_where_the_groups_are_the_same():
    from timm.optim import param_groups_layer_decay

    model = timm.create_model("test_vit", num_classes=3)
    ours = {id(p): g["lr"] for g in learning_rate_groups(model, 1.0, 0.75) for p in g["params"]}
    theirs = {id(p): g["lr_scale"] for g in param_groups_layer_decay(model, layer_decay=0.75) for p in g["params"]}
    blocks = [p for name, p in model.named_parameters() if name.startswith("blocks.")]
    ratios = {round(ours[id(p)] / theirs[id(p)], 12) for p in blocks}
    assert len(ratios) == 1, "from block to block the same steps"


def test_a_schedule_of_torch_moves_every_rate():
    model = lab_resnet(3)
    optimizer = torch.optim.AdamW(learning_rate_groups(model, 1e-3, 0.1))
    before = [group["lr"] for group in optimizer.param_groups]
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    optimizer.step()
    scheduler.step()
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([rate / 2 for rate in before])


def test_equal_values_are_not_the_same_parameter():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 2))
    model.preprocessing = None
    stages(model, torch.zeros(2, 3, 2, 2))
    held = [id(p) for group in learning_rate_groups(model) for p in group["params"]]
    assert len(held) == len(set(held)) == 6


def test_moments_go_along_to_the_next_phase():
    model = freeze(lab_resnet(3))
    first = build_optimizer("adamw", learning_rate_groups(model))
    model(torch.rand(4, 3, 72, 96)).sum().backward()
    first.step()
    freeze(model, until="layer4")
    second = build_optimizer("adamw", learning_rate_groups(model), first)
    assert int(second.state[model.fc.weight]["step"]) == 1
    assert torch.equal(second.state[model.fc.weight]["exp_avg"], first.state[model.fc.weight]["exp_avg"])
    assert model.layer4[0].conv1.weight not in second.state


def test_phases_thaw_what_they_say_and_no_more(small_model, toy_photos):
    before = weights(small_model)
    history = fine_tune(small_model, toy_photos(24), toy_photos(9, seed=1), phases=THREE, **SETTINGS)
    after = small_model.state_dict()
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"layer3", "layer4", "fc"}
    assert history.phase == [0, 0, 1, 1, 2, 2, 2] and history.lr[0] == history.lr[2] == history.lr[4] == 1e-2
    assert [line.split(":")[0] for line in history.cache.splitlines()] == ["used", "not used", "not used"]
    trained = {name.split(".")[0] for name, p in small_model.named_parameters() if p.requires_grad}
    assert trained == {"layer3", "layer4", "fc"}


def test_phases_from_the_cache_end_with_the_same_weights(small_model, toy_photos):
    models = [freeze_batchnorm(copy.deepcopy(small_model)) for _ in range(2)]
    seen = []
    models[0].conv1[0].register_forward_hook(lambda module, args, output: seen.append(len(args[0])))
    histories = [
        fine_tune(model, toy_photos(24), toy_photos(9, seed=1), phases=THREE, augment=False, cache=cache, **SETTINGS)
        for model, cache in zip(models, (True, False), strict=True)
    ]
    assert apart(*(model.state_dict() for model in models)) <= 1e-5
    assert histories[0].val_loss == pytest.approx(histories[1].val_loss, rel=1e-4)
    assert histories[0].cache.count("ran once over 33 photos") == 1, "one pass serves all three phases"
    assert sum(seen) < 33 + 80 < 7 * 33, "one pass, and probes of a few photos for each boundary"


def test_a_boundary_that_was_trained_in_front_is_filled_again(small_model, toy_photos):
    phases = [Phase("head", 1), Phase("layer3", 1), Phase("head", 1)]
    models = [freeze_batchnorm(copy.deepcopy(small_model)) for _ in range(2)]
    for model, cache in zip(models, (True, False), strict=True):
        fine_tune(model, toy_photos(24), phases=phases, augment=False, cache=cache, **SETTINGS)
    assert apart(*(model.state_dict() for model in models)) <= 1e-5


@pytest.mark.parametrize("breaks_after", [1, 2, 3, 6])
@pytest.mark.parametrize("kept", [{}, {"patience": 1}, {"best_phase": True}], ids=["last", "epoch", "phase"])
def test_broken_off_and_resumed_it_ends_as_if_nothing_had_happened(
    small_model, toy_photos, tmp_path, monkeypatch, breaks_after, kept
):
    data, path = (toy_photos(24), toy_photos(9, seed=1)), tmp_path / "run" / "state.safetensors"
    whole, broken, other = (copy.deepcopy(small_model) for _ in range(3))
    options = {"phases": THREE, **kept, **SETTINGS}
    expected = fine_tune(whole, *data, **options)

    from chapter9_lib.training.checkpoints import Checkpoint

    save, saves = Checkpoint.save, []

    def killed(self, *args):
        save(self, *args)
        saves.append(1)
        if len(saves) == breaks_after:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoint, "save", killed)
        fine_tune(broken, *data, checkpoint=path, **options)
        raise KeyboardInterrupt  # ended by itself before it could be broken off
    torch.manual_seed(123)
    history = fine_tune(other, *data, checkpoint=path, **options)
    assert apart(whole.state_dict(), other.state_dict()) == 0
    assert history.val_loss == expected.val_loss and history.phase == expected.phase
    assert history.best_epoch == expected.best_epoch and history.cache == expected.cache
    again = copy.deepcopy(small_model)
    assert fine_tune(again, *data, checkpoint=path, **options).val_loss == expected.val_loss, "finished stays finished"
    assert apart(whole.state_dict(), again.state_dict()) == 0


def test_a_checkpoint_of_another_training_is_refused(small_model, toy_photos, tmp_path):
    path = tmp_path / "state.safetensors"
    fine_tune(copy.deepcopy(small_model), toy_photos(8), phases=THREE[:1], checkpoint=path, **SETTINGS)
    with pytest.raises(ValueError, match=r"state\.safetensors was begun with other settings \(seed 0, now 1\)"):
        fine_tune(small_model, toy_photos(8), phases=THREE[:1], checkpoint=path, seed=1, **SETTINGS)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"state\.safetensors is no checkpoint of fine_tune, or damaged"):
        fine_tune(small_model, toy_photos(8), phases=THREE[:1], checkpoint=path, **SETTINGS)


def test_a_function_as_schedule_is_known_again_in_another_process(small_model, toy_photos, tmp_path):
    phases = [Phase("head", 1, schedule=lambda progress: 1 - progress)]
    fine_tune(copy.deepcopy(small_model), toy_photos(8), phases=phases, checkpoint=tmp_path / "s", **SETTINGS)
    again = [Phase("head", 1, schedule=lambda progress: 1 - progress)]
    fine_tune(copy.deepcopy(small_model), toy_photos(8), phases=again, checkpoint=tmp_path / "s", **SETTINGS)
    other = [Phase("head", 1, schedule=lambda progress: 1.0)]
    with pytest.raises(ValueError, match="other settings"):
        fine_tune(small_model, toy_photos(8), phases=other, checkpoint=tmp_path / "s", **SETTINGS)


def test_what_was_frozen_or_held_is_part_of_a_checkpoint(small_model, toy_photos, tmp_path):
    for number, change in enumerate((freeze, freeze_batchnorm, lambda model: lab_resnet(4))):
        path = tmp_path / str(number)
        fine_tune(copy.deepcopy(small_model), toy_photos(8), epochs=1, checkpoint=path, **SETTINGS)
        with pytest.raises(ValueError, match="other settings"):
            fine_tune(change(copy.deepcopy(small_model)), toy_photos(8), epochs=1, checkpoint=path, **SETTINGS)
    path = tmp_path / "photos"
    fine_tune(copy.deepcopy(small_model), toy_photos(8), epochs=1, checkpoint=path, **SETTINGS)
    other = toy_photos(8)
    other.labels = other.labels[::-1].copy()
    with pytest.raises(ValueError, match="other settings .*photos"):
        fine_tune(small_model, other, epochs=1, checkpoint=path, **SETTINGS)
    with pytest.raises(ValueError, match="other settings .*photos"):  # other pictures under the same labels
        fine_tune(small_model, toy_photos(8, seed=3), epochs=1, checkpoint=path, **SETTINGS)
    with pytest.raises(ValueError, match="is a folder"):
        fine_tune(small_model, toy_photos(8), epochs=1, checkpoint=tmp_path, **SETTINGS)


def test_a_phase_that_leaves_things_as_they_are_follows_the_one_before(small_model, toy_photos, tmp_path):
    phases = [Phase("layer4", 1), Phase(None, 2)]
    whole, other = copy.deepcopy(small_model), copy.deepcopy(small_model)
    history = fine_tune(freeze(whole), toy_photos(16), phases=phases, **SETTINGS)
    assert history.cache.count("random augmentation") == 2, "layer4 is trained in both, with augmentation"

    from chapter9_lib.training.checkpoints import Checkpoint

    save = Checkpoint.save

    def killed(self, run, history, done):
        save(self, run, history, done)
        if run.leg.number == 1:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoint, "save", killed)
        broken = freeze(copy.deepcopy(small_model))
        fine_tune(broken, toy_photos(16), phases=phases, checkpoint=tmp_path / "s", **SETTINGS)
    fine_tune(freeze(other), toy_photos(16), phases=phases, checkpoint=tmp_path / "s", **SETTINGS)
    assert apart(whole.state_dict(), other.state_dict()) == 0


def test_moments_wait_for_a_stage_that_comes_back(small_model, toy_photos):
    steps = []

    from chapter9_lib.training.run import Run

    begin = Run.begin

    def noted(self, leg, groups):
        begin(self, leg, groups)
        state = self.optimizer.state.get(self.model.layer4[0].conv1.weight, {})
        steps.append(int(state.get("step", 0)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "begin", noted)
        fine_tune(small_model, toy_photos(16), phases=[Phase("layer4", 1), Phase("head", 1), Phase("layer4", 1)],
                  **SETTINGS)  # fmt: skip
    assert steps == [0, 2, 2]


def test_patience_of_nothing_is_refused(small_model, toy_photos):
    with pytest.raises(ValueError, match="patience=0"):
        fine_tune(small_model, toy_photos(8), toy_photos(4), patience=0, **SETTINGS)


def test_the_ready_lists():
    model = lab_resnet(3)
    assert [(p.until, p.head_lr, p.layer_decay) for p in gradual_unfreezing(model)] == [
        ("head", 1e-3, 0.1), ("layer4", 1e-3, 0.1), ("layer3", 1e-3, 0.1)
    ]  # fmt: skip
    assert [p.until for p in lp_ft()] == ["head", "stem"] and [p.until for p in flat()] == ["stem"]
    recipe = ulmfit(model, epochs=4)
    assert [(p.until, p.epochs) for p in recipe] == [
        ("head", 1), ("layer4", 1), ("layer3", 1), ("layer2", 1), ("layer1", 1), ("conv1", 4)
    ]  # fmt: skip
    assert recipe[0].layer_decay == pytest.approx(1 / 2.6) and recipe[0].schedule is slanted_triangular
    with pytest.raises(ValueError, match="5 stages before its head"):
        gradual_unfreezing(model, thawed=6)
    with pytest.raises(ValueError, match="layer_decay"):
        Phase(layer_decay=2.0)
    with pytest.raises(ValueError, match="layer_decay=0"):
        learning_rate_groups(model, layer_decay=0)
    with pytest.raises(ValueError, match="weight_decay=-0.1"):
        learning_rate_groups(model, weight_decay=-0.1)
    with pytest.raises(ValueError, match="positive head_lr"):
        Phase(head_lr=float("nan"))
    with pytest.raises(ValueError, match="augment='flip': True, False or None"):
        Phase(augment="flip")
    for wrong, said in (({"epochs": 1.5}, "epochs=1.5: a whole"), ({"head_lr": "1e-3"}, "head_lr='1e-3': a number"),
                        ({"layer_decay": None}, "layer_decay=None: a number")):  # fmt: skip
        with pytest.raises(TypeError, match=said):
            Phase(**wrong)


def test_unknown_stages_and_empty_lists_are_said_before_anything_is_trained(small_model, toy_photos):
    before = weights(small_model)
    with pytest.raises(ValueError, match="no such stage"):
        fine_tune(small_model, toy_photos(8), phases=[Phase("head", 1), Phase("layer9", 1)], **SETTINGS)
    with pytest.raises(ValueError, match="phases is empty"):
        fine_tune(small_model, toy_photos(8), phases=[], **SETTINGS)
    with pytest.raises(TypeError, match=r"a list is wanted: phases=\[Phase"):
        fine_tune(small_model, toy_photos(8), phases=Phase("head", 1), **SETTINGS)
    with pytest.raises(TypeError, match=r"phases holds \('head', 1\), which is no Phase"):
        fine_tune(small_model, toy_photos(8), phases=[("head", 1)], **SETTINGS)
    assert apart(before, small_model.state_dict()) == 0


@pytest.mark.parametrize(
    ("last", "options", "reason"),
    [
        (Phase("stem", 1, augment=False), {"cache": True}, "phase 2 .* nothing is frozen in front of conv1"),
        (Phase("layer4", 1), {"cache": True}, "phase 2 .* random augmentation"),
        (Phase("stem", 1), {"views": 100_000}, "100000 views of 12 photos take"),
    ],
)
def test_what_a_later_phase_is_refused_for_is_said_before_anything_is_trained(
    small_model, toy_photos, last, options, reason
):
    seen, phases = [], [Phase("head", 1, augment=False), last]
    with pytest.raises(ValueError, match=reason):
        fine_tune(small_model, toy_photos(12), phases=phases, batch_size=4, device="cpu", progress=False,
                  watch=lambda model, history: seen.append(len(history)), **options)  # fmt: skip
    assert not seen


@pytest.mark.parametrize(
    ("beside", "cure"),
    [
        ({"epochs": 5}, r"epochs=5 .*Phase\(\.\.\., epochs=5\)"),
        ({"lr": 1e-4}, r"lr=0\.0001 .*Phase\(\.\.\., head_lr=0\.0001\)"),
        ({"schedule": "constant"}, r"schedule='constant' .*Phase\(\.\.\., schedule='constant'\)"),
    ],
)
def test_what_phases_say_is_not_said_beside_them(small_model, toy_photos, beside, cure):
    with pytest.raises(ValueError, match=cure):
        fine_tune(small_model, toy_photos(8), phases=THREE[:1], **beside, **SETTINGS)


def test_slanted_triangle_is_the_papers():
    steps, cut_frac, ratio = 200, 0.1, 32
    cut = math.floor(steps * cut_frac)
    for t in range(steps):
        p = t / cut if t < cut else 1 - (t - cut) / (cut * (1 / cut_frac - 1))
        assert slanted_triangular(t / steps) == pytest.approx((1 + p * (ratio - 1)) / ratio, abs=1e-12)


def test_a_slanted_triangle_that_never_falls_is_refused():
    assert slanted_triangular(0.0, cut=0.0) == slanted_triangular(0.5, cut=0.5) == 1
    for cut in (1.0, 1.5, -0.1, math.nan):
        with pytest.raises(ValueError, match=f"cut={cut}: a share in"):
            slanted_triangular(1.0, cut=cut)
    with pytest.raises(ValueError, match="ratio=0"):
        slanted_triangular(0.5, ratio=0)


def test_sgd_goes_on_after_a_break_too(small_model, toy_photos, tmp_path):
    options = {"phases": THREE[:2], "optimizer": "sgd", **SETTINGS}
    whole, part = copy.deepcopy(small_model), copy.deepcopy(small_model)
    fine_tune(whole, toy_photos(24), **options)
    path = tmp_path / "state.safetensors"

    from chapter9_lib.training.checkpoints import Checkpoint

    save = Checkpoint.save

    def killed(self, *args):
        save(self, *args)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoint, "save", killed)
        fine_tune(part, toy_photos(24), checkpoint=path, **options)
    again = copy.deepcopy(small_model)
    fine_tune(again, toy_photos(24), checkpoint=path, **options)
    assert apart(whole.state_dict(), again.state_dict()) == 0
    with pytest.raises(ValueError, match="choose one of adamw, sgd"):
        fine_tune(small_model, toy_photos(8), epochs=1, optimizer="adam", **SETTINGS)


def test_photos_in_files_are_known_by_folder_name_and_size(small_model, toy_photos, tmp_path):
    one, copied = toy_photos(6, folder=tmp_path / "a" / "x"), toy_photos(6, folder=tmp_path / "b" / "a" / "x")
    assert digest_of(one) == digest_of(copied), "a folder that was moved is the same"
    elsewhere = toy_photos(6, folder=tmp_path / "a" / "y")
    assert digest_of(elsewhere) != digest_of(one)
    one.paths[2].write_bytes(one.paths[2].read_bytes() + b"more")
    assert digest_of(one) != digest_of(copied)


def test_rates_fall_from_stage_to_stage_where_nothing_more_is_thawed(small_model, toy_photos):
    rates = {}

    def look(model, history):
        rates.update(noted)

    noted, begin = {}, Run.begin

    def noting(self, leg, groups):
        begin(self, leg, groups)
        names = {id(p): name for name, p in self.model.named_parameters()}
        noted.update({names[id(p)]: group["lr"] for group in groups for p in group["params"]})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "begin", noting)
        model = freeze(small_model, "layer3")
        fine_tune(model, toy_photos(8), phases=[Phase(None, 1, 1e-2, 0.1)], watch=look, **SETTINGS)
    assert {name.partition(".")[0] for name in rates} == {"layer3", "layer4", "fc"}
    highest = [
        max(rate for name, rate in rates.items() if name.startswith(part)) for part in ("fc", "layer4", "layer3")
    ]
    assert highest == pytest.approx([1e-2, 1e-3, 1e-4])


KILLED = """
import os, signal, sys
import torch
from chapter9_lib.training import fine_tune
from chapter9_lib.training.run import Run
from resumed import job

step, steps = Run.step, []

def killed(self, *args):
    steps.append(1)
    if self.leg.number == 1 and len(steps) > int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)  # in the middle of an epoch, with nothing put away
    return step(self, *args)

if len(sys.argv) > 2:
    Run.step = killed
model, options = job()
fine_tune(model, checkpoint=sys.argv[1], **options)
torch.save(model.state_dict(), sys.argv[1] + ".end")
"""
JOB = """
import torch
from chapter9_lib.models import lab_resnet
from chapter9_lib.training import Phase
from toys import ToyPhotos

def job():
    torch.manual_seed(0)
    phases = [Phase("head", 2, 1e-2), Phase("layer4", 3, 1e-3), Phase("layer3", 1, 1e-3, 0.1)]
    options = {"batch_size": 8, "device": "cpu", "progress": False}
    return lab_resnet(3), {"train": ToyPhotos(24), "phases": phases, **options}
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_by_the_system_in_the_middle_of_an_epoch_and_resumed_by_another_process(tmp_path):
    (tmp_path / "resumed.py").write_text(JOB, encoding="utf-8")
    (tmp_path / "run.py").write_text(KILLED, encoding="utf-8")
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])

    def run(name, *more):
        command = [sys.executable, tmp_path / "run.py", tmp_path / name, *more]
        return subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, timeout=300).returncode

    assert run("whole") == 0
    assert run("broken", "11") == -signal.SIGKILL and not (tmp_path / "broken.end").exists()
    assert run("broken") == 0
    states = [torch.load(tmp_path / f"{name}.end", weights_only=True) for name in ("whole", "broken")]
    assert all(states[0][name].equal(tensor) for name, tensor in states[1].items())
