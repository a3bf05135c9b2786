"""What a teacher says of photos, asked once and kept."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import find_head, preprocessing
from chapter9_lib.models.modes import as_logits, evaluating
from chapter9_lib.training.data import PhotoBatches
from chapter9_lib.training.devices import mixed_precision, pick_device, place
from chapter9_lib.training.gathered import Gathered
from chapter9_lib.training.inputs import require_photos
from chapter9_lib.training.labels import learned_classes

__all__ = ["Answers", "ask", "fingerprint_of"]

_LOOKED_AT = 32


@dataclass(frozen=True)
class Answers:
    """A teacher's scores, before any softmax.

    Attributes:
        logits: [max(1, views), N, C], on the CPU.
        views: of each photo; 0: the photo as it is.
        seed: of the views.
        classes: what the scores stand for; None where the teacher doesn't know.
        asked: a fingerprint of the photos and their order.
    """

    logits: Tensor
    views: int
    seed: int
    classes: list[str] | None
    asked: str


def ask(
    teacher: nn.Module, *photos: Sequence[Any], views: int = 0, seed: int = 1000,
    device: str | torch.device | None = None, batch_size: int = 64,
) -> Answers:  # fmt: skip
    """Ask a teacher once for all photos, so that any number of students can be taught without him.

    Args:
        teacher: a trained classifier; it is asked in evaluation mode, and its weights and modes are left as they were.
        photos: one dataset or several, in the order in which `distill` will get them.
        views: how many random views of each photo to ask about; 0: the photo as it is, once.
        seed: of the views. Those that `fine_tune` keeps by its own `views` begin at seed 0: of photos that he has
            learned by heart in just these views, a teacher has no doubts left to tell.
        device: where to ask, and the teacher stays there; None picks.
        batch_size: the most photos a pass.

    Raises:
        TypeError: for a path in place of photos.
        ValueError: when views is negative, or there are no photos.
    """
    for some in photos:
        require_photos(some)
    together = Gathered([(some, torch.full((len(some),), -1)) for some in photos])
    if views < 0 or not len(together):
        raise ValueError(f"views={views} of {len(together)} photos: no negative number, and some photos, are wanted")
    chosen = pick_device(device)
    shown = PhotoBatches(together, preprocessing(place(teacher, chosen)), chosen)
    plain = ((0, at, shown.pixels(at)) for at in shown.steps(batch_size, alike=True))
    said: list[list[Tensor]] = [[] for _ in range(max(1, views))]
    with torch.no_grad(), evaluating(teacher), mixed_precision(chosen):
        for view, _, pixels in shown.in_views(views, seed) if views else plain:
            said[view].append(as_logits(teacher(shown.prepare(pixels))).float().cpu())
    logits = torch.stack([torch.cat(batches) for batches in said])
    classes = learned_classes(teacher, find_head(teacher).out_features)
    return Answers(logits, views, seed, classes, fingerprint_of(together))


def fingerprint_of(photos: Gathered) -> str:
    """How many photos there are, and what some of them look like in small."""
    digest = hashlib.sha256()
    for at in range(0, len(photos), max(1, len(photos) // _LOOKED_AT)):
        digest.update(photos[at][0].convert("L").resize((8, 8)).tobytes())
    return f"{len(photos)} photos {digest.hexdigest()[:16]}"
