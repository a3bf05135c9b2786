"""Heads trained on activations that are at hand: what `fine_tune` does on a frozen backbone, run only once."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from chapter9_lib.models import find_head
from chapter9_lib.training import ActivationCache, History, cosine, parameter_groups
from chapter9_lib.training.feeds import Feed
from chapter9_lib.training.run import Leg, Run
from chapter9_lib.worlds import Photos

__all__ = ["Activations", "Part", "activations_of", "head_accuracy", "probe_accuracy"]

Activations = Mapping[Path, np.ndarray]


def activations_of(model: nn.Module, photos: Photos) -> dict[Path, np.ndarray]:
    """What the frozen backbone of `model` hands to its head, by the photo's path."""
    return dict(zip(photos.paths, ActivationCache(model, photos).features.numpy(), strict=True))


class Part:
    """The activations of some of the photos, in batches."""

    def __init__(self, activations: Activations, photos: Photos) -> None:
        self.features = torch.as_tensor(np.stack([activations[path] for path in photos.paths]))

    def __len__(self) -> int:
        return len(self.features)

    def batch(self, indices: Tensor, views: object = None) -> Tensor:
        """What enters the head for the photos at `indices`."""
        return self.features[indices]


def head_accuracy(
    model: nn.Module, activations: Activations, train: Photos, tests: Mapping[str, Photos], *,
    rate: float, epochs: int, seed: int, batch_size: int = 32,
) -> dict[str, float]:  # fmt: skip
    """Train the head of a frozen `model` as `fine_tune` would; accuracy in percent on each of `tests`."""
    head = find_head(model).module
    feed = Feed(Part(activations, train), torch.as_tensor(train.labels), lambda batch: head(batch).flatten(1))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        run = Run(model, torch.device("cpu"), batch_size=batch_size, seed=seed)
        run.begin(Leg(0, epochs, cosine, augment=False), parameter_groups(model, rate, weight_decay=0.01))
        run.train([feed], History())
    with torch.inference_mode():
        answers = {name: head.eval()(Part(activations, test).features).flatten(1) for name, test in tests.items()}
    return {name: 100 * float((answers[name].argmax(1).numpy() == tests[name].labels).mean()) for name in tests}


def probe_accuracy(activations: Activations, train: Photos, test: Photos, strength: float) -> float:
    """Percent right of scikit-learn's logistic regression (C = `strength`) on standardised activations."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, other = (Part(activations, photos).features.flatten(1).numpy() for photos in (train, test))
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
    return 100 * float(probe.fit(x, train.labels).score(other, test.labels))
