import numpy as np
import pytest
import torch

from chapter9_lib.models import find_head
from chapter9_lib.models.modes import evaluating
from chapter9_lib.training import Evaluation, bootstrap_interval, calibration, evaluate, fine_tune, predict


def evaluation(named, labels, classes=3, groups=None):
    probabilities = np.full((len(named), classes), 0.1 / (classes - 1))
    probabilities[np.arange(len(named)), named] = 0.9
    return Evaluation(probabilities, np.array(labels), [f"kind {c}" for c in range(classes)], groups)


def test_scores():
    result = evaluation([0, 0, 1, 1, 0], [0, 0, 1, 0, 1])
    assert result.accuracy == 0.6
    assert result.confusion.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert result.per_class["kind 0"] == pytest.approx(2 / 3) and np.isnan(result.per_class["kind 2"])
    assert result.calibration.ece == pytest.approx(0.3) and "60.0% of 5 photos right" in str(result)


def test_the_interval_covers_as_often_as_it_says():
    random, hits = np.random.default_rng(0), 0
    for trial in range(200):
        right = random.random(150) < 0.7
        low, high = bootstrap_interval(right, draws=400, seed=trial)
        hits += low <= 0.7 <= high
    assert 0.89 < hits / 200 < 0.99


@pytest.mark.parametrize("at_once", [1, 1000, 1 << 30])
def test_an_interval_drawn_in_parts_is_the_same(monkeypatch, at_once):
    right = np.random.default_rng(0).random(150) < 0.7
    whole = bootstrap_interval(right, draws=400)
    monkeypatch.setattr("chapter9_lib.training.evaluation._DRAWN_AT_ONCE", at_once)
    assert bootstrap_interval(right, draws=400) == whole
    with pytest.raises(ValueError, match="no photos"):
        bootstrap_interval([])


def test_bursts_widen_the_interval():
    right = np.repeat(np.random.default_rng(0).random(30) < 0.6, 10)
    groups = np.repeat([f"burst {number}" for number in range(30)], 10)
    narrow, wide = bootstrap_interval(right), bootstrap_interval(right, groups)
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])
    result = evaluation((~right).astype(int), [0] * 300, groups=groups)
    assert result.interval == wide


def test_calibration_bins():
    probabilities = np.array([[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.0, 1.0]])
    found = calibration(probabilities, np.array([0, 1, 0, 1]))
    assert found.count.tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 0, 3]
    assert found.accuracy[9] == pytest.approx(2 / 3) and found.accuracy[5] == 1 and np.isnan(found.accuracy[0])
    assert found.ece == pytest.approx((abs(2.9 / 3 - 2 / 3) * 3 + 0.45) / 4)


def test_what_is_wrapped_around_a_network_is_said(small_model, toy_photos):
    model, photos = torch.nn.DataParallel(small_model), toy_photos(4)
    for use in (evaluate, predict, fine_tune):
        with pytest.raises(ValueError, match=r"DataParallel is wrapped around the network.*model\.module"):
            use(model, photos, device="cpu")
    assert evaluate(model.module, photos, device="cpu").probabilities.shape == (4, 3)


def test_calibration_takes_what_predict_gives(small_model, toy_photos):
    photos = toy_photos(9)
    said = predict(small_model, photos, device="cpu")
    assert calibration(said, torch.from_numpy(photos.labels)).ece == calibration(said.numpy(), photos.labels).ece
    with pytest.raises(ValueError, match=r"not \(9, 3\) and \(8,\)"):
        calibration(said, photos.labels[:8])
    with pytest.raises(ValueError, match="no photos"):
        calibration(said[:0], photos.labels[:0])
    with pytest.raises(ValueError, match="bins=0"):
        calibration(said, photos.labels, bins=0)


def test_a_group_for_every_photo():
    with pytest.raises(ValueError, match="3 photos and 2 groups"):
        bootstrap_interval(np.array([1, 0, 1]), np.array(["a", "b"]))


def test_batches_of_nothing_are_refused(small_model, toy_photos):
    with pytest.raises(ValueError, match="batch_size=0: at least 1 is wanted"):
        predict(small_model, toy_photos(4), device="cpu", batch_size=0)


def test_evaluate_and_predict_agree_with_a_plain_loop(small_model, toy_photos):
    photos = toy_photos(10)
    result = evaluate(small_model, photos, device="cpu")
    transform = small_model.preprocessing.transform()
    with torch.no_grad():
        expected = torch.cat([small_model(transform(image)[None]).softmax(1) for image, _ in photos])
    assert np.allclose(result.probabilities, expected.numpy(), atol=1e-5)
    assert torch.allclose(predict(small_model, photos.images, device="cpu"), expected, atol=1e-5)
    assert predict(small_model, photos.images[0], device="cpu").shape == (1, 3)
    assert predict(small_model, [], device="cpu").shape == (0, 3)
    assert result.classes == photos.classes and result.groups is photos.groups
    assert (result.labels == photos.labels).all()


def test_each_layers_mode_is_put_back(small_model, toy_photos):
    small_model.train()
    small_model.bn1.eval()
    modes = [module.training for module in small_model.modules()]
    before = small_model.layer1[0].bn1.running_mean.clone()
    predict(small_model, toy_photos(4), device="cpu")
    assert modes == [module.training for module in small_model.modules()]
    assert torch.equal(before, small_model.layer1[0].bn1.running_mean)
    with pytest.raises(KeyError), evaluating(small_model):
        raise KeyError
    assert modes == [module.training for module in small_model.modules()]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_models_of_another_format_answer_in_float32(small_model, toy_photos, dtype):
    photos = toy_photos(4)
    expected = predict(small_model, photos, device="cpu")
    found = predict(small_model.to(dtype), photos, device="cpu")
    assert found.dtype is torch.float32 and torch.allclose(found, expected, atol=0.05)
    assert len(evaluate(small_model, photos, device="cpu").labels) == 4
    with pytest.raises(ValueError, match=r"model\.float\(\)"):
        fine_tune(small_model, photos, epochs=1, device="cpu")


def test_answers_that_are_no_numbers_are_not_counted(small_model, toy_photos):
    small_model.fc.bias.data[1] = float("nan")
    for ask in (predict, evaluate):
        with pytest.raises(FloatingPointError, match=r"photo 0 is no number \(4 such photos\)"):
            ask(small_model, toy_photos(4), device="cpu")


def test_more_classes_than_names(small_model, toy_photos):
    photos = toy_photos(6)
    photos.classes = ["only one"]
    assert evaluate(small_model, photos, device="cpu").classes == ["only one", "1", "2"]
    photos.classes = [str(number) for number in range(9)]
    assert len(evaluate(small_model, photos, device="cpu").per_class) == find_head(small_model).out_features


@pytest.mark.parametrize(("groups", "least"), [(None, 0.025 ** (1 / 6)), (list("aabbcc"), 0.025 ** (1 / 3))])
def test_all_right_is_no_promise(groups, least):
    groups = None if groups is None else np.array(groups)
    assert bootstrap_interval(np.ones(6), groups) == pytest.approx((least, 1))
    assert bootstrap_interval(np.zeros(6), groups) == pytest.approx((0, 1 - least))


def test_one_group_says_nothing_of_others():
    right = np.repeat([1, 0], [80, 20])
    assert bootstrap_interval(right, np.zeros(100)) == (0.0, 1.0)


@pytest.mark.parametrize("groups", [2, 3, 5, 9])
def test_few_groups_make_an_honest_interval(groups):
    """Groups of one size: the ratio is a mean of group means, and the interval Student's own."""
    shares = np.random.default_rng(groups).permutation(np.linspace(0.4, 0.9, groups).round(1))
    right = np.concatenate([np.arange(10) < 10 * share for share in shares])
    names = np.repeat(np.arange(groups), 10)
    t = {2: 12.7062, 3: 4.30265, 5: 2.77645, 9: 2.30600}[groups]
    half = t * shares.std(ddof=1) / np.sqrt(groups)
    expected = (max(0, shares.mean() - half), min(1, shares.mean() + half))
    assert bootstrap_interval(right, names) == pytest.approx(expected, abs=1e-4)


def test_a_few_groups_cover_as_often_as_they_say():
    random, hits = np.random.default_rng(1), 0
    for _ in range(400):
        sizes, share = random.integers(5, 40, 5), random.beta(4, 2, 5)
        right = np.concatenate([random.random(size) < p for size, p in zip(sizes, share, strict=True)])
        low, high = bootstrap_interval(right, np.repeat(np.arange(5), sizes))
        hits += low <= 4 / 6 <= high
    assert 0.9 < hits / 400 < 0.99


def test_groups_that_agree_by_chance_are_no_certainty():
    right = np.tile(np.repeat([1, 0], [8, 2]), 3)
    low, high = bootstrap_interval(right, np.repeat(np.arange(3), 10))
    assert low < 0.6 and high == 1
