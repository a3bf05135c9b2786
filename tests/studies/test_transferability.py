"""LEEP by its definition; LogME against scikit-learn's evidence and against the exact Gaussian one."""

import numpy as np
import pytest
import torch

from chapter9_lib.studies import leep, logme, rank_correlation


def problem(count, width, classes=3, noise=1.0, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count)
    labels[:classes] = np.arange(classes)
    centres = random.normal(size=(classes, width))
    return centres[labels] + noise * random.normal(size=(count, width)), labels


@pytest.mark.parametrize(("count", "width"), [(200, 10), (40, 120), (60, 60), (30, 2048)])
def test_logme_is_the_evidence_that_scikit_learn_finds(count, width):
    ridge = pytest.importorskip("sklearn.linear_model").BayesianRidge
    features, labels = problem(count, width)
    scores = []
    for label in np.unique(labels):
        fitted = ridge(alpha_1=0, alpha_2=0, lambda_1=0, lambda_2=0, fit_intercept=False, compute_score=True, tol=1e-8,
                       max_iter=3000)  # fmt: skip
        scores.append(fitted.fit(features, (labels == label).astype(float)).scores_[-1] / count)
    assert logme(features, labels) == pytest.approx(np.mean(scores), abs=1e-3)


@pytest.mark.parametrize(("count", "width"), [(50, 8), (25, 60)])
def test_logme_is_the_highest_gaussian_evidence(count, width):
    """At the best of both precisions, log N(y; 0, I / beta + F F' / alpha), computed as it stands."""
    optimize, stats = pytest.importorskip("scipy.optimize"), pytest.importorskip("scipy.stats")
    features, labels = problem(count, width, classes=2, noise=2.0)
    best = []
    for label in (0, 1):
        target = (labels == label).astype(float)

        def unlikely(logs, target=target):
            covariance = np.eye(count) / np.exp(logs[1]) + features @ features.T / np.exp(logs[0])
            return -stats.multivariate_normal(np.zeros(count), covariance).logpdf(target) / count

        found = [optimize.minimize(unlikely, (a, b), method="Nelder-Mead").fun for a in (0, 4) for b in (0, 3)]
        best.append(-min(found))
    assert logme(features, labels) == pytest.approx(np.mean(best), abs=1e-4)


def test_logme_does_not_mind_rotations_labels_or_tensors():
    features, labels = problem(80, 12)
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(12, 12)))[0]
    value = logme(features, labels)
    assert logme(features @ turned, labels) == pytest.approx(value, abs=1e-6)
    assert logme(torch.tensor(features), torch.tensor(labels * 7 - 3)) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("features", [np.zeros((20, 4)), np.eye(20), np.ones((20, 3))], ids=["zero", "own", "one"])
def test_logme_stays_a_number_at_the_edges(features):
    assert np.isfinite(logme(features, np.arange(20) % 2))


def test_logme_likes_features_that_tell_the_classes_apart():
    clear, labels = problem(100, 20, noise=0.5)
    muddy, _ = problem(100, 20, noise=5.0)
    assert logme(clear, labels) > logme(muddy, labels) + 0.1


def test_leep_by_hand():
    said = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    labels = np.array([4, 4, 9])
    mass = said.sum(0)
    of_four, of_nine = said[:2].sum(0) / mass, said[2] / mass
    wanted = np.log([said[0] @ of_four, said[1] @ of_four, said[2] @ of_nine]).mean()
    assert leep(said, labels) == pytest.approx(wanted, abs=1e-12)


def test_leep_is_zero_for_answers_that_settle_it_and_survives_classes_never_named():
    said = np.eye(4)[[0, 0, 1, 1, 2]]
    assert leep(torch.tensor(said), torch.tensor([0, 0, 1, 1, 1])) == pytest.approx(0)
    assert leep(said, [0, 1, 0, 1, 1]) < 0


@pytest.mark.parametrize("call", [
    lambda: leep(np.ones((3, 2)), [0, 1, 0]), lambda: leep(np.ones((3, 1)), [0, 1]),
    lambda: logme(np.ones(4), [0, 1, 0, 1]), lambda: logme(np.ones((3, 2)), [1, 1, 1]),
    lambda: logme(np.ones((3, 2)), [0, 1]), lambda: logme(np.ones((0, 2)), []), lambda: leep(np.ones((0, 2)), []),
])  # fmt: skip
def test_what_does_not_fit_is_refused(call):
    with pytest.raises(ValueError, match="LEEP|LogME|label"):
        call()


def test_ranks_are_correlated_as_scipy_does():
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    for _ in range(20):
        one, other = random.integers(0, 6, 12).astype(float), random.normal(size=12)
        assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)
    assert rank_correlation([1, 2, 3], [10, 30, 20_000]) == pytest.approx(1)
    with pytest.raises(ValueError, match="2 and 2"):
        rank_correlation([1, 2], [2, 1])
