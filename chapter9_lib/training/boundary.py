"""A network cut in two in front of a stage: the frozen part is run once for a photo, and played back from then on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models.freezing import containers_as_thawed
from chapter9_lib.models.modes import as_logits, evaluating, training
from chapter9_lib.models.stages import ThawedPart, thawed_part
from chapter9_lib.models.tracing import call_order
from chapter9_lib.training.crossing import (
    CacheRefused,
    Call,
    Constant,
    Crossing,
    Rows,
    Tree,
    at,
    map_tree,
    record,
    require_same,
    rows_of,
)
from chapter9_lib.training.devices import mixed_precision
from chapter9_lib.training.head_boundary import HeadBoundary
from chapter9_lib.training.probing import Entered, alike, no_dice

__all__ = ["Boundary", "boundary_at"]


def boundary_at(model: nn.Module, until: str, images: Tensor) -> "Boundary | HeadBoundary":
    """The boundary in front of a stage; in front of the head the simplest one that is right.

    Args:
        model: frozen by `freeze(model, until)`, on its device; nothing of it changes.
        until: the first thawed stage.
        images: photos as the network wants them, [N, channels, height, width], on the device; three at least, and
            better some that differ.

    Raises:
        CacheRefused: where the cut model would not answer what the whole one does, or can't be cut at all.
    """
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        if until == "head":
            try:
                return HeadBoundary(model, images[:3])
            except CacheRefused:
                pass
        return Boundary(model, until, images)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError) as error:
        raise CacheRefused(f"{type(model).__name__} can't be cut in front of {until} ({error})") from error
    finally:
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)


class Boundary:
    """In front of any stage whose earlier stages are frozen.

    The forward pass of the model is left as it is. To play photos back, the frozen modules answer what they answered
    before (where that may reach a thawed layer; zeros elsewhere), and everything else runs. So a network of any shape
    can be cut, and a cut that is wrong can't go unnoticed: it is compared with the whole, and must answer the same
    whatever stands in place of the zeros.

    Args:
        model: frozen by `freeze(model, until)`, on its device.
        until: the first thawed stage.
        images: photos as the network wants them, [N, channels, height, width], on the device; three at least, and
            better some that differ.

    Attributes:
        until: the first thawed stage.
        crossings: what is to be kept.

    Raises:
        CacheRefused: where the cut model would not answer what the whole one does.
    """

    def __init__(self, model: nn.Module, until: str, images: Tensor) -> None:
        thawed = thawed_part(model, until)
        self.model, self.until, self.image_shape = model, thawed.until, tuple(images.shape[1:])
        self.frozen = _outermost_frozen(model, thawed, set(call_order(model)))
        self.thawed = [model.get_submodule(part) for part in thawed.parts]
        self.solid = False
        self.answers = self._survey(images[:3])
        self.crossings = self._needed(images[:2])
        self._compare(images)

    def play(self, kept: Sequence[Tensor]) -> Tensor:
        """Class scores [N, C] from what was kept of N photos: a tensor for each of `crossings`."""
        return self._play(kept, partial(Rows.blank, solid=self.solid))

    def _play(self, kept: Sequence[Tensor], fill: Callable[[Rows, int, torch.device], Tensor]) -> Tensor:
        """See `play`; `fill` makes what stands in for the photos and for answers that were not kept."""
        pairs = list(zip(self.crossings, kept, strict=True))
        known = {(crossing.call, crossing.place): crossing.unpack(tensor) for crossing, tensor in pairs}
        count = next(len(tensor) for crossing, tensor in pairs if crossing.rows)
        device = kept[0].device

        def given(call: Call, place: tuple[int, ...], leaf: Rows | Constant) -> Any:  # noqa: ANN401
            if isinstance(leaf, Constant):
                return leaf.value.clone() if isinstance(leaf.value, Tensor) else leaf.value
            return known[call, place] if (call, place) in known else fill(leaf, count, device)

        images = fill(Rows(1, self.image_shape, torch.float32), count, device)
        with self._answering(lambda call, forward, *_: map_tree(partial(given, call), self.answers[call])):
            return as_logits(self.model(images))

    def _survey(self, images: Tensor) -> dict[Call, Tree]:
        """The shapes of what the frozen modules answer before the first thawed layer is entered, in either mode."""
        with evaluating(self.model):
            three, two = self._answers(images), self._answers(images[:2])
        with training(self.model), containers_as_thawed(self.model, self.until):
            moving = self._answers(images)
        if not three.keys() == two.keys() == moving.keys():
            raise CacheRefused(f"the way through {type(self.model).__name__} is not always the same")
        for call, answer in moving.items():
            require_same(answer, three[call], call[0])
        return {call: rows_of(three[call], two[call], call[0]) for call in three}

    def _answers(self, images: Tensor) -> dict[Call, Tree]:
        """What the frozen modules answer, in the mode that the model is in."""
        answers: dict[Call, Tree] = {}

        def note(call: Call, forward: Callable, args: tuple, kwargs: dict) -> Tree:
            answer = forward(*args, **kwargs)
            answers[call] = map_tree(lambda _, leaf: leaf.clone() if isinstance(leaf, Tensor) else leaf, answer)
            return answer

        with torch.no_grad(), mixed_precision(images.device), no_dice(), self._answering(note, stop=True):
            self.model(images)
        return answers

    def _needed(self, images: Tensor) -> list[Crossing]:
        """Which answers reach the class scores other than through a frozen module: autograd knows.

        Of whole numbers and truth values it knows nothing: those that differ from photo to photo are all kept.
        """
        leaves: dict[tuple[Call, tuple[int, ...]], Tensor] = {}

        def leaf(call: Call, place: tuple[int, ...], tensor: Any) -> Any:  # noqa: ANN401
            constant = call in self.answers and isinstance(at(self.answers[call], place), Constant)
            if constant or not isinstance(tensor, Tensor):
                return tensor
            slopes = tensor.is_floating_point() or tensor.is_complex()
            leaves[call, place] = tensor.detach().clone().requires_grad_(slopes)
            return leaves[call, place].clone()  # what follows may work in place

        def as_leaves(call: Call, forward: Callable, args: tuple, kwargs: dict) -> Tree:
            with torch.no_grad():
                answer = forward(*args, **kwargs)
            return map_tree(partial(leaf, call), answer)

        photos = images.clone().requires_grad_(True)
        with torch.enable_grad(), evaluating(self.model), mixed_precision(images.device), self._answering(as_leaves):
            scores = as_logits(self.model(photos)).float().sum()
        if not leaves or not scores.requires_grad:
            raise CacheRefused(f"nothing of what stands in front of {self.until} reaches the class scores")
        known = [key for key, tensor in leaves.items() if tensor.requires_grad]
        found = torch.autograd.grad(scores, [photos, *(leaves[key] for key in known)], allow_unused=True)
        if found[0] is not None:
            raise CacheRefused(f"layers from {self.until} on look at the photo itself")
        unused = {key for key, slope in zip(known, found[1:], strict=True) if slope is None}
        crossing = [key for key in leaves if key not in unused]
        if any(call not in self.answers for call, _ in crossing):
            raise CacheRefused(f"{type(self.model).__name__} takes another way in training than in evaluation")
        if not any(at(self.answers[call], place).rows for call, place in crossing):
            raise CacheRefused(f"nothing that differs from photo to photo reaches {self.until}")
        return [self._crossing(call, place, leaves[call, place]) for call, place in crossing]

    def _crossing(self, call: Call, place: tuple[int, ...], tensor: Tensor) -> Crossing:
        leaf = at(self.answers[call], place)
        last = tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
        shape = (leaf.rows, *leaf.shape) if leaf.rows > 1 else leaf.shape
        if tensor.is_complex():
            raise CacheRefused(f"{call[0]} hands over complex numbers, which can't be kept")
        whole = None if tensor.is_floating_point() else tensor.dtype
        return Crossing(call, place, leaf.rows, shape, last and not tensor.is_contiguous(), whole=whole)

    def _compare(self, images: Tensor) -> None:
        seen = record(self.model, self.crossings, images)
        with torch.no_grad(), evaluating(self.model), mixed_precision(images.device):
            whole = as_logits(self.model(images)).float()
            try:
                cut = self.play(self._kept(seen))
            except RuntimeError:  # something works in place on an answer that is not needed
                self.solid = True
                cut = self.play(self._kept(seen))
            other = self._play(self._kept(seen), Rows.anything)
        if not alike(whole, cut.float()):
            raise CacheRefused(f"cut in front of {self.until}, {type(self.model).__name__} answers something else")
        if not alike(whole, other.float()):
            raise CacheRefused(
                f"layers from {self.until} on look at the photo, or at what frozen layers make of it, in a way that "
                "has no slope (a comparison, a choice of the largest)"
            )

    def _kept(self, seen: dict[tuple, Tensor]) -> list[Tensor]:
        """Copies: what follows may work in place."""
        return [seen[crossing.call, crossing.place].clone() for crossing in self.crossings]

    @contextmanager
    def _answering(self, answer: Callable[[Call, Callable, tuple, dict], Tree], stop: bool = False) -> Iterator[None]:
        """Until a thawed layer is entered, `answer` stands in for the frozen ones; with `stop` the pass ends there."""
        counts: dict[str, int] = {}
        entered: list[nn.Module] = []

        def enter(module: nn.Module, args: tuple) -> None:
            entered.append(module)
            if stop:
                raise Entered

        def stand_in(name: str, forward: Callable, *args: Any, **kwargs: Any) -> Tree:  # noqa: ANN401
            if entered:
                return forward(*args, **kwargs)
            counts[name] = counts.get(name, 0) + 1
            return answer((name, counts[name]), forward, args, kwargs)

        handles, before = [], {name: module.__dict__.get("forward") for name, module in self.frozen.items()}
        try:
            handles += [module.register_forward_pre_hook(enter, prepend=True) for module in self.thawed]
            for name, module in self.frozen.items():
                module.forward = partial(stand_in, name, module.forward)
            yield
        except Entered:
            pass
        finally:
            for handle in handles:
                handle.remove()
            for name, module in self.frozen.items():
                module.__dict__.pop("forward", None)
                if before[name] is not None:
                    module.forward = before[name]


def _outermost_frozen(model: nn.Module, thawed: ThawedPart, called: set[str]) -> dict[str, nn.Module]:
    """The largest modules that are called as such and have nothing thawed inside."""
    found: dict[str, nn.Module] = {}

    def walk(module: nn.Module, name: str) -> None:
        if id(module) in thawed.modules:
            return
        if name in called and not any(id(inner) in thawed.modules for inner in module.modules()):
            found[name] = module
            return
        for child, inner in module.named_children():
            walk(inner, f"{name}.{child}" if name else child)

    walk(model, "")
    return found
