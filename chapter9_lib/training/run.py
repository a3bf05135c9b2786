"""Epochs and steps."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models import find_head
from chapter9_lib.models.modes import evaluating
from chapter9_lib.training.augmentation import Dice, Part
from chapter9_lib.training.data import epoch_batches, norms_in_words
from chapter9_lib.training.devices import grad_scaler, mixed_precision
from chapter9_lib.training.feeds import Feed
from chapter9_lib.training.history import History
from chapter9_lib.training.optimizers import build_optimizer
from chapter9_lib.training.processes import Team
from chapter9_lib.training.progress import progress_bar
from chapter9_lib.training.schedules import Schedule

__all__ = ["Leg", "Run"]


@dataclass(frozen=True)
class Leg:
    """What a run needs to know of one phase.

    Attributes:
        number: of the phase, from 0.
        epochs: the schedule's length.
        schedule: from progress (0..1) to a factor of the rates.
        augment: whether training sees random views.
    """

    number: int
    epochs: int
    schedule: Schedule
    augment: bool


class Run:
    """A model, its optimizer and its two random orders, while it trains.

    Args:
        model: on the device.
        device: where it is.
        batch_size: photos a step.
        seed: of the shuffling and of the random views.
        optimizer: "adamw" or "sgd".
        l2_sp: the pull of the backbone's weights to where they are now.
        class_weights: how much a photo of each class counts, (C,); None: all the same.
        team: the processes that train it together; None: this one alone.

    Attributes:
        optimizer: of the phase, from the first `begin` on.
        progress: how much of the phase lies behind, 0 to 1.
        best: how good the best epoch so far was on the validation photos, or the best end of a phase, and its weights.
    """

    def __init__(
        self, model: nn.Module, device: torch.device, *, batch_size: int, seed: int, optimizer: str = "adamw",
        l2_sp: float = 0.0, class_weights: Tensor | None = None, team: Team | None = None,
    ) -> None:  # fmt: skip
        self.team, self.class_weights = team or Team(0, 1, device), class_weights
        self.model, self.device, self.batch_size, self.kind = model, device, batch_size, optimizer
        self.optimizer: torch.optim.Optimizer | None = None
        self.leg, self.progress = Leg(0, 1, lambda progress: 1.0, False), 0.0
        self.scaler = grad_scaler(device)
        self.order = torch.Generator().manual_seed(seed)
        self.views = torch.Generator().manual_seed(seed + 1)
        self.dice: Dice = self.views
        self.l2_sp, self.starts = l2_sp, _starts(model) if l2_sp else {}
        self.best: tuple[tuple[float, ...], dict[str, Tensor]] | None = None

    def begin(self, leg: Leg, groups: list[dict[str, Any]]) -> None:
        """Go over to another phase; parameters that were trained before keep the optimizer's moments."""
        self.leg, self.optimizer = leg, build_optimizer(self.kind, groups, self.optimizer)
        self.tops = [group["lr"] for group in groups]

    def train(
        self, feeds: list[Feed], history: History, patience: int | None = None, best_phase: bool = False,
        progress: bool = False, done: int = 0, after: Callable[[int], None] = lambda epochs: None,
    ) -> None:  # fmt: skip
        """The phase's epochs, into the history: the first feed is learned from, the second, if any, scored.

        Args:
            feeds: of the training photos, and of the validation photos.
            history: gets a line an epoch.
            patience: stop after so many epochs without a lower validation loss, and put the best epoch's weights back.
            best_phase: put the weights back that an earlier phase ended with, where more were named right by them.
            progress: show a bar.
            done: epochs of the phase that lie behind already.
            after: called after each epoch with the number of the phase's epochs that are done.
        """
        before = len(history) - done - 1
        bar = progress_bar(range(done, self.leg.epochs), "training", progress)
        for epoch in bar:
            last_good = before if history.best_epoch is None else max(before, history.best_epoch)
            if patience is not None and len(history) - 1 - last_good >= patience:
                break
            start = time.perf_counter()
            values = self.epoch(feeds[0], epoch)
            for val in feeds[1:]:
                values |= self.score(val)
            history.add(**values, phase=self.leg.number, seconds=time.perf_counter() - start)
            bar.set_postfix({name: f"{value:.3f}" for name, value in values.items() if name != "lr"}, refresh=False)
            if patience is not None:
                self._remember((-values["val_loss"],), history)
            elif best_phase and epoch + 1 == self.leg.epochs:
                self._remember((values["val_accuracy"], -values["val_loss"]), history)
            after(epoch + 1)
        if self.best is not None:
            self.model.load_state_dict(self.best[1])

    def epoch(self, feed: Feed, epoch: int) -> dict[str, float]:
        """One pass over the photos, in the next random order."""
        self.model.train()
        batches = self.batches(feed)
        loss_sum, right, seen, labelled, first_lr = 0.0, 0, 0, 0, 0.0
        for number, indices in enumerate(batches):
            lr = self._set_lr((epoch + number / len(batches)) / self.leg.epochs)
            first_lr = first_lr if number else lr
            labels = feed.labels[indices.to(self.device)]
            loss, named = self.step(feed, indices, labels, f"epoch {epoch + 1}, batch {number + 1}, lr {lr:.2g}")
            loss_sum += loss * len(indices)
            right += named
            seen, labelled = seen + len(indices), labelled + int((labels >= 0).sum())
        return {"loss": loss_sum / seen, "accuracy": right / max(labelled, 1), "lr": first_lr}

    def batches(self, feed: Feed) -> list[Tensor]:
        """The positions of the photos of each step of an epoch, in the next random order."""
        return list(epoch_batches(len(feed.source), self.batch_size, self.order))

    def step(self, feed: Feed, indices: Tensor, labels: Tensor, where: str) -> tuple[float, int]:
        """One step of the optimizer; the loss before it, and how many photos were named right.

        Of several processes each takes its share of the batch; the step is the whole batch's in all of them.
        """
        own, factor = self._share(labels)
        mine = labels[own.to(self.device)]
        self.dice = self.views if len(own) == len(labels) else Part(self.views, own, len(labels))
        with mixed_precision(self.device), norms_in_words():
            loss, logits = self.answer(feed, indices[own], mine)
        loss = loss * factor
        value, named = self.team.add_up(loss.item(), float((logits.argmax(1) == mine).sum() if factor else 0))
        if not math.isfinite(value):
            raise FloatingPointError(
                f"The loss is {value} in {where}. Lower lr; if it stays so, look for weights or photos that are "
                "not finite. The weights are those before this batch."
            )
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.team.add_up_gradients(self.model.parameters())
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self._pull_back()
        return value, int(named)

    def _share(self, labels: Tensor) -> tuple[Tensor, float]:
        """The positions in a batch that this process takes, and what their mean loss counts in the whole batch's."""
        everything = torch.arange(len(labels))
        own = self.team.share(everything)
        if len(own) == len(labels):
            return own, 1.0
        if not len(own):  # fewer photos than processes: it must still take part, and adds nothing
            return everything[:1], 0.0
        if self.class_weights is None:
            return own, len(own) / len(labels)
        weights = self.class_weights[labels]
        return own, float(weights[own.to(self.device)].sum() / weights.sum())

    @torch.no_grad()
    def _pull_back(self) -> None:
        for group in self.optimizer.param_groups if self.starts else ():
            for parameter in group["params"]:
                if parameter in self.starts:
                    parameter.lerp_(self.starts[parameter], min(1.0, self.l2_sp * group["lr"]))

    def answer(self, feed: Feed, indices: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The loss on these photos, and the class scores it comes from."""
        logits = feed.score(feed.source.batch(indices, self.dice if self.leg.augment else None))
        return F.cross_entropy(logits.float(), labels, self.class_weights), logits

    def score(self, feed: Feed) -> dict[str, float]:
        """Loss and accuracy on photos held out."""
        loss_sum, right = 0.0, 0
        with evaluating(self.model), torch.inference_mode(), mixed_precision(self.device):
            steps = list(epoch_batches(len(feed.source), feed.source.at_once(self.batch_size)))
            for indices in steps[self.team.rank :: self.team.count]:
                labels = feed.labels[indices.to(self.device)]
                logits = feed.score(feed.source.batch(indices)).float()
                loss_sum += F.cross_entropy(logits, labels, reduction="sum").item()
                right += int((logits.argmax(1) == labels).sum())
        loss_sum, right = self.team.add_up(loss_sum, right)
        return {"val_loss": loss_sum / len(feed.labels), "val_accuracy": right / len(feed.labels)}

    def _remember(self, merit: tuple[float, ...], history: History) -> None:
        if self.best is None or merit > self.best[0]:
            self.best = (merit, {name: tensor.clone() for name, tensor in self.model.state_dict().items()})
            history.best_epoch = len(history) - 1

    def _set_lr(self, progress: float) -> float:
        self.progress, factor = progress, self.leg.schedule(progress)
        for group, top in zip(self.optimizer.param_groups, self.tops, strict=True):
            group["lr"] = top * factor
        return max(self.tops) * factor


def _starts(model: nn.Module) -> dict[nn.Parameter, Tensor]:
    """Where the backbone's weights are now. The head has no place that is worth going back to."""
    own = {id(p) for p in find_head(model).parameters()}
    return {p: p.detach().clone() for p in model.parameters() if id(p) not in own}
