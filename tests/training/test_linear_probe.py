"""A logistic regression as scikit-learn fits it."""

import numpy as np
import pytest
import torch

from chapter9_lib.training import linear_probe


def test_equals_scikit_learns():
    linear_model = pytest.importorskip("sklearn.linear_model")
    random = np.random.default_rng(0)
    x, other = random.normal(size=(120, 5)), random.normal(size=(400, 5))
    y, z = ((rows @ random.normal(size=5) + rows[:, 0] ** 2).round().clip(0, 2).astype(int) for rows in (x, other))
    mean, deviation = x.mean(0), x.std(0, ddof=1)
    theirs = linear_model.LogisticRegression(C=1 / (120 * 1e-2), tol=1e-8, max_iter=5000).fit((x - mean) / deviation, y)
    ours = linear_probe(torch.tensor(x), y, torch.tensor(other), z, decay=1e-2)
    assert ours == pytest.approx(theirs.score((other - mean) / deviation, z), abs=0.01)


def test_rows_and_labels_must_go_together():
    with pytest.raises(ValueError, match="3 and 2 rows, but 4 and 2 labels"):
        linear_probe(torch.rand(3, 2), [0, 1, 0, 1], torch.rand(2, 2), [0, 1])
