"""The simplest boundary: in front of a head that answers by itself."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from chapter9_lib.models import find_head
from chapter9_lib.models.modes import as_logits, evaluating, training
from chapter9_lib.training.crossing import CacheRefused, Crossing, require_same
from chapter9_lib.training.devices import mixed_precision
from chapter9_lib.training.probing import Entered, alike, no_dice

__all__ = ["HeadBoundary"]


class HeadBoundary:
    """In front of a head that answers by itself: what enters it is kept, and the rest of the network is not needed.

    Raises:
        CacheRefused: when more than a flattening follows the head, or what enters it is not always the same.
    """

    until = "head"

    def __init__(self, model: nn.Module, images: Tensor) -> None:
        self.model, self.head = model, find_head(model)
        with evaluating(model):
            still = self._entering(images)
        with training(model):
            require_same(self._entering(images), still, f"what enters {self.head.name}")
        self.crossings = [Crossing((self.head.name, 1), (0,), 1, tuple(still.shape[1:]), enters=True)]
        with torch.no_grad(), evaluating(model), mixed_precision(images.device):
            whole, cut = as_logits(model(images)), self.play([still])
        if whole.shape != cut.shape or not alike(whole.float(), cut.float()):
            raise CacheRefused(self._not_alone())
        self._answer_anything(images)

    def play(self, kept: Sequence[Tensor]) -> Tensor:
        """Class scores [N, C] of what entered the head."""
        return self.head.module(kept[0]).flatten(1)

    def _entering(self, images: Tensor) -> Tensor:
        """What enters the head; the pass ends there."""
        seen: list[Tensor] = []

        def enter(module: nn.Module, args: tuple) -> None:
            if len(args) != 1:
                raise CacheRefused(f"{self.head.name} does not get its features alone")
            seen.append(args[0].clone())
            raise Entered

        handle = self.head.module.register_forward_pre_hook(enter, prepend=True)
        try:
            with torch.no_grad(), mixed_precision(images.device), no_dice():
                self.model(images)
        except Entered:
            return seen[0]
        finally:
            handle.remove()
        raise CacheRefused(f"{type(self.model).__name__} never calls its head")

    def _answer_anything(self, images: Tensor) -> None:
        """Whatever the head answers must be what the network answers, however large."""
        answers: list[Tensor] = []

        def answer(module: nn.Module, args: tuple, output: Tensor) -> Tensor:
            answers.append(torch.linspace(-1e4, 1e4, output.numel()).view(output.shape).to(output))
            return answers[-1].clone()  # what follows may work in place

        handle = self.head.module.register_forward_hook(answer)
        try:
            with torch.no_grad(), evaluating(self.model), mixed_precision(images.device):
                output = as_logits(self.model(images))
        finally:
            handle.remove()
        if len(answers) != 1 or output.shape != answers[0].flatten(1).shape or not output.equal(answers[0].flatten(1)):
            raise CacheRefused(self._not_alone())

    def _not_alone(self) -> str:
        name = type(self.model).__name__
        return f"what {name} answers is not its head's output alone (several heads, or layers after the head)"
