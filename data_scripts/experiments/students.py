"""What the experiments on distillation share: a teacher who sees the whole photo, his answers, and his students."""

from functools import cache

import torch
from torch import nn

from chapter9_lib.models import Preprocessing, freeze_batchnorm, lab_student, load_pretrained
from chapter9_lib.training import Answers, Phase, ask, distill, fine_tune
from chapter9_lib.worlds import Photos, open_world
from data_scripts.experiments.lab import photos_of

__all__ = ["BATCH", "FULL_PHOTO", "LABELS", "RATES", "VIEWS", "answers", "epochs_for", "student_of", "taught",
           "teacher_of", "unlabelled_day"]  # fmt: skip

LABELS = (50, 200, 800)
RATES = (1e-3, 3e-3, 1e-2)
FULL_PHOTO = (120, 160)
VIEWS, BATCH = 4, 32
_STEPS = 600
"""A student takes at least so many steps, however few photos it has."""


@cache
def teacher_of(labels: int, seed: int, size: tuple[int, int] = FULL_PHOTO) -> nn.Module:
    """The bundled teacher, whose head and then last stage have learned the species from so many labelled photos."""
    torch.manual_seed(seed)
    model = freeze_batchnorm(load_pretrained("lab-teacher", source="bundled", num_classes=5))
    own = model.preprocessing
    model.preprocessing = Preprocessing(size, own.mean, own.std, crop=False)
    epochs = max(8, -(-60 // -(-labels // BATCH)))
    phases = [Phase("head", 2 * epochs, 1e-2), Phase("layer4", epochs, 1e-3, 0.3)]
    fine_tune(model, photos_of("train").sample(labels, seed=seed), phases=phases, batch_size=BATCH, views=VIEWS,
              seed=seed, progress=False)  # fmt: skip
    return model


@cache
def unlabelled_day() -> Photos:
    """A thousand photos by day that nobody has labelled."""
    photos = open_world("lab").photos("unlabelled")
    return photos.subset(photos.light != "infrared")


@cache
def answers(labels: int, seed: int, views: int = VIEWS, unlabelled: bool = False) -> Answers:
    """What the teacher says of so many views of each of the photos that he has learned from, and of more."""
    sets = [photos_of("train").sample(labels, seed=seed), *([unlabelled_day()] if unlabelled else [])]
    return ask(teacher_of(labels, seed), *sets, views=views)


def epochs_for(photos: int) -> int:
    """Thirty, and more where that would be too few steps."""
    return max(30, -(-_STEPS // -(-photos // BATCH)))


def student_of(seed: int) -> nn.Module:
    """A student who has learned nothing yet."""
    torch.manual_seed(seed)
    return lab_student(5)


def taught(
    labels: int, seed: int, lr: float, *, temperature: float = 4.0, soft_weight: float = 0.7, views: int = VIEWS,
    unlabelled: bool = False,
) -> nn.Module:  # fmt: skip
    """A student who has learned from so many labelled photos; with soft_weight 0 and no more photos, from these alone.

    All students see the same number of views of each photo, whether a teacher is asked about them or not.
    """
    train, student = photos_of("train").sample(labels, seed=seed), student_of(seed)
    distill(
        answers(labels, seed, views, unlabelled), student, train, unlabelled=unlabelled_day() if unlabelled else None,
        temperature=temperature, soft_weight=soft_weight, lr=lr, batch_size=BATCH, seed=seed, progress=False,
        epochs=epochs_for(labels + (len(unlabelled_day()) if unlabelled else 0)),
    )  # fmt: skip
    return student
