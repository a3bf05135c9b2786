"""Epochs and steps."""

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.training.data import epoch_batches
from chapter9_lib.training.devices import grad_scaler, mixed_precision
from chapter9_lib.training.evaluation import evaluating
from chapter9_lib.training.feeds import Feed
from chapter9_lib.training.history import History
from chapter9_lib.training.optimizers import parameter_groups
from chapter9_lib.training.progress import progress_bar

__all__ = ["Run"]


class Run:
    """A model, its optimizer and its two random orders, while it trains.

    Args:
        model: on the device.
        device: where it is.
        lr: the highest learning rate.
        weight_decay: on weights; never on norms and biases.
        schedule: from progress (0..1) to a factor of `lr`.
        batch_size: photos a step.
        epochs: the schedule's length.
        seed: of the shuffling and of the random views.
        augment: whether training sees random views.
    """

    def __init__(
        self,
        model: nn.Module,
        device: torch.device,
        *,
        lr: float,
        weight_decay: float,
        schedule: Callable[[float], float],
        batch_size: int,
        epochs: int,
        seed: int,
        augment: bool,
    ) -> None:
        self.model, self.device, self.batch_size, self.epochs = model, device, batch_size, epochs
        self.schedule, self.top = schedule, lr
        self.optimizer = torch.optim.AdamW(parameter_groups(model, lr, weight_decay))
        self.scaler = grad_scaler(device)
        self.order = torch.Generator().manual_seed(seed)
        self.views = torch.Generator().manual_seed(seed + 1) if augment else None

    def train(self, feeds: list[Feed], history: History, patience: int | None, progress: bool) -> None:
        """All epochs, into the history: the first feed is learned from, the second, if any, scored."""
        best, best_state, bar = (-1.0, 0.0), None, progress_bar(range(self.epochs), "training", progress)
        for epoch in bar:
            start = time.perf_counter()
            values = self.epoch(feeds[0], epoch)
            for val in feeds[1:]:
                values |= self.score(val)
            history.add(**values, seconds=time.perf_counter() - start)
            bar.set_postfix({name: f"{value:.3f}" for name, value in values.items() if name != "lr"}, refresh=False)
            if patience is None:
                continue
            now = (values["val_accuracy"], -values["val_loss"])
            if best_state is None or now > best:
                best, history.best_epoch = now, epoch
                best_state = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
            elif epoch - history.best_epoch >= patience:
                break
        if best_state is not None:
            self.model.load_state_dict(best_state)

    def epoch(self, feed: Feed, epoch: int) -> dict[str, float]:
        """One pass over the photos, in the next random order."""
        self.model.train()
        batches = list(epoch_batches(len(feed.source), self.batch_size, self.order))
        loss_sum, right, seen, first_lr = 0.0, 0, 0, 0.0
        for number, indices in enumerate(batches):
            lr = self._set_lr((epoch + number / len(batches)) / self.epochs)
            first_lr = first_lr if number else lr
            labels = feed.labels[indices.to(self.device)]
            loss, logits = self.step(feed, indices, labels, f"epoch {epoch + 1}, batch {number + 1}, lr {lr:.2g}")
            loss_sum += loss * len(indices)
            right += int((logits.argmax(1) == labels).sum())
            seen += len(indices)
        return {"loss": loss_sum / seen, "accuracy": right / seen, "lr": first_lr}

    def step(self, feed: Feed, indices: Tensor, labels: Tensor, where: str) -> tuple[float, Tensor]:
        """One step of the optimizer; the loss before it and the class scores it came from."""
        with mixed_precision(self.device):
            logits = feed.score(feed.source.batch(indices, self.views))
            loss = F.cross_entropy(logits.float(), labels)
        value = loss.item()
        if not math.isfinite(value):
            raise FloatingPointError(
                f"The loss is {value} in {where}. Lower lr; if it stays so, look for weights or photos that are "
                "not finite. The weights are those before this batch."
            )
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return value, logits.detach()

    def score(self, feed: Feed) -> dict[str, float]:
        """Loss and accuracy on photos held out."""
        loss_sum, right = 0.0, 0
        with evaluating(self.model), torch.inference_mode(), mixed_precision(self.device):
            for indices in epoch_batches(len(feed.source), self.batch_size):
                labels = feed.labels[indices.to(self.device)]
                logits = feed.score(feed.source.batch(indices)).float()
                loss_sum += F.cross_entropy(logits, labels, reduction="sum").item()
                right += int((logits.argmax(1) == labels).sum())
        return {"val_loss": loss_sum / len(feed.labels), "val_accuracy": right / len(feed.labels)}

    def _set_lr(self, progress: float) -> float:
        lr = self.top * self.schedule(progress)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr
