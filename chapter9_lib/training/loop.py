"""The one training loop."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import find_head, what_moves
from chapter9_lib.models.classes import remember_classes
from chapter9_lib.training.devices import pick_device, place, seeded
from chapter9_lib.training.feeds import make_feeds
from chapter9_lib.training.history import History
from chapter9_lib.training.inputs import require_photos
from chapter9_lib.training.labels import classes_to_train
from chapter9_lib.training.run import Run
from chapter9_lib.training.schedules import schedule_named

__all__ = ["fine_tune"]


def fine_tune(
    model: nn.Module,
    train: Sequence[Any],
    val: Sequence[Any] | None = None,
    *,
    epochs: int = 20,
    lr: float = 1e-3,
    weight_decay: float = 0.01,
    batch_size: int = 64,
    augment: bool | None = None,
    schedule: str | Callable[[float], float] = "cosine",
    patience: int | None = None,
    cache: str | bool = "auto",
    seed: int = 0,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> History:
    """Train what takes gradients, in place, with AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101).

    On the CPU the same seed gives the same weights, with the cache or without (to 1e-5). torch's own generators,
    the CPU's and every GPU's, are left as they were. The model ends in evaluation mode.

    The names of the classes (`train.classes`, where the photos have them) stay on the model, as `model.classes` and
    in `model.card`, so that `save_model` keeps them and `val` and `evaluate` match labels by name. A model that
    already knows all of these classes keeps its own order of them.

    Args:
        model: a classifier that carries its preprocessing.
        train: a dataset of (PIL image, label).
        val: another, scored after every epoch; of the same classes or some of them, in any order.
        epochs: passes over the training photos.
        lr: the highest learning rate.
        weight_decay: on weights; never on norms and biases.
        batch_size: photos a step.
        augment: random views; None: not on a frozen backbone, else yes.
        schedule: "cosine", "constant", or a function from progress (0..1) to a factor of `lr`.
        patience: stop after so many epochs without a better validation accuracy (at equal accuracy, loss), and
            put the best epoch's weights back.
        cache: "auto" runs a frozen backbone once where that is exact; True insists on it; False never does.
        seed: of the shuffling, the augmentation and the dropout.
        device: where to train; None picks CUDA, MPS or the CPU.
        progress: show a progress bar.

    Raises:
        ValueError: for empty sets, labels or classes without an output, nothing to train, or cache=True where it
            would be wrong.
        TypeError: for a path in place of photos.
        FloatingPointError: when the loss is no longer a number.
    """
    if epochs < 1 or batch_size < 1 or lr <= 0:
        raise ValueError(f"epochs={epochs}, batch_size={batch_size}, lr={lr}: all must be positive")
    if patience is not None and val is None:
        raise ValueError("patience needs validation photos: fine_tune(model, train, val, patience=...)")
    augment = what_moves(model) is not None if augment is None else augment
    sets = {"training photos": train} | ({} if val is None else {"validation photos": val})
    for what, photos in sets.items():
        require_photos(photos, what)
    classes = classes_to_train(model, train, find_head(model).out_features)
    chosen = pick_device(device)
    place(model, chosen)
    history = History(device=str(chosen))
    with seeded(chosen, seed):
        run = Run(
            model,
            chosen,
            lr=lr,
            weight_decay=weight_decay,
            schedule=schedule_named(schedule),
            batch_size=batch_size,
            epochs=epochs,
            seed=seed,
            augment=augment,
        )
        feeds = make_feeds(model, sets, history, device=chosen, cache=cache, augment=augment, classes=classes)
        if classes is not None:
            remember_classes(model, classes)
        run.train(feeds, history, patience, progress)
    model.eval()
    return history
