"""Adaptation: what each method may see, what it leaves alone, and that it helps where it should."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image

from chapter9_lib.models import Preprocessing, lab_resnet
from chapter9_lib.training import (
    Looked,
    adapt,
    coral_loss,
    evaluate,
    fine_tune,
    head_features,
    information,
    infrared_look,
    mmd_loss,
    told_apart,
)
from chapter9_lib.training.adaptation import METHODS
from chapter9_lib.training.gathered import Gathered

OPTIONS = {"batch_size": 16, "lr": 1e-3, "epochs": 2, "progress": False}
NORMED = {"bn1", "conv1", "layer1", "layer2", "layer3", "layer4"}
UNLABELLED = sorted(set(METHODS) - {"oracle"})


class Dimmed:
    """The photos at dusk: darker, with less contrast."""

    def __init__(self, photos, labels=None):
        self.photos, self.classes = photos, photos.classes
        self.labels = photos.labels if labels is None else labels

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, at):
        pixels = np.asarray(self.photos[at][0], dtype=float) * 0.6 + 30
        return Image.fromarray(pixels.astype(np.uint8)), int(self.labels[at])


@pytest.fixture(scope="module")
def finished():
    return {}


@pytest.fixture
def trained(toy_photos, finished):
    if not finished:
        torch.manual_seed(0)
        model = lab_resnet(3)
        model.preprocessing = Preprocessing((24, 32), (0.5,) * 3, (0.25,) * 3, crop=False)
        fine_tune(model, toy_photos(60), epochs=5, lr=3e-3, batch_size=16, augment=False, progress=False)
        finished["model"] = model
    return copy.deepcopy(finished["model"])


@pytest.mark.parametrize("method", UNLABELLED)
def test_no_label_of_the_target_is_looked_at(trained, toy_photos, method):
    true, lies = (Dimmed(toy_photos(40, seed=2), labels) for labels in (None, np.zeros(40, dtype=int)))
    weights = []
    for target in (true, lies, [target[0] for target in true]):
        own = copy.deepcopy(trained)
        found = adapt(own, toy_photos(30), target, method, val=toy_photos(15, seed=3), rounds=1, **OPTIONS)
        weights.append(own.state_dict())
        assert found.method == method and not own.training and method in str(found)
    for other in weights[1:]:
        assert all(torch.equal(tensor, other[name]) for name, tensor in weights[0].items())


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_generators_and_the_frozen_layers_stay(trained, toy_photos, method):
    before, state = copy.deepcopy(trained.state_dict()), torch.get_rng_state()
    target = Dimmed(toy_photos(40, seed=2))
    cheat = {"oracle_labels": target.labels} if method == "oracle" else {}
    found = adapt(trained, toy_photos(60), target, method, **OPTIONS, **cheat)
    assert torch.equal(torch.get_rng_state(), state)
    after = trained.state_dict()
    moved = {name.split(".")[0] for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert moved == (NORMED if method == "adabn" else {"layer4", "fc"})
    assert (found.history is None) == (method == "adabn")
    assert len(found.rounds) == (3 if method == "pseudo" else 0)
    assert all(0 <= value <= 1 for value in found.told_apart) and all(
        0 <= nats <= np.log(3) for nats in found.information
    )


def test_new_statistics_help_where_the_light_has_changed(trained, toy_photos):
    test = Dimmed(toy_photos(60, seed=4))
    before = evaluate(trained, test).accuracy
    adapt(trained, toy_photos(60), Dimmed(toy_photos(60, seed=2)), "adabn", **OPTIONS)
    assert evaluate(trained, test).accuracy >= max(before + 0.2, 0.8)


@pytest.mark.parametrize("method", ["coral", "mmd", "dann"])
def test_alignment_draws_the_domains_together_and_helps(trained, toy_photos, method):
    source, target, test = toy_photos(60), Dimmed(toy_photos(60, seed=2)), Dimmed(toy_photos(60, seed=4))
    options = {"until": "stem", "batch_size": 40, "epochs": 8, "device": "cpu", "progress": False}
    asked, seen = (toy_photos(60, seed=7), Dimmed(toy_photos(60, seed=8))), {}
    for strength in (0.0, None):
        own = copy.deepcopy(trained)
        history = adapt(own, source, target, method, strength=strength, **options).history
        one, other = (head_features(own, photos) for photos in asked)
        apart = float(
            coral_loss(one, other) / one.T.cov().square().sum() if method == "coral" else mmd_loss(one, other)
        )
        seen[strength] = (apart, evaluate(own, test).accuracy, history.domain_accuracy)
    (before, alone, fooled), (after, drawn, told) = seen[0.0], seen[None]
    assert after < 0.7 * before and drawn > alone
    assert told[-1] < fooled[-1] - 0.15 if method == "dann" else not told


@pytest.mark.parametrize("method", ["coral", "mmd", "dann"])
def test_with_the_cache_and_without_it_is_the_same_training(trained, toy_photos, method, monkeypatch):
    one, other = copy.deepcopy(trained), copy.deepcopy(trained)
    sets, short = (toy_photos(40), Dimmed(toy_photos(30, seed=2))), OPTIONS | {"lr": 1e-4}
    cached = adapt(one, *sets, method, **short).history
    monkeypatch.setattr("chapter9_lib.training.adaptation.ActivationCache.reason_against", lambda *args: "for a test")
    plain = adapt(other, *sets, method, **short).history
    assert cached.cache.startswith("used") and plain.cache == "not used: for a test"
    assert cached.loss == pytest.approx(plain.loss, rel=1e-3)
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_alignment_asks_for_no_autocast_where_there_is_none(toy_photos, monkeypatch):
    def missing(kind, **options):
        raise RuntimeError(f"User specified an unsupported autocast device_type {kind!r}")

    monkeypatch.setattr(torch, "autocast", missing)
    model = lab_resnet(3)
    model.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)
    options = OPTIONS | {"epochs": 1, "device": "cpu"}
    assert len(adapt(model, toy_photos(12), toy_photos(8, seed=1), "coral", **options).history) == 1


@pytest.mark.parametrize(("epochs", "draws", "drawn"), [(4, 2, 2), (2, 5, 2), (3, 1, 1)])
def test_a_look_is_drawn_several_times_for_as_many_steps(trained, toy_photos, epochs, draws, drawn):
    seen = []

    def look(photo, random):
        seen.append(int(random.integers(1 << 30)))
        return photo

    source, options = toy_photos(24), OPTIONS | {"epochs": epochs}
    found = adapt(trained, source, toy_photos(20, seed=2), "look", look=look, draws=draws, **options)
    assert len(found.history) == round(epochs / drawn) and len(set(seen)) == drawn * len(source)


def test_self_training_says_what_it_took_for_true(trained, toy_photos):
    target = Dimmed(toy_photos(60, seed=2))
    rounds = adapt(trained, toy_photos(60), target, "pseudo", threshold=0.5, rounds=2, **OPTIONS).rounds
    assert [sure.threshold for sure in rounds] == [0.5, 0.5] and all(0 < sure.share <= 1 for sure in rounds)
    assert all(0 <= sure.right(target.labels) <= 1 for sure in rounds)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "magic"}, "choose one of source, adabn, look"),
        ({"method": "dann", "oracle_labels": [0] * 10}, "with no other"),
        ({"method": "oracle"}, "oracle_labels"),
        ({"method": "dann", "until": "head"}, "name an earlier stage"),
        ({"method": "pseudo", "rounds": 0}, "at least one round"),
        ({"method": "coral", "strength": -1.0}, "no negative strength"),
        ({"method": "mmd", "until": "layer9"}, "layer9"),
        ({"method": "dann", "augment": "flip"}, "augment='flip': True or False"),
        ({"method": "coral", "batch_size": 1}, "batch_size=1: half of a batch"),
        ({"method": "adabn", "batch_size": 1}, "batch_size=1: one photo has no variance"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(toy_photos, options, said):
    model = lab_resnet(3)
    with pytest.raises(ValueError, match=said):
        adapt(model, toy_photos(12), toy_photos(10, seed=1), **{"progress": False, **options})


def test_too_few_photos_and_paths_are_refused(toy_photos):
    with pytest.raises(ValueError, match="four of each"):
        adapt(lab_resnet(3), toy_photos(12), toy_photos(3))
    with pytest.raises(TypeError, match="target photos"):
        adapt(lab_resnet(3), toy_photos(12), "night/")
    for measure in (information, head_features):
        with pytest.raises(ValueError, match="There are no photos"):
            measure(lab_resnet(3), [])


def test_domains_are_told_apart_where_they_differ_and_not_where_not():
    dice = torch.Generator().manual_seed(0)
    rows = torch.randn(400, 5, generator=dice)
    assert told_apart(rows[:200], rows[200:]) == pytest.approx(0.5, abs=0.1)
    assert told_apart(rows[:200], rows[200:] + 3) > 0.95
    with pytest.raises(ValueError, match="too few"):
        told_apart(rows[:3], rows)


def test_an_infrared_look_is_grey_darker_at_the_rim_and_the_same_for_a_seed(toy_photos):
    plain = Image.new("RGB", (96, 72), (120, 140, 90))
    looks = [np.asarray(infrared_look(plain, np.random.default_rng(seed)), dtype=float) for seed in (0, 0, 1)]
    assert np.array_equal(looks[0], looks[1]) and not np.array_equal(looks[0], looks[2])
    assert all(np.array_equal(look[..., 0], look[..., 2]) and look.shape == (72, 96, 3) for look in looks)
    assert all(look[30:42, 40:56].mean() > look[:6, :8].mean() + 20 for look in looks)
    photos = Looked(toy_photos(6), infrared_look, seed=3)
    assert np.array_equal(np.asarray(photos[2][0]), np.asarray(photos[2][0])) and photos[2][1] == toy_photos(6)[2][1]
    assert len(photos) == 6 and photos.classes == toy_photos(6).classes


def test_gathered_photos_keep_their_order_and_get_new_labels(toy_photos):
    one, other = toy_photos(6), [toy_photos(3, seed=1)[at][0] for at in range(3)]
    both = Gathered([(one, torch.arange(6)), (other, torch.full((3,), -1))], ["a", "b"])
    assert len(both) == 9 and both.labels.tolist() == [0, 1, 2, 3, 4, 5, -1, -1, -1]
    assert np.array_equal(np.asarray(both[5][0]), np.asarray(one[5][0])) and both[5][1] == 5
    assert both[6][0] is other[0] and both[8] == (other[2], -1)
    with pytest.raises(IndexError):
        both[9]
    with pytest.raises(ValueError, match="6 photos, but 2 labels"):
        Gathered([(one, torch.arange(2))])
