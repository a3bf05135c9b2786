"""Healthy set-ups, and the silent failures that people put into them: for the doctor's trial, and for a game."""

import copy
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from chapter9_lib.models import (
    Preprocessing,
    add_lora,
    find_head,
    freeze,
    freeze_batchnorm,
    lora_layers,
    lora_state,
    merge_lora,
    preprocessing,
    replace_head,
    stages,
    unfreeze,
    unmerge_lora,
)
from chapter9_lib.studies.doctor import Report, examine
from chapter9_lib.training import History, distillation_loss, learning_rate_groups
from chapter9_lib.worlds import Photos

__all__ = ["FAULTS", "Folder", "SetUp", "adapted", "healthy", "taught"]


class Folder(Dataset[tuple[Tensor, int]]):
    """Photos as tensors, by a transform of one's own: what most people's pipelines look like.

    It has the attributes of torchvision's ImageFolder: `samples`, `targets`, `classes`.
    """

    def __init__(self, photos: Photos, transform: Callable[[Image.Image], Tensor]) -> None:
        self.photos, self.transform = photos, transform
        self.targets, self.classes = photos.labels.tolist(), list(photos.classes)

    @property
    def samples(self) -> list[tuple[str, int]]:
        """(path, label) of each photo."""
        return [(str(path), label) for path, label in zip(self.photos.paths, self.targets, strict=True)]

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, at: int) -> tuple[Tensor, int]:
        return self.transform(self.photos[at][0]), self.targets[at]


@dataclass
class SetUp:
    """All that a training needs, and what `examine` may look at."""

    model: nn.Module
    train: Any
    val: Any
    optimizer: torch.optim.Optimizer | None = None
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None
    history: History | None = None
    borrowed: dict[str, Tensor] | None = None
    evaluate: Callable[[nn.Module], object] | None = None
    teacher: nn.Module | None = None
    soft_loss: Callable[..., Tensor] | None = None
    saved: dict[str, Tensor] | None = None
    album: tempfile.TemporaryDirectory | None = None

    def examine(self, **options: Any) -> Report:  # noqa: ANN401
        """What the doctor says of it."""
        given = {name: value for name, value in vars(self).items() if name not in ("model", "train", "val", "album")}
        return examine(self.model, self.train, self.val, **given, **options)


def healthy(model: nn.Module, train: Photos, val: Photos, *, until: str = "head", loader: bool = False) -> SetUp:
    """A set-up in which nothing is wrong.

    Args:
        model: borrowed, with the head that it came with and its own preprocessing.
        train: photos to learn from.
        val: photos of other bursts.
        until: the first stage that is trained.
        loader: hand out batches, by DataLoaders, where both would do.
    """
    borrowed = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    freeze_batchnorm(freeze(replace_head(model, len(train.classes)), until))
    prepare = preprocessing(model)
    sets = Folder(train, prepare.transform(train=True)), Folder(val, prepare.transform())
    if loader:
        sets = DataLoader(sets[0], batch_size=16, shuffle=True), DataLoader(sets[1], batch_size=16)
    optimizer = torch.optim.AdamW(learning_rate_groups(model, 1e-3, 0.1))
    return SetUp(model, *sets, optimizer, borrowed=borrowed)


Fault = Callable[[SetUp], SetUp]
FAULTS: dict[str, Fault] = {}
"""{what the doctor should say: what breaks a healthy set-up in this way}."""


def _fault(code: str) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        FAULTS[code] = function
        return function

    return register


# What follows are mistakes, each as people make it.


@_fault("live-batchnorm")
def _requires_grad_alone(case: SetUp) -> SetUp:
    """The tutorial's way to freeze."""
    freeze_batchnorm(unfreeze(case.model), frozen=False).requires_grad_(False)
    find_head(case.model).module.requires_grad_(True)
    return _with_optimizer(case)


@_fault("drifted-statistics")
def _trained_unheld(case: SetUp) -> SetUp:
    """Some batches in training mode, before anybody thought of the norms."""
    freeze_batchnorm(unfreeze(case.model), frozen=False).train()
    with torch.no_grad():
        for _ in range(8):
            case.model(_images(case) + 0.5)
    freeze(case.model.eval())
    return case


@_fault("nothing-trained")
def _all_frozen(case: SetUp) -> SetUp:
    case.model.requires_grad_(False)
    return replace(case, optimizer=None)


@_fault("evaluates-in-training-mode")
def _forgot_eval(case: SetUp) -> SetUp:
    freeze_batchnorm(unfreeze(case.model), frozen=False)
    return replace(_with_optimizer(case), evaluate=lambda model: model(_images(case)))


@_fault("head-not-replaced")
def _thousand_classes(case: SetUp) -> SetUp:
    replace_head(case.model, 1000)
    return _with_optimizer(case)


@_fault("head-wrong-width")
def _one_class_short(case: SetUp) -> SetUp:
    replace_head(case.model, len(_folder(case.train).classes) - 1)
    return _with_optimizer(case)


@_fault("head-unused")
def _other_attribute(case: SetUp) -> SetUp:
    """`model.fc = nn.Linear(...)`, on a network whose head has another name."""
    head = find_head(case.model)
    name = next(name for name in ("fc", "classifier", "head") if not hasattr(case.model, name))
    setattr(case.model, name, nn.Linear(head.in_features, len(_folder(case.train).classes)))
    return _with_optimizer(case)


@_fault("softmax-before-loss")
def _softmax(case: SetUp) -> SetUp:
    head = find_head(case.model)
    parent, _, child = head.name.rpartition(".")
    setattr(case.model.get_submodule(parent), child, nn.Sequential(head.module, nn.Softmax(1)))
    return case


@_fault("optimizer-lacks-parameters")
def _head_forgotten(case: SetUp) -> SetUp:
    """Thawed after the optimizer was built."""
    freeze(case.model, stages(case.model)[-2].name)
    return case


@_fault("optimizer-holds-strangers")
def _built_before(case: SetUp) -> SetUp:
    """The optimizer first, the head afterwards."""
    replace_head(case.model, len(_folder(case.train).classes))
    return case


@_fault("frozen-by-omission")
def _head_alone_in_the_optimizer(case: SetUp) -> SetUp:
    """Nothing frozen; the optimizer gets the head, and that is thought to do."""
    freeze_batchnorm(unfreeze(case.model), frozen=False)
    head = find_head(case.model).module.parameters()
    return replace(case, optimizer=torch.optim.SGD(head, lr=1e-2, momentum=0.9))


@_fault("not-finite")
def _blown_up(case: SetUp) -> SetUp:
    with torch.no_grad():
        next(p for p in find_head(case.model).module.parameters()).view(-1)[0] = float("nan")
    return case


@_fault("frozen-would-move")
def _zeroed_gradients(case: SetUp) -> SetUp:
    """Trained for a step, then frozen, with gradients set to zero instead of None."""
    unfreeze(case.model).requires_grad_(True)
    optimizer = torch.optim.SGD(case.model.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
    case.model(_images(case)).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)
    for name, parameter in case.model.named_parameters():
        parameter.requires_grad_(name.startswith(find_head(case.model).name))
    return replace(case, optimizer=optimizer)


@_fault("lr-scale-ignored")
def _timms_groups(case: SetUp) -> SetUp:
    """Layer decay as timm writes it, under one of torch's schedulers."""
    unfreeze(case.model)
    found = list(reversed(stages(case.model)))
    groups = [{"params": stage.parameters(), "lr_scale": 0.7**depth} for depth, stage in enumerate(found)]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=1e-4)
    return replace(case, optimizer=optimizer, scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100))


@_fault("rate-too-high")
def _from_scratch_habit(case: SetUp) -> SetUp:
    unfreeze(case.model)
    return replace(case, optimizer=torch.optim.AdamW(case.model.parameters(), lr=1e-2))


@_fault("dead-network")
def _reinitialised_by_shape(case: SetUp) -> SetUp:
    """A last stage started afresh tensor by tensor: matrices at random, all else at zero, the norms' scales too."""
    last = stages(case.model)[-2]
    unfreeze(case.model)
    for parameter in last.parameters():
        nn.init.kaiming_normal_(parameter) if parameter.ndim > 1 else nn.init.zeros_(parameter)
    return _with_optimizer(case)


@_fault("labels-out-of-range")
def _counted_from_one(case: SetUp) -> SetUp:
    folder = _folder(case.train)
    folder.targets = [label + 1 for label in folder.targets]
    return case


@_fault("class-order-differs")
def _folders_by_another_name(case: SetUp) -> SetUp:
    """One folder renamed on one side: everything after it moves up by one."""
    folder = _folder(case.val)
    order = [*folder.classes[1:], folder.classes[0]]
    folder.targets = [order.index(folder.classes[label]) for label in folder.targets]
    folder.classes = order
    return case


@_fault("imbalanced")
def _one_class_is_rare(case: SetUp) -> SetUp:
    photos = _folder(case.train).photos
    keep = (photos.labels != 0) | (np.cumsum(photos.labels == 0) <= 1)
    return _over(case, train=photos.subset(keep))


@_fault("same-photo-on-both-sides")
def _copies(case: SetUp) -> SetUp:
    train, val = _folder(case.train).photos, _folder(case.val).photos
    return _over(case, val=val + train.subset(range(3)))


@_fault("near-duplicates-on-both-sides")
def _saved_anew(case: SetUp) -> SetUp:
    """Some training photos, exported once more from somebody's album, are in the validation folder as well."""
    train, val = _folder(case.train).photos, _folder(case.val).photos
    album = tempfile.TemporaryDirectory()
    copies = [Path(album.name) / f"IMG_{at:04}.jpg" for at in range(4)]
    for at, path in enumerate(copies):
        train[at][0].save(path, quality=70)
    case = _over(case, val=val + Photos(copies, train.labels[: len(copies)], train.classes))
    return replace(case, album=album)


@_fault("overfitting")
def _too_long(case: SetUp) -> SetUp:
    steps = np.arange(12)
    history = History(
        loss=(1.5 * 0.7**steps).tolist(), accuracy=(1 - 0.7 * 0.7**steps).tolist(),
        val_loss=(0.9 + 0.08 * np.abs(steps - 3)).tolist(), val_accuracy=[0.7] * 12, phase=[0] * 12,
    )  # fmt: skip
    return replace(case, history=history)


@_fault("forgot-when-thawed")
def _thawed_too_hot(case: SetUp) -> SetUp:
    history = History(
        loss=[1.2, 0.9, 0.8, 1.4, 1.1, 1.0], accuracy=[0.5, 0.7, 0.75, 0.4, 0.55, 0.6],
        val_loss=[1.1, 0.9, 0.85, 1.5, 1.2, 1.1], val_accuracy=[0.6, 0.7, 0.74, 0.4, 0.5, 0.55],
        phase=[0, 0, 0, 1, 1, 1],
    )  # fmt: skip
    return replace(case, history=history)


def _pixels(change: Callable[[Image.Image, Preprocessing], Tensor]) -> Fault:
    """A fault of the preparation: the same on both sides, as it is in life."""

    def break_it(case: SetUp) -> SetUp:
        wanted = preprocessing(case.model)
        for side in (case.train, case.val):
            _folder(side).transform = lambda photo: change(photo, wanted)
        return case

    return break_it


def _scaled(photo: Image.Image, wanted: Preprocessing) -> Tensor:
    return wanted.pixels(photo).float() / 255


def _other_constants(photo: Image.Image, wanted: Preprocessing) -> Tensor:
    """ImageNet's, which every tutorial has, or 0.5 where those are right."""
    usual = replace(wanted, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    other = replace(wanted, mean=(0.5,) * 3, std=(0.5,) * 3) if abs(wanted.mean[0] - 0.485) < 0.01 else usual
    return other.normalize(_scaled(photo, wanted))


def _smaller(photo: Image.Image, wanted: Preprocessing) -> Tensor:
    """Half the edge, rounded to whole patches of 16 pixels or less."""
    small = replace(wanted, size=tuple(max(32, edge // 2 // 16 * 16) for edge in wanted.size))
    return small.normalize(_scaled(photo, small))


def _nearest(photo: Image.Image, wanted: Preprocessing) -> Tensor:
    return replace(wanted, interpolation="nearest").transform()(photo)


FAULTS |= {
    "not-normalised": _pixels(_scaled),
    "wrong-normalisation": _pixels(_other_constants),
    "pixels-0-255": _pixels(lambda photo, wanted: wanted.pixels(photo).float()),
    "normalised-twice": _pixels(lambda photo, wanted: wanted.normalize(wanted.normalize(_scaled(photo, wanted)))),
    "channels-swapped": _pixels(lambda photo, wanted: wanted.normalize(_scaled(photo, wanted).flip(0))),
    "wrong-size": _pixels(_smaller),
    "resized-otherwise": _pixels(_nearest),
}


def taught(case: SetUp) -> SetUp:
    """A healthy set-up whose model learns from a teacher, in a healthy way."""
    return replace(case, teacher=copy.deepcopy(case.model).eval(), soft_loss=distillation_loss)


@_fault("teacher-in-training-mode")
def _trained_with(case: SetUp) -> SetUp:
    """Teacher and student in one module, and one train() for both."""
    case = taught(case)
    freeze_batchnorm(unfreeze(case.teacher), frozen=False).train()
    return case


@_fault("teacher-is-trained")
def _all_parameters(case: SetUp) -> SetUp:
    """The same, with one optimizer for both."""
    case = taught(case)
    both = [p for model in (case.model, unfreeze(case.teacher)) for p in model.parameters() if p.requires_grad]
    return replace(case, optimizer=torch.optim.AdamW(both, lr=1e-4))


@_fault("teacher-unheard")
def _own_echo(case: SetUp) -> SetUp:
    """One name too few changed."""

    def loss(student: Tensor, teacher: Tensor, labels: Tensor, temperature: float = 4.0) -> Tensor:
        said, wanted = torch.log_softmax(student / temperature, 1), torch.softmax(student / temperature, 1)
        return F.cross_entropy(student, labels) + F.kl_div(said, wanted, reduction="batchmean") * temperature**2

    return replace(taught(case), soft_loss=loss)


@_fault("temperature-unscaled")
def _divided_alone(case: SetUp) -> SetUp:
    """The formula without its last factor."""

    def loss(student: Tensor, teacher: Tensor, labels: Tensor, T: float = 4.0) -> Tensor:  # noqa: N803
        said, wanted = torch.log_softmax(student / T, 1), torch.softmax(teacher.detach() / T, 1)
        return 0.3 * F.cross_entropy(student, labels) + 0.7 * F.kl_div(said, wanted, reduction="batchmean")

    return replace(taught(case), soft_loss=loss)


def adapted(case: SetUp) -> SetUp:
    """A healthy set-up with adapters that have learnt something, and what was saved of it."""
    plain = [name for name, layer in case.model.named_modules() if getattr(layer, "groups", 1) == 1]
    add_lora(case.model, 4, targets=f"^({'|'.join(map(re.escape, plain))})$")
    with torch.no_grad():
        for layer in lora_layers(case.model).values():
            nn.init.normal_(layer.lora_B.weight, std=1e-3)
    return replace(_with_optimizer(case), saved=lora_state(case.model))


@_fault("adapter-counts-twice")
def _saved_while_merged(case: SetUp) -> SetUp:
    """The weights were saved after merging, and loaded into a model with its adapters."""
    case = adapted(case)
    saved = copy.deepcopy(merge_lora(case.model).state_dict())
    unmerge_lora(case.model).load_state_dict(saved)
    return case


@_fault("saved-without-head")
def _adapters_alone(case: SetUp) -> SetUp:
    """What `[name for name in state if "lora_" in name]` keeps."""
    case = adapted(case)
    case.saved = {name: tensor for name, tensor in case.saved.items() if "lora_" in name}
    return case


@_fault("saved-without-norms")
def _parameters_alone(case: SetUp) -> SetUp:
    """What was trained was saved, but the statistics have moved as well."""
    case = adapted(case)
    for name, buffer in case.model.named_buffers():
        if name.endswith("running_mean"):
            buffer += 0.01
    trained = {name for name, parameter in case.model.named_parameters() if parameter.requires_grad}
    case.saved = {name: tensor for name, tensor in case.model.state_dict().items() if name in trained}
    return case


def _folder(side: Any) -> Folder:  # noqa: ANN401
    return side.dataset if isinstance(side, DataLoader) else side


def _images(case: SetUp) -> Tensor:
    folder = _folder(case.val)
    return torch.stack([folder[at][0] for at in range(min(8, len(folder)))])


def _with_optimizer(case: SetUp) -> SetUp:
    return replace(case, optimizer=torch.optim.AdamW([p for p in case.model.parameters() if p.requires_grad], lr=1e-4))


def _over(case: SetUp, **photos: Photos) -> SetUp:
    """The same with other photos on one side."""
    changed: dict[str, Any] = {}
    for side, found in photos.items():
        old = getattr(case, side)
        folder = Folder(found, _folder(old).transform)
        changed[side] = DataLoader(folder, batch_size=16) if isinstance(old, DataLoader) else folder
    return replace(case, **changed)
