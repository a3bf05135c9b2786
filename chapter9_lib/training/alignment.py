"""Training on one domain while its features are drawn towards another one's."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models import find_head
from chapter9_lib.training.data import epoch_batches
from chapter9_lib.training.domain_losses import coral_loss, gradient_reversal, mmd_loss
from chapter9_lib.training.feeds import Feed
from chapter9_lib.training.run import Run

__all__ = ["PENALTIES", "Alignment", "Coral", "DomainClassifier", "Mmd", "Penalty"]


class Penalty(nn.Module):
    """What it costs that two domains' features differ.

    Attributes:
        usual: the strength where nobody says.
        seen, named: photos whose domain was asked for and named right, where it has a classifier.
    """

    usual = 1.0
    seen = named = 0

    def forward(self, source: Tensor, target: Tensor, strength: float, progress: float) -> Tensor:
        """The cost for features [N, d] and [M, d].

        Args:
            source, target: the features.
            strength: how hard they are drawn together.
            progress: how much of the training lies behind, 0 to 1.
        """
        raise NotImplementedError


class Coral(Penalty):
    """Deep CORAL (Sun and Saenko 2016, arXiv 1607.01719): second-order statistics are drawn together.

    The loss is divided by 4 d², hence the large factor. There it draws the scores together, in batches of 128 of each
    domain; here what enters the head, in whatever batches the training has: a covariance of wide features that is
    measured on few photos is mostly chance.

    Args:
        features: their width.
    """

    usual = 10.0

    def __init__(self, features: int) -> None:
        super().__init__()

    def forward(self, source: Tensor, target: Tensor, strength: float, progress: float) -> Tensor:
        """See `Penalty`."""
        return strength * coral_loss(source, target)


class Mmd(Coral):
    """Deep adaptation (Long et al. 2015, arXiv 1502.02791): the kernel means are drawn together, at five scales.

    There in several layers, here in the one that enters the head.
    """

    usual = 1.0

    def forward(self, source: Tensor, target: Tensor, strength: float, progress: float) -> Tensor:
        """See `Penalty`."""
        return strength * mmd_loss(source, target, scales=(0.25, 0.5, 1.0, 2.0, 4.0))


class DomainClassifier(Penalty):
    """DANN (Ganin et al. 2016, arXiv 1505.07818): a classifier learns to tell domains apart, the features to fool it.

    The classifier learns at full speed; the strength is that of the reversed gradient, warmed up as in the paper,
    times 2 / (1 + exp(-10 progress)) - 1: a classifier that knows nothing yet has nothing to say. It has no batch norm,
    which would tell it the domain by the company a photo is in.

    Args:
        features: their width.
        hidden: width of its hidden layer.
    """

    def __init__(self, features: int, hidden: int = 128) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, source: Tensor, target: Tensor, strength: float, progress: float) -> Tensor:
        """See `Penalty`."""
        warmed = 2 / (1 + math.exp(-10 * progress)) - 1
        features = gradient_reversal(torch.cat([source, target]), strength * warmed)
        domains = torch.cat([features.new_ones(len(source)), features.new_zeros(len(target))])
        scores = self.layers(features).squeeze(1)
        self.seen, self.named = self.seen + len(scores), self.named + int(((scores > 0) == (domains > 0)).sum())
        return F.binary_cross_entropy_with_logits(scores, domains)


PENALTIES: dict[str, Callable[[int], Penalty]] = {"coral": Coral, "mmd": Mmd, "dann": DomainClassifier}


class Alignment(Run):
    """Half of each batch has labels and is learned from; the other half has none, and is only drawn near.

    The halves go through the network together: a batch norm that saw them one after the other would hide the very
    difference that is to go.
    """

    def align(self, penalty: Penalty, strength: float, labels: Tensor) -> None:
        """Say what is to be drawn near, and how strongly.

        Args:
            penalty: what difference costs.
            strength: handed on to it.
            labels: of all photos; -1 marks the target.
        """
        self.penalty, self.strength = penalty, strength
        self.source, self.target = (labels >= 0).nonzero().squeeze(1), (labels < 0).nonzero().squeeze(1)

    def batches(self, feed: Feed) -> list[Tensor]:
        """As many photos of the target as of the source in each; an epoch is one pass over the source."""
        halves = list(epoch_batches(len(self.source), max(2, self.batch_size // 2), self.order))
        wanted = sum(map(len, halves))
        rounds = math.ceil(wanted / len(self.target))
        drawn = torch.cat([torch.randperm(len(self.target), generator=self.order) for _ in range(rounds)])[:wanted]
        others = drawn.split([len(half) for half in halves])
        return [torch.cat([self.source[half], self.target[other]]) for half, other in zip(halves, others, strict=True)]

    def epoch(self, feed: Feed, epoch: int) -> dict[str, float]:
        """One pass over the source; where domains are guessed at, with the share that was guessed right."""
        self.penalty.seen = self.penalty.named = 0
        values = super().epoch(feed, epoch)
        return values | ({"domain_accuracy": self.penalty.named / self.penalty.seen} if self.penalty.seen else {})

    def answer(self, feed: Feed, indices: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy on the source, and what it costs that the domains differ."""
        with _entering_head(self.model) as entered:
            logits = feed.score(feed.source.batch(indices, self.views if self.leg.augment else None))
        source, (features,) = labels >= 0, entered
        features = features.float().flatten(1)
        whole = torch.autocast("cuda", enabled=False) if self.device.type == "cuda" else nullcontext()
        with whole:  # covariances of half-precision numbers are mostly rounding
            apart = self.penalty(features[source], features[~source], self.strength, self.progress)
        return F.cross_entropy(logits[source].float(), labels[source]) + apart, logits


@contextmanager
def _entering_head(model: nn.Module) -> Iterator[list[Tensor]]:
    entered: list[Tensor] = []

    def note(module: nn.Module, args: tuple[Any, ...]) -> None:
        entered.append(args[0])

    handle = find_head(model).module.register_forward_pre_hook(note)
    try:
        yield entered
    finally:
        handle.remove()
