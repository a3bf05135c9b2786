"""The same question in a place where nobody has labelled: domain adaptation."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Subset

from chapter9_lib.given import require_switch
from chapter9_lib.models import find_head, freeze, preprocessing, stages
from chapter9_lib.models.classes import remember_classes
from chapter9_lib.models.modes import as_logits
from chapter9_lib.models.stages import stage_index
from chapter9_lib.training.alignment import PENALTIES, Alignment
from chapter9_lib.training.cache import ActivationCache, CacheRefused
from chapter9_lib.training.data import PhotoBatches
from chapter9_lib.training.devices import pick_device, place, seeded
from chapter9_lib.training.domains import head_features, information, told_apart
from chapter9_lib.training.feeds import AUTO_LIMIT, Feed
from chapter9_lib.training.gathered import Gathered
from chapter9_lib.training.history import History
from chapter9_lib.training.inputs import require_photos
from chapter9_lib.training.labels import check_labels, classes_to_train, learned_classes
from chapter9_lib.training.looks import Look, Looked, infrared_look
from chapter9_lib.training.loop import fine_tune
from chapter9_lib.training.optimizers import learning_rate_groups
from chapter9_lib.training.phases import Phase
from chapter9_lib.training.run import Leg
from chapter9_lib.training.schedules import schedule_named
from chapter9_lib.training.target_photos import PseudoLabels, adapt_batchnorm, pseudo_label

__all__ = ["METHODS", "Adaptation", "adapt"]

_LOOKED_AT = 400


@dataclass(frozen=True)
class Adaptation:
    """What was done, and what can be said of it without a label of the target.

    Attributes:
        method: its name.
        history: epoch by epoch; of several rounds one after the other; None where nothing was trained.
        rounds: of self-training: what the model named itself, round after round.
        told_apart: how well a fresh domain classifier tells source from target by their features, before and after.
        information: how sure and how varied its answers for the target are, before and after, in nats.
    """

    method: str
    history: History | None = None
    rounds: list[PseudoLabels] = field(default_factory=list)
    told_apart: tuple[float, float] = (math.nan, math.nan)
    information: tuple[float, float] = (math.nan, math.nan)

    def __str__(self) -> str:
        apart, said = ("{:.0%} → {:.0%}".format(*self.told_apart), "{:.2f} → {:.2f}".format(*self.information))
        return f"{self.method}: domains told apart {apart}, information {said} nats"


@dataclass
class _Task:
    """What every method works on."""

    model: nn.Module
    source: Sequence[Any]
    target: Sequence[Any]
    val: Sequence[Any] | None
    phase: Phase
    labels: Tensor
    classes: list[str] | None
    options: dict[str, Any]
    strength: float | None
    threshold: float
    rounds: int
    balance: bool
    look: Look
    draws: int
    target_labels: np.ndarray | None

    def train_on(self, photos: Sequence[Any]) -> History:
        """Plain training, with the source's validation photos beside it."""
        return fine_tune(self.model, photos, self.val, phases=[self.phase], **self.options)

    def with_source(self, *parts: tuple[Sequence[Any], Tensor | np.ndarray]) -> Gathered:
        """The source's photos and more."""
        return Gathered([(self.source, self.labels), *parts], self.classes)


def adapt(
    model: nn.Module, source: Sequence[Any], target: Sequence[Any], method: str = "dann", *,
    val: Sequence[Any] | None = None, until: str | None = None, epochs: int = 10, lr: float = 1e-3,
    layer_decay: float = 1.0, strength: float | None = None, threshold: float = 0.9, rounds: int = 3,
    balance: bool = True, look: Look = infrared_look, draws: int = 4,
    oracle_labels: Sequence[int] | np.ndarray | None = None, weight_decay: float = 0.01, batch_size: int = 64,
    augment: bool = False, seed: int = 0, device: str | torch.device | None = None, progress: bool = True,
) -> Adaptation:  # fmt: skip
    """Make a classifier that learned on the source serve the target too, in place, without a label of the target.

    Methods:
        "source": no adaptation; the same training on the source alone. What the others are to be compared with.
        "adabn": the target's own batch norm statistics (`adapt_batchnorm`). Trains nothing.
        "look": the source twice, once through a `look` that mimics the target, in several random `draws` of it.
        "coral", "mmd": features of both domains are drawn together (`coral_loss`, `mmd_loss`). With strength=0 nothing
            is drawn, but batches are still half target, so that norms that learn on see both domains: the control.
        "dann": features that a domain classifier can't tell apart (`gradient_reversal`).
        "pseudo": the model labels the target where it is sure, and learns from that, round after round.
        "oracle": cheats: learns from `oracle_labels`, to see what labels would have been worth.

    Args:
        model: a classifier, trained on the source; its head answers in the source's classes.
        source: a dataset of (PIL image, label).
        target: of (PIL image, anything), or PIL images. No label of it is looked at.
        val: photos of the *source*, scored after every epoch.
        until: the first stage that learns; None: the last one before the head. Frozen ones run once for each photo,
            where that is exact.
        epochs: passes over the source (over all that is learned from, where that is more); of "pseudo", in each round.
        lr, layer_decay: the head's rate, and each stage's as a share of the next one's.
        strength: of "coral" and "mmd", what the distance between domains is multiplied by; of "dann", the reversed
            gradient. None: 10, 1, 1.
        threshold, balance: of "pseudo": see `pseudo_label`.
        rounds: of "pseudo".
        look, draws: of "look". The draws share the epochs: eight, with four draws, are two over each.
        oracle_labels: of "oracle" alone: the target's true labels, as positions among the model's outputs.
        weight_decay, batch_size, augment, seed, device, progress: as in `fine_tune`. A batch of "coral", "mmd" and
            "dann" is half source, half target.

    Raises:
        ValueError: for an unknown method, too few photos, in all or in a batch, labels without an output, true labels
            of the target given to a method that must not see them, or nothing thawed that could adapt.
        TypeError: for a path in place of photos.
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r}: choose one of {', '.join(METHODS)}")
    if (oracle_labels is not None) != (method == "oracle"):
        raise ValueError('True labels of the target go with method="oracle", and with no other: oracle_labels=...')
    require_switch("augment", augment)
    if rounds < 1 or draws < 1 or (strength is not None and strength < 0):
        given = f"rounds={rounds}, draws={draws}, strength={strength}"
        raise ValueError(f"{given}: at least one round and one draw, and no negative strength, please")
    if method in PENALTIES and batch_size < 4:
        raise ValueError(
            f"batch_size={batch_size}: half of a batch is of each domain, and one photo says nothing of a domain: four "
            "at least are wanted, better some dozens"
        )
    require_photos(target, "target photos")
    if min(len(source), len(target)) < 4:
        raise ValueError(f"{len(source)} photos of the source and {len(target)} of the target: four of each at least")
    outputs, found = find_head(model).out_features, stages(model)
    classes = learned_classes(model, outputs) or classes_to_train(model, source, outputs)
    named = found[-2].name if until is None else found[stage_index(found, until)].name
    task = _Task(
        model, source, target, val, Phase(named, epochs, lr, layer_decay), classes=classes,
        labels=check_labels(source, outputs, "source photos", classes),
        options={"weight_decay": weight_decay, "batch_size": batch_size, "augment": augment, "seed": seed,
                 "device": device, "progress": progress},
        strength=strength, threshold=threshold, rounds=rounds, balance=balance, look=look,
        draws=draws, target_labels=None if oracle_labels is None else np.asarray(oracle_labels),
    )  # fmt: skip
    before = _scores(task)
    found = METHODS[method](task, method)
    (apart, said), (apart_now, said_now) = before, _scores(task)
    return replace(found, told_apart=(apart, apart_now), information=(said, said_now))


def _scores(task: _Task) -> tuple[float, float]:
    """How well the domains can be told apart, and the information in the answers, on some hundred photos of each."""
    device = task.options["device"]
    few = [Subset(photos, range(0, len(photos), max(1, len(photos) // _LOOKED_AT))) for photos in
           (task.source, task.target)]  # fmt: skip
    source, target = (head_features(task.model, photos, device=device) for photos in few)
    return told_apart(source, target), information(task.model, few[1], device=device)


def _source_alone(task: _Task, method: str) -> Adaptation:
    return Adaptation(method, task.train_on(task.source))


def _statistics(task: _Task, method: str) -> Adaptation:
    adapt_batchnorm(task.model, task.target, batch_size=task.options["batch_size"], device=task.options["device"])
    task.model.eval()
    return Adaptation(method)


def _look(task: _Task, method: str) -> Adaptation:
    draws = min(task.draws, task.phase.epochs)
    seeds = [int(task.options["seed"]) + 1000 * draw for draw in range(draws)]
    parts = [(Looked(task.source, task.look, seed), task.labels) for seed in seeds]
    parts += [(task.source, task.labels)] * (draws - 1)
    shared = replace(task.phase, epochs=round(task.phase.epochs / draws))
    return Adaptation(method, replace(task, phase=shared).train_on(task.with_source(*parts)))


def _self_training(task: _Task, method: str) -> Adaptation:
    rounds, histories = [], []
    for _ in range(task.rounds):
        sure = pseudo_label(
            task.model, task.target, task.threshold, balance=task.balance, device=task.options["device"]
        )
        kept = Subset(task.target, sure.positions.tolist())
        histories.append(task.train_on(task.with_source((kept, sure.labels))))
        rounds.append(sure)
    return Adaptation(method, _one_after_the_other(histories), rounds)


def _oracle(task: _Task, method: str) -> Adaptation:
    return Adaptation(method, task.train_on(task.with_source((task.target, task.target_labels))))


def _alignment(task: _Task, method: str) -> Adaptation:
    """The source is learned from, while a penalty draws the features of both domains together."""
    model, options, phase = task.model, task.options, task.phase
    if phase.until == "head":
        raise ValueError(f"until='head' leaves nothing for method={method!r} to move: name an earlier stage")
    device, seed = pick_device(options["device"]), int(options["seed"])
    place(model, device)
    photos = task.with_source((task.target, torch.full((len(task.target),), -1)))
    with seeded(device, seed):
        freeze(model, phase.until)
        penalty = PENALTIES[method](find_head(model).in_features).to(device)
        run = Alignment(model, device, batch_size=options["batch_size"], seed=seed)
        strength = penalty.usual if task.strength is None else task.strength
        run.align(penalty, strength, torch.from_numpy(photos.labels))
        groups = learning_rate_groups(model, phase.head_lr, phase.layer_decay, options["weight_decay"])
        own = {"lr": phase.head_lr, "weight_decay": options["weight_decay"], "params": list(penalty.parameters())}
        history = History(device=str(device))
        feeds = _feeds(task, photos, device, history)
        if task.classes is not None:
            remember_classes(model, task.classes)
        run.begin(Leg(0, phase.epochs, schedule_named(phase.schedule), options["augment"]),
                  groups + ([own] if own["params"] else []))  # fmt: skip
        run.train(feeds, history, progress=options["progress"])
    model.eval()
    return Adaptation(method, history)


def _feeds(task: _Task, photos: Gathered, device: torch.device, history: History) -> list[Feed]:
    """Both domains together, and the source's validation photos; from what is frozen only once, where that is exact."""
    sets = [(photos, torch.from_numpy(photos.labels))]
    if task.val is not None:
        outputs = find_head(task.model).out_features
        sets.append((task.val, check_labels(task.val, outputs, "validation photos", task.classes)))
    try:
        if reason := ActivationCache.reason_against(task.model, task.options["augment"], task.phase.until):
            raise CacheRefused(reason)
        options = {"until": task.phase.until, "device": device, "limit": AUTO_LIMIT}
        kept = [ActivationCache(task.model, own, **options).kept for own, _ in sets]
        sources = [next(iter(boundaries.values())) for boundaries in kept]
        history.note_cache("used: the frozen part ran once for each photo")
        return [Feed(at, labels.to(device), at.score) for at, (_, labels) in zip(sources, sets, strict=True)]
    except CacheRefused as refusal:
        history.note_cache(f"not used: {refusal}")
    plain = [PhotoBatches(own, preprocessing(task.model), device) for own, _ in sets]
    return [Feed(at, labels.to(device), lambda batch: as_logits(task.model(batch)))
            for at, (_, labels) in zip(plain, sets, strict=True)]  # fmt: skip


def _one_after_the_other(histories: list[History]) -> History:
    whole = copy.deepcopy(histories[0])
    for number, history in enumerate(histories[1:], start=1):
        for name, values in history.to_dict().items():
            if isinstance(values, list):
                getattr(whole, name).extend([number] * len(values) if name == "phase" else values)
        whole.cache_seconds += history.cache_seconds
    return whole


METHODS: dict[str, Callable[[_Task, str], Adaptation]] = {
    "source": _source_alone, "adabn": _statistics, "look": _look, "coral": _alignment, "mmd": _alignment,
    "dann": _alignment, "pseudo": _self_training, "oracle": _oracle,
}  # fmt: skip
