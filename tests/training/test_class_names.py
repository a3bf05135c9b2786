"""Photos and models meet by the names of their classes, not by the order they happen to stand in."""

import copy

import numpy as np
import pytest
import torch

from chapter9_lib.models import freeze, lab_resnet, load_model, replace_head, save_model
from chapter9_lib.training import evaluate, fine_tune

QUICK = {"epochs": 5, "lr": 0.03, "batch_size": 8, "device": "cpu", "schedule": "constant"}


def renamed(photos, classes):
    """The same photos with their classes in another order, or only some of them."""
    other = copy.copy(photos)
    keep = [n for n, label in enumerate(photos.labels) if photos.classes[label] in classes]
    other.labels = np.array([classes.index(photos.classes[photos.labels[n]]) for n in keep])
    other.images = [photos.images[n] for n in keep]
    other.groups = photos.groups[keep]
    other.classes = list(classes)
    return other


@pytest.fixture
def trained(small_model, toy_photos):
    fine_tune(freeze(small_model), toy_photos(30), **QUICK)
    return small_model


def test_training_leaves_the_names(trained, tmp_path):
    assert trained.classes == trained.card["classes"] == ["kind 0", "kind 1", "kind 2"]
    assert load_model(save_model(trained, tmp_path / "m")).classes == trained.classes


@pytest.mark.parametrize("classes", [["kind 0", "kind 2"], ["kind 2", "kind 0", "kind 1"], ["kind 1"]])
def test_some_classes_in_any_order_score_as_they_do_among_all(trained, toy_photos, classes):
    photos = toy_photos(24, seed=1)
    whole, part = evaluate(trained, photos, device="cpu"), evaluate(trained, renamed(photos, classes), device="cpu")
    assert part.classes == whole.classes == photos.classes
    for name in classes:
        assert part.per_class[name] == whole.per_class[name]
    assert len(part.labels) == np.isin(whole.labels, [photos.classes.index(name) for name in classes]).sum()
    assert part.confusion.sum(1).tolist() == [8 * (name in classes) for name in photos.classes]


def test_the_names_hold_after_saving(trained, toy_photos, tmp_path):
    again, photos = load_model(save_model(trained, tmp_path / "m")), renamed(toy_photos(12), ["kind 2", "kind 0"])
    assert (evaluate(again, photos, device="cpu").labels == evaluate(trained, photos, device="cpu").labels).all()
    assert set(evaluate(again, photos, device="cpu").labels) == {0, 2}


def test_validation_photos_are_matched_by_name(small_model, toy_photos):
    train, val = toy_photos(24), toy_photos(12, seed=1)
    models = [freeze(copy.deepcopy(small_model)) for _ in range(2)]
    first = fine_tune(models[0], train, val, patience=2, **QUICK)
    second = fine_tune(models[1], train, renamed(val, ["kind 2", "kind 1", "kind 0"]), patience=2, **QUICK)
    assert first.val_accuracy == second.val_accuracy and first.val_loss == pytest.approx(second.val_loss)
    assert torch.equal(models[0].fc.weight, models[1].fc.weight)


def test_a_name_of_several_classes_says_nothing(trained, toy_photos):
    photos = toy_photos(12)
    trained.classes = ["crane", "crane", "fox"]
    photos.classes = ["fox", "crane", "kite"]
    photos.labels = photos.labels % 2
    with pytest.raises(ValueError, match="several are called 'crane'.*model.classes"):
        evaluate(trained, photos, device="cpu")
    photos.classes = list(trained.classes)
    result = evaluate(trained, photos, device="cpu")
    assert (result.labels == photos.labels).all(), "in the same order they are matched one by one"
    with pytest.raises(ValueError, match="'crane'.*confusion"):
        result.per_class  # noqa: B018


def test_an_accent_written_as_one_sign_or_two_is_the_same_name(trained, toy_photos):
    photos = toy_photos(12)
    trained.classes = ["kind 0", "me\u0301sange", "kind 2"]
    photos.classes = ["kind 2", "m\u00e9sange", "kind 0"]
    assert (evaluate(trained, photos, device="cpu").labels == 2 - photos.labels).all()
    fine_tune(trained, photos, epochs=1, device="cpu", progress=False)
    assert trained.classes[0] == "kind 0"


def test_unknown_classes_are_refused_by_name(trained, toy_photos):
    photos = toy_photos(12)
    photos.classes = ["kind 0", "Kind 2", "lynx"]
    with pytest.raises(ValueError, match="photos: 'Kind 2', 'lynx'.*Did you mean 'kind 2'.*'kind 1'.*replace_head"):
        evaluate(trained, photos, device="cpu")
    before, names = copy.deepcopy(trained.state_dict()), trained.classes
    with pytest.raises(ValueError, match="validation photos: 'Kind 2', 'lynx'"):
        fine_tune(trained, toy_photos(12), photos, epochs=1, device="cpu")
    assert all(torch.equal(tensor, before[name]) for name, tensor in trained.state_dict().items())
    assert trained.classes == names


def test_a_class_without_photos_is_no_obstacle(trained, toy_photos):
    photos = toy_photos(12)
    whole = evaluate(trained, photos, device="cpu")
    photos.classes, photos.labels = ["lynx", *photos.classes], photos.labels + 1
    assert (evaluate(trained, photos, device="cpu").labels == whole.labels).all()


def test_unlabelled_photos_are_still_named(trained, toy_photos):
    photos = renamed(toy_photos(12), ["kind 2", "kind 0"])
    photos.labels[3] = -1
    with pytest.raises(ValueError, match=r"Label -1 of photos\[3\].*unlabelled"):
        evaluate(trained, photos, device="cpu")


def test_training_goes_on_with_some_of_the_classes(trained, toy_photos):
    some = renamed(toy_photos(24, seed=2), ["kind 2", "kind 0"])
    same = renamed(some, ["kind 0", "kind 1", "kind 2"])
    models = [copy.deepcopy(trained) for _ in range(2)]
    for model, photos in zip(models, (some, same), strict=True):
        fine_tune(model, photos, **QUICK)
        assert model.classes == trained.classes
    assert torch.equal(models[0].fc.weight, models[1].fc.weight)
    assert not torch.equal(models[0].fc.weight, trained.fc.weight)


def test_other_classes_take_over(trained, toy_photos):
    photos = toy_photos(12)
    photos.classes = ["lynx", "otter", "wolf"]
    fine_tune(trained, photos, epochs=1, device="cpu")
    assert trained.classes == trained.card["classes"] == photos.classes
    assert evaluate(trained, photos, device="cpu").classes == photos.classes


def test_a_new_head_goes_by_position_until_it_is_trained(trained, toy_photos):
    photos = toy_photos(12)
    photos.classes = ["lynx", "otter", "wolf"]
    assert evaluate(replace_head(trained, 3), photos, device="cpu").classes == photos.classes


def test_photos_without_names_go_by_position(small_model, toy_photos):
    pairs = list(toy_photos(12))
    plain, named = freeze(copy.deepcopy(small_model)), freeze(copy.deepcopy(small_model))
    fine_tune(plain, pairs, pairs, epochs=2, device="cpu")
    fine_tune(named, toy_photos(12), pairs, epochs=2, device="cpu")
    assert torch.equal(plain.fc.weight, named.fc.weight)
    assert not hasattr(plain, "classes") and "classes" not in plain.card
    for model in (plain, named):
        assert evaluate(model, pairs, device="cpu").classes == ["0", "1", "2"]
    assert evaluate(plain, renamed(toy_photos(12), ["kind 2", "kind 0"]), device="cpu").labels.max() == 1


def test_names_beyond_the_head_are_left_out(toy_photos, small_model):
    photos = toy_photos(12)
    photos.classes = [*photos.classes, "lynx", "otter"]
    fine_tune(small_model, photos, photos, epochs=1, device="cpu")
    assert small_model.classes == photos.classes[:3]


def test_a_head_put_on_by_hand_is_not_called_by_old_names(trained, toy_photos):
    trained.fc = torch.nn.Linear(trained.fc.in_features, 2)
    photos = renamed(toy_photos(12), ["kind 2", "kind 0"])
    assert evaluate(trained, photos, device="cpu").classes == photos.classes


def test_two_cards_do_not_share_names(toy_photos):
    first, second = lab_resnet(3), lab_resnet(3)
    second.card = first.card
    first.preprocessing = second.preprocessing
    fine_tune(freeze(first), toy_photos(6), epochs=1, device="cpu")
    assert "classes" not in second.card
