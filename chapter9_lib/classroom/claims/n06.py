"""Claims of notebook 06, When the borrowed kitchen hurts."""

from collections.abc import Callable
from functools import cache

from chapter9_lib.classroom.counted import Counted
from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_FAR, _MANY = "far-domain", "far-domain-many"
_LABELS = (50, 200, 800)


def _by(one: str, other: str, labels: int, target: str = "calls") -> Callable[[Record], Measured]:
    """How far one strategy is ahead of another on what was held out."""
    keys = {"target": target, "labels": labels, "split": "test"}
    return lambda record: record.difference({**keys, "strategy": one}, {**keys, "strategy": other})


@cache
def _learning_after_the_snippet() -> tuple[int, int]:
    """How many tensors get a gradient that is not zero after the chapter's way to start part of a ResNet-18 afresh, and
    how many there are.
    """
    import torch
    from torch import nn

    from chapter9_lib.models import build_architecture

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_architecture("torchvision", "resnet18")
        for name, module in model.named_children():
            for parameter in module.parameters() if name in ("layer3", "layer4", "fc") else ():
                nn.init.kaiming_normal_(parameter) if parameter.dim() > 1 else nn.init.zeros_(parameter)
        model.fc = nn.Linear(512, 5)
        model(torch.randn(8, 3, 64, 64)).logsumexp(1).sum().backward()
    tensors = list(model.parameters())
    return sum(p.grad is not None and bool(p.grad.abs().max() > 0) for p in tensors), len(tensors)


claim(
    "N1",
    "Where the target looks like nothing the network has seen, fine-tuning does worse than training from scratch.",
    *(
        Test(f"calls, {labels} labels: scratch minus fine-tuned", _FAR, _by("scratch", "fine-tuned", labels))
        for labels in _LABELS
    ),
    Test("calls, 5,000 labels: scratch minus fine-tuned", _MANY, _by("scratch", "fine-tuned", 5000)),
    Test("calls, 800 labels: scratch minus the recipe of 04", _FAR, _by("scratch", "as 04 taught", 800)),
    so="Fine-tune; don't judge a far task by frozen features.",
)

claim(
    "N2",
    "Each situation has its remedy: start deep layers afresh, borrow from one's own domain, scratch, self-supervision.",
    Test("a moderate shift (night, 200 labels): deep stages afresh minus fine-tuned", _FAR,
         _by("afresh from layer3", "fine-tuned", 200, "night")),
    Test("far, few labels (calls, 200): borrowed from other animals' calls minus from photos", _FAR,
         _by("calls of other animals", "fine-tuned", 200)),
    Test("far, many labels (calls, 5,000): scratch minus fine-tuned", _MANY, _by("scratch", "fine-tuned", 5000)),
    Test("far, many without labels (calls, 50): self-supervised minus scratch", _FAR,
         _by("self-supervised", "scratch", 50)),
    Test("far, many without labels (calls, 50): self-supervised minus fine-tuned", _FAR,
         _by("self-supervised", "fine-tuned", 50)),
    so="Don't tear out deep layers. With few labels look for a closer source.",
)  # fmt: skip

claim(
    "N3",
    "A few lines start the deeper stages afresh, and the network learns on.",
    Counted("of a ResNet-18's 62 tensors, those that still get a gradient after the chapter's lines", 62,
            lambda: _learning_after_the_snippet()[0]),
    so="reinitialize(model, stage): module by module, then check that it learns.",
)  # fmt: skip
