"""A small network learns from a large one."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models import find_head, preprocessing
from chapter9_lib.models.classes import remember_classes
from chapter9_lib.models.modes import as_logits, evaluating
from chapter9_lib.training.data import PhotoBatches, epoch_batches
from chapter9_lib.training.devices import mixed_precision, pick_device, place, seeded
from chapter9_lib.training.distillation_loss import distillation_loss
from chapter9_lib.training.feeds import Feed
from chapter9_lib.training.gathered import Gathered
from chapter9_lib.training.history import History
from chapter9_lib.training.inputs import require_photos
from chapter9_lib.training.labels import check_labels, classes_to_train, learned_classes
from chapter9_lib.training.optimizers import parameter_groups
from chapter9_lib.training.run import Leg, Run
from chapter9_lib.training.schedules import Schedule, schedule_named

__all__ = ["distill"]


def distill(
    teacher: nn.Module, student: nn.Module, train: Sequence[Any], val: Sequence[Any] | None = None, *,
    unlabelled: Sequence[Any] | None = None, temperature: float = 4.0, soft_weight: float = 0.7, same_view: bool = True,
    epochs: int = 30, lr: float = 1e-3, weight_decay: float = 0.01, batch_size: int = 64, augment: bool = True,
    schedule: str | Schedule = "cosine", seed: int = 0, device: str | torch.device | None = None, progress: bool = True,
) -> History:  # fmt: skip
    """Train a student, in place, on a teacher's answers and the labels (Hinton et al. 2015, arXiv 1503.02531).

    Each network gets the photos by its own preprocessing, so that a teacher may see more of them. The teacher is in
    evaluation mode and gets no gradient; it is left as it was.

    Args:
        teacher: a trained classifier.
        student: another with as many outputs; they come to stand for the teacher's classes.
        train: a dataset of (PIL image, label).
        val: another, scored after every epoch.
        unlabelled: photos that nobody has labelled; the teacher's answers are all that is learned from them.
        temperature, soft_weight: of `distillation_loss`.
        same_view: whether the teacher looks at each random view that the student gets; else it answers once, for the
            photo as it is, which is faster and, over many epochs, is learned by heart (Beyer et al. 2022, arXiv
            2106.05237).
        epochs, lr, weight_decay, batch_size, augment, schedule, seed, device, progress: as in `fine_tune`.

    Returns:
        The history; its accuracies are over the labelled photos.

    Raises:
        ValueError: for numbers that make no sense, networks of different width, or labels that are no class of the
            teacher's.
        TypeError: for a path in place of photos.
    """
    if epochs < 1 or batch_size < 1 or lr <= 0:
        raise ValueError(f"epochs={epochs}, batch_size={batch_size}, lr={lr}: all must be positive")
    outputs = find_head(teacher).out_features
    if find_head(student).out_features != outputs:
        raise ValueError(
            f"The teacher answers in {outputs} classes, the student in {find_head(student).out_features}: "
            f"replace_head(student, {outputs})"
        )
    classes = learned_classes(teacher, outputs) or classes_to_train(student, train, outputs)
    chosen = pick_device(device)
    place(student, chosen), place(teacher, chosen)
    parts = [(train, check_labels(train, outputs, "training photos", classes))]
    if unlabelled is not None:
        require_photos(unlabelled, "unlabelled photos")
        parts.append((unlabelled, torch.full((len(unlabelled),), -1)))
    photos = Gathered(parts)
    with seeded(chosen, int(seed)), evaluating(teacher):
        run = _Lesson(student, chosen, batch_size=batch_size, seed=int(seed))
        run.listen(teacher, photos, temperature, soft_weight, fixed=not same_view)
        feeds = [_feed(student, photos, torch.from_numpy(photos.labels), chosen)]
        if val is not None:
            feeds.append(_feed(student, val, check_labels(val, outputs, "validation photos", classes), chosen))
        if classes is not None:
            remember_classes(student, classes)
        history = History(device=str(chosen))
        run.begin(Leg(0, epochs, schedule_named(schedule), augment), parameter_groups(student, lr, weight_decay))
        run.train(feeds, history, progress=progress)
    student.eval()
    return history


class _Lesson(Run):
    """A training whose loss asks a teacher."""

    def listen(
        self, teacher: nn.Module, photos: Sequence[Any], temperature: float, soft_weight: float, fixed: bool
    ) -> None:
        """Say whom to ask."""
        self.teacher, self.temperature, self.soft_weight = teacher, temperature, soft_weight
        self.shown = PhotoBatches(photos, preprocessing(teacher), self.device)
        once = [self._ask(indices, None) for indices in epoch_batches(len(photos), 64)] if fixed else []
        self.said = torch.cat(once) if fixed else None

    def answer(self, feed: Feed, indices: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Hinton's loss, and the student's scores."""
        state = self.views.get_state()
        logits = feed.score(feed.source.batch(indices, self.views if self.leg.augment else None))
        if self.said is not None:
            wanted = self.said[indices.to(self.said.device)]
        else:
            same = torch.Generator()
            same.set_state(state)
            wanted = self._ask(indices, same if self.leg.augment else None)
        loss = distillation_loss(
            logits.float(), wanted, labels, temperature=self.temperature, soft_weight=self.soft_weight
        )
        return loss, logits

    @torch.no_grad()
    def _ask(self, indices: Tensor, view: torch.Generator | None) -> Tensor:
        with mixed_precision(self.device):
            return as_logits(self.teacher(self.shown.batch(indices, view))).float()


def _feed(student: nn.Module, photos: Sequence[Any], labels: Tensor, device: torch.device) -> Feed:
    source = PhotoBatches(photos, preprocessing(student), device)
    return Feed(source, labels.to(device), lambda batch: as_logits(student(batch)))
