"""A small network learns from a large one."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.given import require_number, require_switch, whole_number
from chapter9_lib.models import find_head, preprocessing
from chapter9_lib.models.classes import remember_classes
from chapter9_lib.models.modes import as_logits, evaluating
from chapter9_lib.training.answers import Answers, ask, fingerprint_of
from chapter9_lib.training.data import PhotoBatches, draw_views
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
    teacher: nn.Module | Answers, student: nn.Module, train: Sequence[Any], val: Sequence[Any] | None = None, *,
    unlabelled: Sequence[Any] | None = None, temperature: float = 4.0, soft_weight: float = 0.7,
    views: int | None = None, epochs: int = 30, lr: float = 1e-3, weight_decay: float = 0.01, batch_size: int = 64,
    augment: bool = True, schedule: str | Schedule = "cosine", seed: int = 0,
    device: str | torch.device | None = None, progress: bool = True,
) -> History:  # fmt: skip
    """Train a student, in place, on a teacher's answers and the labels (Hinton et al. 2015, arXiv 1503.02531).

    Each network gets the photos by its own preprocessing, so that a teacher may see more of them. The teacher is in
    evaluation mode and gets no gradient; it is left as it was.

    Args:
        teacher: a trained classifier, or what `ask(teacher, train, unlabelled, views=...)` has kept of it.
        student: another with as many outputs; they come to stand for the teacher's classes.
        train: a dataset of (PIL image, label).
        val: another, scored after every epoch.
        unlabelled: photos that nobody has labelled; the teacher's answers are all that is learned from them.
        temperature, soft_weight: of `distillation_loss`.
        views: None: the teacher looks at every random view that the student gets. A number: both know so many random
            views of each photo, and the teacher is asked about each of them once. 0: it is asked once, for the photo
            as it is, while the student gets random views all the same: fastest, and over many epochs learned by heart
            (Beyer et al. 2022, arXiv 2106.05237).
        epochs, lr, weight_decay, batch_size, augment, schedule, seed, device, progress: as in `fine_tune`.

    Returns:
        The history; its accuracies are over the labelled photos.

    Raises:
        ValueError: for numbers that make no sense, one network in both places, networks of different width, answers
            about other photos or views, or labels that are no class of the teacher's.
        TypeError: for a path in place of photos, counts that are not whole, or a text in place of a rate.
    """
    epochs, batch_size = whole_number("epochs", epochs), whole_number("batch_size", batch_size)
    views, seed = None if views is None else whole_number("views", views), whole_number("seed", seed)
    require_number("lr", lr)
    require_switch("augment", augment)
    if epochs < 1 or batch_size < 1 or not lr > 0:
        raise ValueError(f"epochs={epochs}, batch_size={batch_size}, lr={lr}: all must be positive")
    if views is not None and (views < 0 or (views and not augment)):
        raise ValueError(f"views={views}, augment={augment}: no negative number, and random views only where wanted")
    if student is teacher:
        raise ValueError("The student is the teacher: distill(teacher, student, train) wants two networks")
    outputs, known = _outputs_of(teacher)
    if find_head(student).out_features != outputs:
        raise ValueError(
            f"The teacher answers in {outputs} classes, the student in {find_head(student).out_features}: "
            f"replace_head(student, {outputs})"
        )
    classes = known or classes_to_train(student, train, outputs)
    chosen = pick_device(device)
    place(student, chosen)
    parts = [(train, check_labels(train, outputs, "training photos", classes))]
    if unlabelled is not None:
        require_photos(unlabelled, "unlabelled photos")
        parts.append((unlabelled, torch.full((len(unlabelled),), -1)))
    photos = Gathered(parts)
    said = _kept(teacher, photos, views, augment, chosen)
    with seeded(chosen, seed), _asked(teacher, chosen):
        run = _Lesson(student, chosen, batch_size=batch_size, seed=seed)
        run.listen(teacher if said is None else said, photos, temperature, soft_weight)
        feeds = [_feed(student, photos, torch.from_numpy(photos.labels), chosen, said)]
        if val is not None:
            feeds.append(_feed(student, val, check_labels(val, outputs, "validation photos", classes), chosen))
        if classes is not None:
            remember_classes(student, classes)
        history = History(device=str(chosen))
        run.begin(Leg(0, epochs, schedule_named(schedule), augment), parameter_groups(student, lr, weight_decay))
        run.train(feeds, history, progress=progress)
    student.eval()
    return history


def _outputs_of(teacher: nn.Module | Answers) -> tuple[int, list[str] | None]:
    if isinstance(teacher, Answers):
        return teacher.logits.shape[2], teacher.classes
    outputs = find_head(teacher).out_features
    return outputs, learned_classes(teacher, outputs)


def _kept(
    teacher: nn.Module | Answers, photos: Gathered, views: int | None, augment: bool, device: torch.device
) -> Answers | None:
    """The teacher's answers, where he is not to be asked at every step."""
    if not isinstance(teacher, Answers):
        return None if views is None else ask(teacher, photos, views=views, device=device)
    if teacher.views and not augment:
        raise ValueError(
            f"These answers are about {teacher.views} random views, and augment=False shows the photos as they are: "
            "ask(teacher, train, unlabelled, views=0)"
        )
    if views not in (None, teacher.views):
        raise ValueError(f"These answers are about {teacher.views} views of each photo, not about {views}")
    if teacher.asked != fingerprint_of(photos):
        raise ValueError(
            f"These answers are about other photos, or in another order: {teacher.logits.shape[1]} were asked about, "
            f"{len(photos)} came. ask(teacher, train, unlabelled, views=...)"
        )
    return teacher


def _asked(teacher: nn.Module | Answers, device: torch.device) -> AbstractContextManager[Any]:
    return nullcontext() if isinstance(teacher, Answers) else evaluating(place(teacher, device))


class _Lesson(Run):
    """A training whose loss asks a teacher."""

    def listen(
        self, teacher: nn.Module | Answers, photos: Sequence[Any], temperature: float, soft_weight: float
    ) -> None:
        """Say whom to ask."""
        self.teacher, self.temperature, self.soft_weight = teacher, temperature, soft_weight
        if isinstance(teacher, nn.Module):
            self.shown = PhotoBatches(photos, preprocessing(teacher), self.device)

    def answer(self, feed: Feed, indices: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Hinton's loss, and the student's scores."""
        same = torch.Generator()
        same.set_state(self.views.get_state())
        logits = feed.score(feed.source.batch(indices, self.views if self.leg.augment else None))
        wanted = self._said(indices, same) if self.soft_weight else logits.detach()
        loss = distillation_loss(
            logits.float(), wanted, labels, temperature=self.temperature, soft_weight=self.soft_weight
        )
        return loss, logits

    @torch.no_grad()
    def _said(self, indices: Tensor, same: torch.Generator) -> Tensor:
        """The teacher's scores of these photos, in the views that the student gets of them."""
        if isinstance(self.teacher, nn.Module):
            with mixed_precision(self.device):
                images = self.shown.batch(indices, same if self.leg.augment else None)
                return as_logits(self.teacher(images)).float()
        many = self.teacher.views
        drawn = draw_views(many, indices, same) if many else torch.zeros_like(indices)
        return self.teacher.logits[drawn, indices].to(self.device)


def _feed(
    student: nn.Module, photos: Sequence[Any], labels: Tensor, device: torch.device, said: Answers | None = None
) -> Feed:
    views = {"views": said.views, "seed": said.seed} if said is not None else {}
    source = PhotoBatches(photos, preprocessing(student), device, **views)
    return Feed(source, labels.to(device), lambda batch: as_logits(student(batch)))
