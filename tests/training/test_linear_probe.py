"""A logistic regression as scikit-learn fits it."""

import numpy as np
import pytest
import torch

from chapter9_lib.training import linear_probe


def test_equals_scikit_learns_at_every_decay():
    linear_model = pytest.importorskip("sklearn.linear_model")
    random = np.random.default_rng(0)
    x, other, rules = random.normal(size=(60, 40)), random.normal(size=(1000, 40)), random.normal(size=(40, 3))
    y, z = ((rows @ rules + 4 * random.normal(size=(len(rows), 3))).argmax(1) for rows in (x, other))
    mean, deviation, seen = x.mean(0), x.std(0, ddof=1), []
    for decay in (1e-4, 0.1, 10.0):
        logistic = linear_model.LogisticRegression(C=1 / (60 * decay), tol=1e-10, max_iter=20_000)
        theirs = logistic.fit((x - mean) / deviation, y).score((other - mean) / deviation, z)
        seen.append(linear_probe(torch.tensor(x), y, torch.tensor(other), z, decay=decay))
        as_they_are = linear_probe(torch.tensor(x), y, torch.tensor(other), z, decay=decay, standardise=False)
        assert as_they_are == pytest.approx(logistic.fit(x, y).score(other, z), abs=1e-3)
        assert seen[-1] == pytest.approx(theirs, abs=1e-3)
    assert max(seen) - min(seen) > 0.02  # or the decays could be exchanged


def test_rows_and_labels_must_go_together():
    with pytest.raises(ValueError, match="3 and 2 rows, but 4 and 2 labels"):
        linear_probe(torch.rand(3, 2), [0, 1, 0, 1], torch.rand(2, 2), [0, 1])
    for labels, others in (([0, -1, 1], [0, 1]), ([0, 1, 1], [0, -100])):
        with pytest.raises(ValueError, match=r"label is -1(00)?.*labels >= 0"):
            linear_probe(torch.rand(3, 2), labels, torch.rand(2, 2), others)
    for rows, others in ((0, 2), (3, 0)):
        with pytest.raises(ValueError, match=f"{rows} rows to learn from and {others} to score"):
            linear_probe(torch.rand(rows, 2), [0] * rows, torch.rand(others, 2), [1] * others)
