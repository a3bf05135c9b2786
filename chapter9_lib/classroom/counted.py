"""Claims about what can be counted, not only sampled: no interval is needed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from chapter9_lib.classroom.records import Measured, record

__all__ = ["Census", "Counted", "resnet50_counts"]


class Count(Measured):
    """An exact number."""

    def __str__(self) -> str:
        return f"{self.mean:,.10g} (counted)"


@dataclass(frozen=True)
class Counted:
    """A test that a count answers, here and now: it must be the very number that the claim states, unless less or more
    will do.

    Attributes:
        what: the question.
        claimed: the number that the claim states.
        count: finds the true one.
        least: more will do.
        most: less will do.
    """

    what: str
    claimed: float
    count: Callable[[], float]
    least: bool = False
    most: bool = False

    def run(self) -> tuple[bool, Measured]:
        """(whether the count is the claimed number, or on the side of it that will do, and the count)."""
        found = float(self.count())
        passed = found == self.claimed or (self.least and found > self.claimed) or (self.most and found < self.claimed)
        return passed, Count(found, (found, found), 1)


class Share(Measured):
    """An exact share of all there are."""

    def __str__(self) -> str:
        return f"{self.mean:.0f} % of {self.n:,} (counted)"


@dataclass(frozen=True)
class Census:
    """A test that a record of all there are answers: the share must lie above, or below, a bar.

    Attributes:
        what: the question.
        record: its name.
        question: the record's key.
        bar: in percent.
        above: whether the share must lie above it.
    """

    what: str
    record: str
    question: str
    bar: float
    above: bool = True

    def run(self) -> tuple[bool, Measured] | None:
        """(whether the share lies on the claim's side, the share); None where it has not been counted yet."""
        try:
            row = record(self.record).table(question=self.question)[0]
        except (FileNotFoundError, IndexError):
            return None
        share = row["mean"]
        return (share > self.bar if self.above else share < self.bar), Share(share, (share, share), row["of"])


@cache
def resnet50_counts() -> dict[str, float]:
    """A ResNet-50 with a head for five classes (He et al. 2015, arXiv 1512.03385), built without its numbers.

    Returns:
        `features` (what enters the head), `head` and `all` (parameters), `trained` (the head's share, in percent,
        to two digits).
    """
    import torch

    from chapter9_lib.models import build_architecture, find_head

    with torch.device("meta"):
        model = build_architecture("torchvision", "resnet50", num_classes=5)
    head = find_head(model)
    trained, total = (sum(p.numel() for p in part.parameters()) for part in (head, model))
    share = round(100 * trained / total, 2)
    return {"features": head.in_features, "head": trained, "all": total, "trained": share}
