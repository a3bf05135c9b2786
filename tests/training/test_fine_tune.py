import copy
from functools import partial

import numpy as np
import pytest
import timm
import torch
import torchvision
from torch import nn

from chapter9_lib.models import Preprocessing, find_head, freeze, freeze_batchnorm, replace_head, unfreeze
from chapter9_lib.training import (
    Phase,
    constant,
    cosine,
    evaluate,
    fine_tune,
    learning_rate_finder,
    parameter_groups,
)
from chapter9_lib.training.progress import progress_bar
from chapter9_lib.training.run import Run


def snapshot(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def moved(model, before):
    return {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}


def test_learns_and_says_how(small_model, toy_photos):
    train, val = toy_photos(60), toy_photos(24, seed=1)
    history = fine_tune(small_model, train, val, epochs=4, lr=3e-3, batch_size=16, device="cpu")
    lists = {name: len(values) for name, values in history.to_dict().items() if isinstance(values, list)}
    assert len(history) == 4 and lists.pop("domain_accuracy") == 0 and set(lists.values()) == {4}
    assert history.loss[-1] < history.loss[0]
    assert history.val_accuracy[-1] == pytest.approx(evaluate(small_model, val, device="cpu").accuracy)
    assert history.val_accuracy[-1] > 0.6
    assert all(seconds > 0 for seconds in history.seconds) and history.device == "cpu"
    assert history.cache.startswith("not used: the backbone is not frozen") and not small_model.training
    assert "4 epochs" in str(history)


def test_same_seed_same_weights(small_model, toy_photos):
    train = toy_photos(20)
    runs = [copy.deepcopy(small_model) for _ in range(3)]
    state = torch.get_rng_state()
    for model, seed in zip(runs, (1, 1, 2), strict=True):
        fine_tune(model, train, epochs=2, batch_size=8, seed=seed, device="cpu")
        torch.rand(3)
    assert not moved(runs[0], snapshot(runs[1]))
    assert moved(runs[0], snapshot(runs[2]))
    torch.set_rng_state(state)
    fine_tune(runs[0], train, epochs=1, device="cpu")
    assert torch.equal(state, torch.get_rng_state()), "the learner's own random numbers were disturbed"


def test_frozen_backbone_stays_bit_identical(small_model, toy_photos):
    freeze(small_model)
    for cache in (False, True):
        before = snapshot(small_model)
        fine_tune(small_model, toy_photos(12), epochs=2, weight_decay=0.5, cache=cache, device="cpu")
        assert moved(small_model, before) == {"fc.weight", "fc.bias"}


def test_held_norms_stay_while_the_rest_learns(small_model, toy_photos):
    before = snapshot(freeze_batchnorm(small_model))
    fine_tune(small_model, toy_photos(12), epochs=1, device="cpu")
    changed = moved(small_model, before)
    assert "conv1.0.weight" in changed and not any("running" in name for name in changed)


def test_two_phases_by_hand(small_model, toy_photos):
    train = toy_photos(24)
    fine_tune(freeze(small_model), train, epochs=1, device="cpu")
    history = fine_tune(unfreeze(small_model), train, epochs=1, device="cpu")
    assert "augmentation" in history.cache and len(history) == 1


@pytest.mark.parametrize("schedule", ["cosine", "constant", lambda progress: 1 - progress])
def test_schedule_is_written_into_the_optimizer(small_model, toy_photos, schedule):
    history = fine_tune(
        freeze(small_model), toy_photos(12), epochs=4, lr=0.01, batch_size=6, schedule=schedule, device="cpu"
    )
    shape = {"cosine": cosine, "constant": constant}.get(schedule, schedule)
    assert history.lr == pytest.approx([0.01 * shape(epoch / 4) for epoch in range(4)])


def test_who_watches_changes_nothing(small_model, toy_photos):
    photos, seen = toy_photos(12), []
    alone = copy.deepcopy(small_model)
    phases = [Phase("head", 2, 1e-2), Phase("layer4", 1, 1e-3)]

    def watch(model, history):
        assert not any(module.training for module in model.modules())
        torch.rand(3)
        seen.append((len(history), history.phase[-1], evaluate(model, photos).accuracy))

    fine_tune(alone, photos, phases=phases, batch_size=4, progress=False)
    fine_tune(small_model, photos, phases=phases, batch_size=4, progress=False, watch=watch)
    assert [entry[:2] for entry in seen] == [(1, 0), (2, 0), (3, 1)]
    assert seen[-1][2] == evaluate(small_model, photos).accuracy
    for one, other in zip(alone.state_dict().values(), small_model.state_dict().values(), strict=True):
        assert one.equal(other)


def test_broken_off_it_ends_in_evaluation_mode_too(small_model, toy_photos):
    def stop(model, history):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune(small_model, toy_photos(8), epochs=2, device="cpu", progress=False, watch=stop)
    assert not any(module.training for module in small_model.modules())


def test_patience_stops_and_puts_the_best_epoch_back(small_model, toy_photos):
    train, val = toy_photos(24), toy_photos(12, seed=1)
    val.labels = np.roll(val.labels, 1)  # learning to see makes it worse
    history = fine_tune(
        freeze(small_model), train, val, epochs=30, lr=0.05, schedule="constant", patience=3, device="cpu"
    )
    assert len(history) == history.best_epoch + 4 < 30
    assert history.val_loss[history.best_epoch] == min(history.val_loss)
    assert evaluate(small_model, val, device="cpu").accuracy == pytest.approx(history.val_accuracy[history.best_epoch])


def test_a_lucky_accuracy_does_not_choose_the_weights(small_model, toy_photos, monkeypatch):
    told = iter([(0.9, 1.0), (0.7, 0.6), (0.8, 0.8)])  # accuracy and loss of three epochs
    monkeypatch.setattr(
        Run, "score", lambda run, feed: dict(zip(("val_accuracy", "val_loss"), next(told), strict=True))
    )
    history = fine_tune(
        freeze(small_model), toy_photos(8), toy_photos(4), epochs=3, patience=3, device="cpu", progress=False
    )
    assert history.best_epoch == 1


@pytest.mark.parametrize(("losses", "best", "length"), [((0.1, 0.5, 0.6, 0.4), 3, 4), ((0.1, 0.4, 0.2, 0.5), 1, 4)])
def test_phases_are_judged_by_their_ends_and_a_worse_one_is_undone(
    small_model, toy_photos, monkeypatch, losses, best, length
):
    told, seen = iter((*losses, 0.0)), []
    monkeypatch.setattr(Run, "score", lambda run, feed: {"val_loss": next(told), "val_accuracy": 0.5})  # a tie
    phases = [Phase("head", 2), Phase("layer4", 2), Phase("layer3", 1)]
    phases = phases[:2] if best == 3 else phases
    history = fine_tune(
        small_model, toy_photos(8), toy_photos(4), phases=phases, best_phase=True, device="cpu", progress=False,
        watch=lambda model, history: seen.append(copy.deepcopy(model.state_dict())),
    )  # fmt: skip
    assert (history.best_epoch, len(history)) == (best, length)
    for name, values in small_model.state_dict().items():
        assert values.equal(seen[best][name])


def test_groups_hold_each_trainable_parameter_once_and_spare_norms():
    model = timm.create_model("test_vit", num_classes=3)
    groups = parameter_groups(model, 1e-3, 0.1)
    ids = [id(p) for group in groups for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in model.parameters())
    spared = {id(p) for group in groups if not group["weight_decay"] for p in group["params"]}
    for name, parameter in model.named_parameters():
        assert (id(parameter) in spared) == (parameter.ndim == 1 or name in ("pos_embed", "cls_token", "reg_token")), (
            name
        )
    freeze(model)
    ids = [id(p) for group in parameter_groups(model, 1e-3, 0.1) for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in find_head(model).parameters())


def test_nothing_trainable(small_model, toy_photos):
    for parameter in small_model.parameters():
        parameter.requires_grad_(False)
    with pytest.raises(ValueError, match="Nothing to train"):
        fine_tune(small_model, toy_photos(6), epochs=1, device="cpu")


@pytest.mark.parametrize(("label", "cure"), [(3, r"replace_head\(model, 4\)"), (-1, "unlabelled")])
@pytest.mark.parametrize("where", ["train", "val", "evaluate"])
def test_label_out_of_range(small_model, toy_photos, label, cure, where):
    good, bad = toy_photos(6), toy_photos(6)
    bad.labels[4] = label
    with pytest.raises(ValueError, match=rf"Label {label} of .*\[4\] .*3 classes.*{cure}"):
        if where == "evaluate":
            evaluate(small_model, bad, device="cpu")
        else:
            fine_tune(small_model, *((bad, None) if where == "train" else (good, bad)), epochs=1, device="cpu")


def test_no_photos(small_model, toy_photos):
    for sets, name in (((toy_photos(0),), "training"), ((toy_photos(6), toy_photos(0)), "validation")):
        for model in (small_model, freeze(copy.deepcopy(small_model))):
            with pytest.raises(ValueError, match=f"{name} photos are empty"):
                fine_tune(model, *sets, epochs=1, device="cpu")


def test_a_loss_that_is_no_number(small_model, toy_photos):
    small_model.fc.weight.data[0, 0] = float("nan")
    with pytest.raises(FloatingPointError, match="nan in epoch 1, batch 1.*Lower lr"):
        fine_tune(small_model, toy_photos(6), epochs=1, device="cpu")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"epochs": 0}, "epochs=0"),
        ({"lr": float("nan")}, "lr=nan: a number above 0"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1: at least 0"),
        ({"views": -1}, "views=-1: at least 0"),
        ({"lr": -1}, "lr=-1"),
        ({"schedule": "sine"}, "cosine, constant"),
        ({"patience": 2}, "validation photos"),
        ({"best_phase": True}, "validation photos"),
        ({"patience": 2, "best_phase": True}, "one of them"),
        ({"cache": "always"}, "auto"),
        ({"augment": "flip"}, "augment='flip': True, False or None is wanted"),
        ({"device": "xpu:9"} if not hasattr(torch, "xpu") else {"device": "cuda"}, "device"),
    ],
)
def test_settings_that_make_no_sense(small_model, toy_photos, wrong, message):
    if wrong.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(ValueError, match=message):
        fine_tune(small_model, toy_photos(6), **({"epochs": 1, "device": "cpu"} | wrong))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"epochs": 1.5}, "epochs=1.5: a whole number"),
        ({"batch_size": "8"}, "batch_size='8': a whole number"),
        ({"seed": None}, "seed=None: a whole number"),
        ({"lr": "1e-3"}, "lr='1e-3': a number is wanted, without quotation marks"),
        ({"weight_decay": None}, "weight_decay=None: a number is wanted$"),
    ],
)
def test_what_is_no_number_is_named(small_model, toy_photos, wrong, message):
    with pytest.raises(TypeError, match=message):
        fine_tune(small_model, toy_photos(6), **({"epochs": 1, "device": "cpu"} | wrong))


def test_a_last_photo_alone_does_not_break_batch_norm(toy_photos):
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
    model.preprocessing = Preprocessing((2, 2), (0.5,) * 3, (0.5,) * 3)
    history = fine_tune(model, toy_photos(9), epochs=1, batch_size=4, device="cpu")
    assert np.isfinite(history.loss[0])


@pytest.mark.parametrize(("photos", "batch_size"), [(3, 1), (1, 4)])
def test_a_batch_norm_that_gets_one_photo_is_met_with_the_cure(toy_photos, photos, batch_size):
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
    model.preprocessing = Preprocessing((2, 2), (0.5,) * 3, (0.5,) * 3)
    options = {"batch_size": batch_size, "device": "cpu", "progress": False}
    for train in (partial(fine_tune, epochs=1), learning_rate_finder):
        with pytest.raises(ValueError, match=r"one photo, .*batch_size.*freeze_batchnorm\(model\)"):
            train(model, toy_photos(photos), **options)
    history = fine_tune(freeze_batchnorm(model), toy_photos(photos), epochs=1, **options)
    assert np.isfinite(history.loss[0])


def test_networks_with_auxiliary_heads_train(toy_photos):
    model = torchvision.models.googlenet(weights=None, num_classes=3, init_weights=False)
    model.preprocessing = Preprocessing((64, 64), (0.5,) * 3, (0.25,) * 3, crop=False)
    before = snapshot(model)
    fine_tune(model, toy_photos(4), epochs=1, batch_size=4, device="cpu")
    assert "fc.weight" in moved(model, before)


def test_progress_is_quiet_when_nobody_looks(monkeypatch):
    assert progress_bar(range(3), "x").disable
    for name in ("PYTEST_VERSION", "PYTEST_CURRENT_TEST", "CHAPTER9_QUIET", "TQDM_DISABLE"):
        monkeypatch.delenv(name, raising=False)
    assert not progress_bar(range(0), "x").disable and progress_bar(range(0), "x", show=False).disable
    monkeypatch.setenv("CHAPTER9_QUIET", "1")
    assert progress_bar(range(3), "x").disable


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_other_devices_agree_with_the_cpu(small_model, toy_photos, kind):
    if not (torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()):
        pytest.skip(f"no {kind} device here")
    train, val, there = toy_photos(48), toy_photos(24, seed=1), copy.deepcopy(small_model)
    first = fine_tune(freeze(small_model), train, val, epochs=5, lr=0.01, device="cpu")
    for cache in (True, False):
        model = freeze(copy.deepcopy(there))
        second = fine_tune(model, train, val, epochs=5, lr=0.01, device=kind, cache=cache)
        assert second.loss == pytest.approx(first.loss, rel=0.05)
        ours, theirs = (evaluate(m, val, device=d).probabilities for m, d in ((small_model, "cpu"), (model, kind)))
        assert np.abs(ours - theirs).max() < 0.05
    thawed = fine_tune(copy.deepcopy(there), train, val, epochs=1, lr=1e-3, device=kind)
    assert np.isfinite(thawed.loss).all() and "random augmentation" in thawed.cache


def test_a_hidden_head_trains_on_a_frozen_backbone(small_model, toy_photos):
    model = freeze(replace_head(small_model, 3, hidden=16, dropout=0.2))
    history = fine_tune(model, toy_photos(48), epochs=6, lr=0.01, batch_size=16, device="cpu")
    assert history.cache.startswith("used") and history.loss[-1] < history.loss[0]
