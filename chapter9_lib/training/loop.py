"""The one training loop."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.given import real_number, switch, whole_number
from chapter9_lib.models import find_head, freeze, frozen_until, preprocessing, stages
from chapter9_lib.models.classes import remember_classes
from chapter9_lib.models.modes import evaluating
from chapter9_lib.models.stages import stage_index
from chapter9_lib.training.checkpoints import Checkpoint, build_of, digest_of
from chapter9_lib.training.devices import pick_device, place, seeded, weight_format
from chapter9_lib.training.feeds import Feeds
from chapter9_lib.training.history import History
from chapter9_lib.training.inputs import require_photos
from chapter9_lib.training.labels import classes_to_train
from chapter9_lib.training.optimizers import learning_rate_groups, parameter_groups
from chapter9_lib.training.phases import Phase, described
from chapter9_lib.training.processes import Team
from chapter9_lib.training.run import Leg, Run
from chapter9_lib.training.schedules import Schedule, schedule_named

__all__ = ["fine_tune"]


def fine_tune(
    model: nn.Module,
    train: Sequence[Any],
    val: Sequence[Any] | None = None,
    *,
    phases: Sequence[Phase] | None = None,
    epochs: int = 20,
    lr: float = 1e-3,
    weight_decay: float = 0.01,
    l2_sp: float = 0.0,
    balance: bool = False,
    optimizer: str = "adamw",
    batch_size: int = 64,
    augment: bool | None = None,
    schedule: str | Schedule = "cosine",
    patience: int | None = None,
    best_phase: bool = False,
    cache: str | bool = "auto",
    views: int = 0,
    checkpoint: str | Path | None = None,
    watch: Callable[[nn.Module, History], object] | None = None,
    seed: int = 0,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> History:
    """Train a classifier, in place.

    Without phases, what takes gradients is trained at one rate. With phases, each freezes the model as it says
    (`freeze`) and gives each stage its rate (`learning_rate_groups`); parameters keep the optimizer's moments from one
    phase to the next, and the model stays frozen as the last phase left it.

    Started by `torchrun` or `accelerate launch`, inside `joined()`, the processes take a share of every batch each and
    make the same steps as one alone would, but for dropout; the first one writes the checkpoint.

    On the CPU the same seed gives the same weights, with the cache or without (to 1e-5; a long training at a high rate
    enlarges rounding, as it does that of another number of threads). torch's own generators, the CPU's and every GPU's,
    are left as they were. The model ends in evaluation mode, broken off as well.

    The names of the classes (`train.classes`, where the photos have them) stay on the model, as `model.classes` and
    in `model.card`, so that `save_model` keeps them and `val` and `evaluate` match labels by name. A model that
    already knows all of these classes keeps its own order of them.

    Args:
        model: a classifier that carries its preprocessing.
        train: a dataset of (PIL image, label).
        val: another, scored after every epoch; of the same classes or some of them, in any order.
        phases: parts of the training, such as `gradual_unfreezing(model)`, each with its own epochs, rate and schedule;
            None: one, of `epochs`, `lr`, `schedule`.
        epochs: passes over the training photos; not beside phases.
        lr: the highest learning rate; not beside phases.
        weight_decay: on weights; never on norms and biases.
        l2_sp: draws the backbone back to where it started, as weight decay draws weights to zero, and decoupled like
            AdamW's: each step ends `l2_sp` times its rate of the way back (Li et al. 2018, arXiv 1802.01483).
        balance: let every class count the same in the loss, however few photos it has: a photo weighs as much as its
            class is rare, n / (classes * n of its class).
        optimizer: "adamw" (Loshchilov and Hutter 2019, arXiv 1711.05101), or "sgd", with momentum 0.9.
        batch_size: photos a step.
        augment: random views; None: not on a frozen backbone, else yes. A phase may say otherwise for itself.
        schedule: "cosine", "constant", "slanted_triangular", or a function from progress (0..1) to a factor of `lr`;
            not beside phases.
        patience: end a phase after so many epochs without a lower validation loss, and put the weights of the lowest
            one back. It wants many validation photos, and suits a constant rate: where the rate falls to zero, weights
            from the middle of a phase have not settled, and what makes them look best is luck.
        best_phase: go through each phase to its end, where a falling rate has let the weights settle; a phase that ends
            with fewer validation photos named right than the one before (or as many, and a higher loss) is undone, and
            the training ends there.
        cache: "auto" runs frozen layers once where that is exact; "half" does too, and keeps half-precision numbers in
            half the space, whose rounding the training then sees; True insists on a cache; False never has one.
            A dataset that changes its photos at random itself gets none: it is asked for them in every epoch.
        views: make so many random views of each training photo once, and train on one of them, drawn anew in each
            epoch: augmentation that the cache can keep. 0: a new view each time, which it can't.
        checkpoint: a file that gets the whole state after each epoch. Where it is there already, the training goes on
            from it, to the weights it would have reached without a break.
        watch: called as `watch(model, history)` after each epoch, the model in evaluation mode: to follow what `val`
            doesn't, such as the task that the network was borrowed from. What it draws at random changes nothing.
        seed: of the shuffling, the augmentation and the dropout. (Which `views` are made doesn't depend on it.)
        device: where to train; None picks CUDA, MPS or the CPU.
        progress: show a progress bar.

    Returns:
        The history, epoch by epoch.

    Raises:
        ValueError: for empty sets, labels or classes without an output, nothing to train, weights that are not float32,
            a number that makes no sense, an unknown name, epochs, a rate or a schedule beside phases, a checkpoint of
            another training, or cache=True where it would be wrong.
        TypeError: for a path in place of photos, phases that are no list of `Phase`, counts that are not whole, or
            texts in place of numbers.
        FloatingPointError: when the loss is no longer a number.
    """
    epochs, batch_size = whole_number("epochs", epochs), whole_number("batch_size", batch_size)
    views, seed = whole_number("views", views), whole_number("seed", seed)
    patience = None if patience is None else whole_number("patience", patience)
    lr, weight_decay = real_number("lr", lr), real_number("weight_decay", weight_decay)
    l2_sp = real_number("l2_sp", l2_sp)
    _require_numbers(epochs=epochs, batch_size=batch_size, lr=lr, views=views, weight_decay=weight_decay, l2_sp=l2_sp)
    augment, balance = switch("augment", augment, None), switch("balance", balance)
    best_phase = switch("best_phase", best_phase)
    if views and augment is False:
        raise ValueError(f"views={views} are augmented views, but augment=False asks for none")
    if patience is not None and patience < 1:
        raise ValueError(f"patience={patience}: at least one epoch is wanted, or None to go on to the end")
    if patience is not None and best_phase:
        raise ValueError("patience keeps the best epoch, best_phase the best phase: choose one of them")
    if (patience is not None or best_phase) and val is None:
        raise ValueError("patience and best_phase need validation photos: fine_tune(model, train, val, ...)")
    if phases is not None:
        _require_phases(phases, epochs=epochs, lr=lr, schedule=schedule)
    sets = {"training photos": train} | ({} if val is None else {"validation photos": val})
    for what, photos in sets.items():
        require_photos(photos, what)
    if weight_format(model) is not torch.float32:
        raise ValueError(f"The model's weights are {weight_format(model)}, and are trained in float32: model.float()")
    plan = [Phase(None, epochs, lr, 1.0, schedule)] if phases is None else list(phases)
    schedules = [schedule_named(phase.schedule) for phase in plan]
    classes = classes_to_train(model, train, find_head(model).out_features)
    chosen = pick_device(device)
    place(model, chosen)
    parts = [
        (until, _augmented(augment, views, until) if phase.augment is None else phase.augment)
        for until, phase in zip(_untils(model, plan), plan, strict=True)
    ]
    legs = [
        Leg(number, phase.epochs, schedule, parts[number][1])
        for number, (phase, schedule) in enumerate(zip(plan, schedules, strict=True))
    ]
    team = Team.present(chosen)
    with seeded(chosen, seed):
        feeds = Feeds(model, sets, parts, device=chosen, cache=cache, views=views, classes=classes)
        run = Run(
            model, chosen, batch_size=batch_size, seed=seed, optimizer=optimizer, l2_sp=l2_sp, team=team,
            class_weights=_rarity(feeds.labels[0], find_head(model).out_features) if balance else None,
        )  # fmt: skip
        if classes is not None:
            remember_classes(model, classes)
        saver = checkpoint and Checkpoint(checkpoint, {
            "phases": [described(phase) for phase in plan], "weight_decay": weight_decay, "batch_size": batch_size,
            "optimizer": optimizer, "augment": augment, "views": views, "seed": seed,
            "patience": patience and [patience, "val_loss"], "best_phase": best_phase,
            "l2_sp": l2_sp, "balance": balance, "photos": [digest_of(photos) for photos in sets.values()],
            "network": build_of(model), "preprocessing": preprocessing(model).to_card(),
        })  # fmt: skip
        look = _watcher(run, seed, watch)
        try:
            return _run_all(run, feeds, plan, legs, weight_decay, saver or None, patience, best_phase, progress, look)
        finally:
            model.eval()


_LEAST = {"epochs": 1, "batch_size": 1, "views": 0, "weight_decay": 0, "l2_sp": 0}


def _require_numbers(**given: float) -> None:
    """Counts and strengths from the least one on, a rate above 0."""
    for name, value in given.items():
        if name in _LEAST and not _LEAST[name] <= value < math.inf:
            raise ValueError(f"{name}={value}: at least {_LEAST[name]} is wanted")
        if name not in _LEAST and not 0 < value < math.inf:
            raise ValueError(f"{name}={value}: a number above 0 is wanted")


_SAID_BY_PHASES = {"epochs": "epochs", "lr": "head_lr", "schedule": "schedule"}


def _require_phases(phases: Sequence[Phase], **beside: Any) -> None:  # noqa: ANN401 - as they came
    if isinstance(phases, Phase):
        raise TypeError("phases is a single Phase, where a list is wanted: phases=[Phase(...)]")
    if not phases:
        raise ValueError("phases is empty: hand in at least one Phase, or None")
    if wrong := [phase for phase in phases if not isinstance(phase, Phase)]:
        raise TypeError(f"phases holds {wrong[0]!r}, which is no Phase: Phase(until, epochs, head_lr) makes one")
    for name, value in beside.items():
        if value != fine_tune.__kwdefaults__[name]:
            own = _SAID_BY_PHASES[name]
            raise ValueError(
                f"{name}={value!r} would be ignored beside phases, which say it themselves: leave it out, and give it "
                f"to the phases, Phase(..., {own}={value!r}), or to what makes them"
            )


def _run_all(
    run: Run, feeds: Feeds, plan: list[Phase], legs: list[Leg], weight_decay: float, saver: Checkpoint | None,
    patience: int | None, best_phase: bool, progress: bool, look: Callable[[History], None],
) -> History:  # fmt: skip
    """Phase after phase; from the start, or from where the checkpoint stands."""
    resumed = saver.load() if saver else None
    history = resumed.history if resumed else History(device=str(run.device))

    def after(epochs: int) -> None:
        look(history)
        if saver and run.team.rank == 0:
            saver.save(run, history, epochs)
        run.team.wait()

    if resumed:
        Checkpoint.restore(run, resumed, optimizer=False)
    for phase, leg in zip(plan, legs, strict=True):
        if resumed and leg.number < resumed.phase:
            _groups(run.model, phase, weight_decay)  # frozen as it was then, for a phase that leaves it so
            continue
        run.begin(leg, _groups(run.model, phase, weight_decay))
        run.team.require_still_norms(run.model)
        done, said = 0, history.cache
        if resumed and leg.number == resumed.phase:
            Checkpoint.restore(run, resumed, optimizer=True)
            done, history.device = resumed.done, str(run.device)
        own = feeds.for_phase(leg.number, history) if done < leg.epochs else []
        history.cache = said if done else history.cache
        run.train(own, history, patience, best_phase, progress, done, after)
        if best_phase and history.best_epoch != len(history) - 1:
            break
    return history


def _watcher(run: Run, seed: int, watch: Callable[[nn.Module, History], object] | None) -> Callable[[History], None]:
    """Lets somebody look at the model without leaving a trace in the training."""

    def look(history: History) -> None:
        if watch is not None:
            with seeded(run.device, seed), evaluating(run.model):
                watch(run.model, history)

    return look


def _untils(model: nn.Module, plan: list[Phase]) -> list[str]:
    """The name of each phase's first trained stage."""
    named = [phase.until for phase in plan if phase.until not in (None, "head")]
    found = stages(model) if named else []
    untils: list[str] = []
    for phase in plan:
        if phase.until is None:
            untils.append(untils[-1] if untils else frozen_until(model))
        else:
            untils.append("head" if phase.until == "head" else found[stage_index(found, phase.until)].name)
    return untils


def _augmented(augment: bool | None, views: int, until: str) -> bool:
    if augment is None:
        return views > 0 or until != "head"
    return augment


def _rarity(labels: Tensor, classes: int) -> Tensor:
    """What a photo of each class counts, (C,); 0 for a class without one."""
    numbers = torch.bincount(labels, minlength=classes)
    return torch.where(numbers > 0, len(labels) / ((numbers > 0).sum() * numbers.clamp_min(1)), 0.0)


def _groups(model: nn.Module, phase: Phase, weight_decay: float) -> list[dict[str, Any]]:
    if phase.until is not None:
        freeze(model, phase.until)
    if phase.until == "head" or (phase.until is None and phase.layer_decay == 1):
        return parameter_groups(model, phase.head_lr, weight_decay)
    return learning_rate_groups(model, phase.head_lr, phase.layer_decay, weight_decay)
