"""What a run learns: from the training photos, to choose by the others; and then from both."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from chapter9_lib.models import freeze, preprocessing, stages
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.pipeline.splitting import Split, too_few
from chapter9_lib.studies import Report, examine
from chapter9_lib.training import Evaluation, History, Phase, evaluate, fine_tune
from chapter9_lib.training.data import MEMORY_LIMIT
from chapter9_lib.training.temperature import fit_temperature, fold_temperature
from chapter9_lib.worlds.photos import Photos

__all__ = ["AGAIN", "CHECKPOINT", "Learned", "in_words", "kept_phases", "learn", "scored"]

CHECKPOINT, AGAIN = "training.safetensors", "training-again.safetensors"
_RARE, _VIEWS = 3.0, 4


@dataclass(frozen=True)
class Learned:
    """How a training went.

    Attributes:
        history: of the training that the validation photos watched.
        before: what the doctor said before it.
        after: what the doctor said after it.
        temperature: what the scores are to be divided by, as the validation photos say.
        again: the history of the training on training and validation photos together; None where there was none.
    """

    history: History
    before: Report
    after: Report
    temperature: float
    again: History | None


def learn(
    model: nn.Module, split: Split, phases: tuple[Phase, ...], settings: Settings, folder: Path | None = None,
    say: Callable[[str], None] = print, progress: bool = True,
) -> Learned:  # fmt: skip
    """Train, in place, and choose and calibrate by the validation photos; then train once more from the start, as was
    chosen, on these photos too. The temperature stays the one that photos found that had not been learned from.

    Args:
        model: the borrowed network.
        split: of the photos.
        phases: of the training.
        settings: the run's.
        folder: gets the states to resume from; None: none are written.
        say: told in a line what is going on.
        progress: show bars.
    """
    borrowed = copy.deepcopy(model.state_dict())
    freeze(model, phases[0].until)
    before = examine(model, split.train, split.val, borrowed=borrowed)
    chooses = not too_few(split.val, split.by)
    most = len(split.train) + settings.refit * len(split.val)
    settings = replace(settings, views=_views(model, most, phases, settings))
    history = _trained(
        model, split.train, split.val, phases, settings, folder and folder / CHECKPOINT, progress,
        patience=settings.patience if chooses else None, best_phase=chooses and settings.patience is None,
    )  # fmt: skip
    after = examine(model, split.train, split.val, history=history, borrowed=borrowed)
    held_out = evaluate(model, split.val, device=settings.device)
    temperature = fit_temperature(held_out.probabilities, held_out.labels, doubt=0.5)
    again = None
    if settings.refit:
        photos, kept = split.train + split.val, kept_phases(phases, history, settings.patience)
        say(f"once more, on all {len(photos)} photos but the test's: {in_words(kept)}")
        model.load_state_dict(borrowed)
        again = _trained(model, photos, None, kept, settings, folder and folder / AGAIN, progress)
    return Learned(history, before, after, temperature, again)


def in_words(phases: tuple[Phase, ...]) -> str:
    """What the phases do."""
    return "; ".join(f"{one.epochs} epoch{'s' if one.epochs > 1 else ''} from {one.until}" for one in phases)


def kept_phases(phases: tuple[Phase, ...], history: History, patience: int | None) -> tuple[Phase, ...]:
    """The phases whose weights a training has kept, each as long as it was of use.

    Args:
        phases: that it had.
        history: of it.
        patience: that it had; None: no phase was ended early.
    """
    if history.best_epoch is None:
        return phases
    kept = [number for number in range(len(phases)) if number <= history.phase[history.best_epoch]]
    if patience is None:
        return tuple(phases[number] for number in kept)
    shorter = []
    for number in kept:
        begun, ended = history.phase.index(number), len(history) - history.phase[::-1].index(number)
        useful = int(np.argmin(history.val_loss[:ended])) + 1 - begun
        shorter += [replace(phases[number], epochs=useful)] if useful > 0 else []
    return tuple(shorter)


def scored(model: nn.Module, split: Split, settings: Settings, temperature: float) -> tuple[Evaluation, Evaluation]:
    """The answers on the test photos, which are looked at once, before and after all scores are divided by the
    temperature; the model keeps it."""
    raw = evaluate(model, split.test, device=settings.device)
    fold_temperature(model, temperature)
    scores = torch.as_tensor(raw.probabilities).double().clamp_min(1e-30).log() / temperature
    return raw, replace(raw, probabilities=scores.softmax(1).float().numpy())


def _trained(
    model: nn.Module, photos: Photos, val: Photos | None, phases: tuple[Phase, ...], settings: Settings,
    checkpoint: Path | None, progress: bool, *, patience: int | None = None, best_phase: bool = False,
) -> History:  # fmt: skip
    counts = [count for count in photos.counts().values() if count]
    return fine_tune(
        model, photos, val, phases=phases, batch_size=settings.batch_size, patience=patience, best_phase=best_phase,
        views=settings.views or 0, weight_decay=settings.weight_decay, seed=settings.seed,
        balance=max(counts) > _RARE * min(counts), device=settings.device, checkpoint=checkpoint, progress=progress,
    )  # fmt: skip


def _views(model: nn.Module, photos: int, phases: tuple[Phase, ...], settings: Settings) -> int:
    """How many views of each of so many photos are kept, as many in both trainings; none where all learns at once."""
    if settings.views is None and phases[0].until == stages(model)[0].name:
        return 0
    height, width = preprocessing(model).size
    fits = _VIEWS * 3 * height * width * photos <= MEMORY_LIMIT
    return (_VIEWS if fits else 0) if settings.views is None else settings.views
