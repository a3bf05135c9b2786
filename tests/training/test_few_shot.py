"""Classifiers from a few examples, against scikit-learn's neighbours and the formula of the class means."""

import copy

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch.nn import functional as F

from chapter9_lib.models import image_text, lab_resnet, zero_shot
from chapter9_lib.training import evaluate, head_features, nearest_neighbours, predict, prototypes

WORDS = {"a": "a red field", "b": "a green field", "c": "a blue field"}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return lab_resnet(7).eval()


@pytest.fixture
def texts():
    torch.manual_seed(0)
    return image_text(16, ["a", "red", "green", "blue", "field"]).eval()


def unit(rows):
    return F.normalize(rows, dim=1)


def test_the_nearest_mean_is_named(model, toy_photos):
    train, test = toy_photos(12), toy_photos(9)
    before = copy.deepcopy(model.state_dict())
    labels = np.asarray(train.labels)
    for centre in (True, False):
        found = prototypes(model, train, centre=centre, device="cpu")
        rows, others = (head_features(model, photos, device="cpu") for photos in (train, test))
        middle = rows.mean(0) if centre else torch.zeros(())
        rows, others = unit(rows - middle), unit(others - middle)
        means = unit(torch.stack([rows[labels == label].mean(0) for label in range(labels.max() + 1)]))
        expected = (others @ means.T).argmax(1).numpy()
        assert np.array_equal(predict(found, test, device="cpu").argmax(1), expected)
    assert found.classes == train.classes and found.preprocessing == model.preprocessing
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    right = float(np.mean(expected == test.labels))
    assert evaluate(found, test, device="cpu").accuracy == pytest.approx(right)


@pytest.mark.parametrize("count", [1, 5])
def test_neighbours_as_in_scikit_learn(model, toy_photos, count):
    train, test = toy_photos(15), toy_photos(12)
    rows, others = (unit(head_features(model, photos, device="cpu")).numpy() for photos in (train, test))
    theirs = KNeighborsClassifier(count, metric="cosine", weights=lambda away: np.exp(-away / 0.07), algorithm="brute")
    theirs.fit(rows, train.labels)
    ours = predict(nearest_neighbours(model, train, count=count, device="cpu"), test, device="cpu").numpy()
    shares = theirs.predict_proba(others)
    assert np.array_equal(ours.argmax(1), shares.argmax(1))
    assert np.allclose(ours, shares, atol=1e-4)


def test_the_model_keeps_its_mode(model, texts, toy_photos):
    photos = toy_photos(12)
    for whole in (model, texts):
        inner = [*whole.train().modules()][-1].eval()
        for make in (prototypes, nearest_neighbours):
            make(whole, photos, device="cpu")
            assert {module for module in whole.modules() if not module.training} == {inner}
    assert not zero_shot(texts, WORDS).head.training and texts.training and texts.image.training


def test_words_and_examples_together(texts, toy_photos):
    photos = toy_photos(12)
    words = zero_shot(texts, {name: text for name, text in zip(photos.classes, WORDS.values(), strict=False)})
    only = prototypes(texts, photos, device="cpu")
    told = prototypes(texts, photos, words=words, word_share=1, device="cpu")
    half = prototypes(texts, photos, words=words, device="cpu")
    assert torch.allclose(unit(told.head.weight), unit(words.head.weight), atol=1e-6)
    between = unit(unit(only.head.weight) + unit(words.head.weight))
    assert torch.allclose(unit(half.head.weight), between, atol=1e-5)


def test_what_does_not_fit_is_refused(model, texts, toy_photos):
    photos = toy_photos(12)
    words = zero_shot(texts, {"another": "a red field", "class": "a blue field"})
    with pytest.raises(ValueError, match="same classes"):
        prototypes(texts, photos, words=words, device="cpu")
    with pytest.raises(ValueError, match="uncentred"):
        prototypes(texts, photos, words=words, centre=True, device="cpu")
    with pytest.raises(ValueError, match="count=0: from 1 to 12"):
        nearest_neighbours(model, photos, count=0, device="cpu")
    photos.classes = [*photos.classes, "unicorn"]
    with pytest.raises(ValueError, match="No example of unicorn"):
        prototypes(model, photos, device="cpu")


def test_neighbours_are_scored_on_their_own_classes(model, toy_photos):
    found = evaluate(nearest_neighbours(model, toy_photos(12), device="cpu"), toy_photos(9), device="cpu")
    assert found.classes == toy_photos(9).classes and len(found.per_class) == 3
    assert found.probabilities.shape == (9, 3)
    two = nearest_neighbours(lab_resnet(2).eval(), toy_photos(12), device="cpu")
    assert len(evaluate(two, toy_photos(9), device="cpu").classes) == 3, "a backbone whose own head knew two"
