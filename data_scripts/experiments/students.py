"""What the experiments on distillation share: a teacher who sees the whole photo, his answers, and his students.

Who is taught sees four fixed views of each photo, unless the teacher is asked at every step; the teacher is asked about
other views than he has learned from. Students of as many labels take as many steps.
"""

import os
from functools import cache

import torch
from torch import nn
from torch.nn import functional as F

from chapter9_lib.models import Preprocessing, freeze_batchnorm, lab_student, load_pretrained
from chapter9_lib.training import Answers, Phase, ask, distill, fine_tune
from chapter9_lib.worlds import Photos, open_world
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.trailcam.render import render_parts
from chapter9_lib.worlds.trailcam.sets import SETS, encode, scene_of
from data_scripts.experiments.lab import photos_of
from data_scripts.recording import RUNS

__all__ = ["BATCH", "FULL_PHOTO", "LABELS", "RATES", "SMALL_PHOTO", "VIEWS", "alone", "answers", "taught",
           "teacher_of", "unlabelled_days"]  # fmt: skip

LABELS = (50, 200, 800)
RATES = (1e-3, 3e-3, 1e-2)
FULL_PHOTO, SMALL_PHOTO = (120, 160), (72, 96)
VIEWS, BATCH = 4, 32
_LEAST_STEPS, _EPOCHS, _SURE = 600, 30, 100.0


@cache
def teacher_of(labels: int, seed: int, rate: float, size: tuple[int, int] = FULL_PHOTO) -> nn.Module:
    """The bundled teacher, whose head and then last stage have learned the species from so many labelled photos.

    Its norms keep the statistics of the smaller photos that it was pretrained on.
    """
    torch.manual_seed(seed)
    model = _quick(freeze_batchnorm(load_pretrained("lab-teacher", source="bundled", num_classes=5)))
    own = model.preprocessing
    model.preprocessing = Preprocessing(size, own.mean, own.std, crop=False)
    epochs = max(8, -(-60 // -(-labels // BATCH)))
    phases = [Phase("head", 2 * epochs, 1e-2), Phase("layer4", epochs, rate, 0.3)]
    fine_tune(model, photos_of("train").sample(labels, seed=seed), phases=phases, batch_size=BATCH, views=VIEWS,
              seed=seed, progress=False)  # fmt: skip
    return model


@cache
def unlabelled_days() -> Photos:
    """A thousand photos by day without labels, rendered anew as large as the labelled ones; minutes, once."""
    photos = open_world("lab").photos("unlabelled", light="day")
    rows = {row["file"]: row for row in read_manifest(photos.paths[0].parent / "manifest.csv")}
    folder, like = RUNS / "days" / open_world("lab").hash, SETS["train"]
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / path.name for path in photos.paths]
    for path in paths:
        if not path.exists():
            aside = path.with_suffix(f".{os.getpid()}")
            aside.write_bytes(encode(render_parts(scene_of(rows[path.name]), like.size).image, like.quality))
            aside.replace(path)
    return Photos(paths, photos.labels, photos.classes, manifest=photos.manifest)


@cache
def answers(
    labels: int, seed: int, teacher_rate: float, *, unlabelled: bool = False, once: bool = False, verdicts: bool = False
) -> Answers:
    """What the teacher says of each view of the photos that he has learned from, and of others.

    With `once` he is asked about the photo as it is, and is taken to say the same of every view. With `verdicts` his
    doubts are left out: only the class that he finds likeliest is told.
    """
    sets = [photos_of("train").sample(labels, seed=seed), *([unlabelled_days()] if unlabelled else [])]
    said = ask(teacher_of(labels, seed, teacher_rate), *sets, views=0 if once else VIEWS)
    logits = said.logits.expand(VIEWS, -1, -1)
    if verdicts:
        logits = _SURE * F.one_hot(logits.argmax(2), logits.shape[2]).float()
    return Answers(logits, VIEWS, said.seed, said.classes, said.asked)


def _quick(model: nn.Module) -> nn.Module:
    """The same network, its weights laid out as a CPU's convolutions are quickest with."""
    return model.to(memory_format=torch.channels_last)


def _epochs(labels: int, photos: int) -> int:
    """So many that the steps are those of thirty epochs of the labelled photos, or six hundred."""
    steps = max(_LEAST_STEPS, _EPOCHS * -(-labels // BATCH))
    return round(steps / -(-photos // BATCH))


def alone(labels: int, seed: int, lr: float, stretch: int = 1) -> nn.Module:
    """A student who has learned from so many labelled photos, in new views of them all the time."""
    train = photos_of("train").sample(labels, seed=seed)
    torch.manual_seed(seed)
    student = _quick(lab_student(5))
    fine_tune(
        student, train, epochs=stretch * _epochs(labels, labels), lr=lr, batch_size=BATCH, augment=True, seed=seed,
        progress=False,
    )  # fmt: skip
    return student


def taught(
    labels: int, seed: int, lr: float, teacher_rate: float, *, temperature: float = 4.0, soft_weight: float = 0.7,
    every_step: bool = False, unlabelled: bool = False, **asked: bool,
) -> nn.Module:  # fmt: skip
    """A student of that teacher; with soft_weight 0 he listens to the labels alone.

    Args:
        labels, seed: as for the teacher.
        lr, temperature, soft_weight: of the lesson.
        teacher_rate: of the teacher's own training.
        every_step: the teacher looks at every new view that the student gets; else at four of each photo.
        unlabelled: a thousand photos without labels are there as well.
        asked: further options of `answers`.
    """
    train, others = photos_of("train").sample(labels, seed=seed), unlabelled_days() if unlabelled else None
    teacher = teacher_of(labels, seed, teacher_rate)
    said = teacher if every_step else answers(labels, seed, teacher_rate, unlabelled=unlabelled, **asked)
    torch.manual_seed(seed)
    student, shown = _quick(lab_student(5)), len(train) + len(others or ())
    distill(
        said, student, train, unlabelled=others, temperature=temperature, soft_weight=soft_weight,
        epochs=_epochs(labels, shown), lr=lr, batch_size=BATCH, seed=seed, progress=False,
    )  # fmt: skip
    return student
