"""Which tensors pass from the frozen part of a network to the thawed part, and how they are recorded."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models.modes import evaluating
from chapter9_lib.training.devices import mixed_precision

__all__ = ["CacheRefused", "Call", "Constant", "Crossing", "Rows", "Tree", "at", "leaves_of", "map_tree", "record",
           "require_same", "rows_of"]  # fmt: skip

Call = tuple[str, int]
"""A module's name, and the how manieth of its calls in one forward pass."""
Tree = Any
"""A tensor or number, or lists and tuples of them, nested."""


class CacheRefused(ValueError):
    """Cached activations would differ from running the frozen layers each time; the message says why."""


@dataclass(frozen=True)
class Crossing:
    """One tensor on its way from the frozen part to the thawed one.

    Attributes:
        call: the module's call that it leaves, or enters.
        place: its position in what the module returns, () for a tensor alone; among the arguments where it enters.
        rows: its rows for each photo; 0: the same for every batch.
        shape: of what is kept of each photo (of the whole tensor, where it is the same for every batch).
        channels_last: how its numbers lie in memory.
        enters: True where it is taken on entering the module.
        whole: the format of whole numbers or truth values, which are kept as floating-point numbers; None: of others.
    """

    call: Call
    place: tuple[int, ...]
    rows: int
    shape: tuple[int, ...]
    channels_last: bool = False
    enters: bool = False
    whole: torch.dtype | None = None

    def pack(self, tensor: Tensor, photos: int) -> Tensor:
        """As it is kept: [photos, *shape]."""
        return tensor.reshape(photos, *self.shape) if self.rows else tensor

    def unpack(self, kept: Tensor) -> Tensor:
        """As the network handed it over."""
        kept = kept if self.whole is None else kept.to(self.whole)
        if self.rows > 1:
            return kept.flatten(0, 1)
        return kept.contiguous(memory_format=torch.channels_last) if self.channels_last else kept


@dataclass(frozen=True)
class Rows:
    """A tensor's shape: its rows for each photo (0: the same for every batch), then one row's (the whole) shape."""

    rows: int
    shape: tuple[int, ...]
    dtype: torch.dtype

    def blank(self, photos: int, device: torch.device, solid: bool) -> Tensor:
        """Zeros of this shape; without memory of their own unless `solid`."""
        zeros = torch.zeros((), dtype=self.dtype, device=device).expand(self._size(photos))
        return zeros.clone(memory_format=torch.contiguous_format) if solid else zeros

    def anything(self, photos: int, device: torch.device) -> Tensor:
        """Numbers of this shape, small and large, of either sign, none like the other."""
        size = self._size(photos)
        return torch.linspace(-1e4, 2e4, math.prod(size), device=device).view(size).to(self.dtype)

    def _size(self, photos: int) -> tuple[int, ...]:
        return (photos * self.rows, *self.shape) if self.rows else self.shape


@dataclass(frozen=True)
class Constant:
    """A number, or nothing, or a tensor without slopes, that is the same for every batch."""

    value: object


def map_tree(change: Callable[[tuple[int, ...], Any], Any], tree: Tree, place: tuple[int, ...] = ()) -> Tree:
    """The same nest of lists and tuples with each leaf changed; `change` gets its place and the leaf."""
    if isinstance(tree, list) or type(tree) is tuple:
        return type(tree)(map_tree(change, branch, (*place, number)) for number, branch in enumerate(tree))
    return change(place, tree)


def at(tree: Tree, place: tuple[int, ...]) -> Any:  # noqa: ANN401
    """The leaf at a place."""
    for number in place:
        tree = tree[number]
    return tree


def rows_of(three: Tree, two: Tree, name: str) -> Tree:
    """The `Rows` and `Constant`s of an answer, from what a module said to three photos and to the first two of them.

    Raises:
        CacheRefused: when the answer is of a kind that can't be kept, or depends on more than the photo.
    """
    require_same(_start(three, two), two, name)

    def shape(place: tuple[int, ...], leaf: Any) -> Rows | Constant:  # noqa: ANN401
        if not isinstance(leaf, Tensor):
            return Constant(leaf)
        rows = _rows_a_photo(leaf, at(two, place), name)
        if not rows and not leaf.is_floating_point():
            return Constant(leaf)
        return Rows(rows, tuple(leaf.shape[1:] if rows else leaf.shape), leaf.dtype)

    return map_tree(shape, three)


def require_same(one: Tree, other: Tree, name: str) -> None:
    """Make sure that two answers of a module are the same, but for rounding.

    Raises:
        CacheRefused: when they aren't, or are of a kind that can't be kept.
    """
    mine, theirs = leaves_of(one), leaves_of(other)
    if [place for place, _ in mine] != [place for place, _ in theirs]:
        raise CacheRefused(f"{name} hands over more or fewer things from time to time")
    for (_, leaf), (_, twin) in zip(mine, theirs, strict=True):
        if isinstance(leaf, int | float | torch.Size | None) and leaf == twin:
            continue
        if not isinstance(leaf, Tensor) or not isinstance(twin, Tensor):
            raise CacheRefused(f"{name} hands over a {type(leaf).__name__}, which can't be kept")
        if leaf.shape != twin.shape or not _close(leaf.float(), twin.float()):
            raise CacheRefused(
                f"what {name} answers to a photo changes from time to time, or with the photos beside it (a dropout "
                "applied as a function, a norm of the batch)"
            )


def leaves_of(tree: Tree) -> list[tuple[tuple[int, ...], Any]]:
    """All leaves with their places, in order."""
    found: list[tuple[tuple[int, ...], Any]] = []
    map_tree(lambda place, leaf: found.append((place, leaf)), tree)
    return found


def _close(one: Tensor, other: Tensor) -> bool:
    scale = float(other.abs().nan_to_num(posinf=0).max()) if other.numel() else 0.0
    return torch.allclose(one, other, rtol=1e-3, atol=1e-3 * scale, equal_nan=True)


def _start(three: Tree, two: Tree) -> Tree:
    """Of an answer to three photos, the part that answers to the first two of them, where it can be told."""
    twins = dict(leaves_of(two))

    def cut(place: tuple[int, ...], leaf: Any) -> Any:  # noqa: ANN401
        twin = twins.get(place)
        whole = not isinstance(leaf, Tensor) or not isinstance(twin, Tensor) or leaf.shape == twin.shape
        return leaf if whole or not leaf.dim() else leaf[: len(twin)]

    return map_tree(cut, three)


def _rows_a_photo(three: Tensor, two: Tensor, name: str) -> int:
    if three.shape == two.shape:
        return 0
    if three.shape[1:] == two.shape[1:] and 2 * len(three) == 3 * len(two):
        return len(three) // 3
    raise CacheRefused(f"{name} answers in shapes that don't follow the number of photos: {tuple(three.shape)}")


class _Enough(Exception):
    """Everything asked for has been seen."""


def record(model: nn.Module, crossings: Iterable[Crossing], images: Tensor) -> dict[tuple, Tensor]:
    """What crosses for these photos, in one pass in evaluation mode that goes no further than it must.

    Args:
        model: on the device.
        crossings: of one boundary or of several.
        images: as the network wants them, [N, channels, height, width].

    Returns:
        Packed tensors, by (call, place).
    """
    crossings = list(crossings)
    wanted: dict[tuple[Call, bool], list[Crossing]] = {}
    for crossing in crossings:
        wanted.setdefault((crossing.call, crossing.enters), []).append(crossing)
    seen: dict[tuple, Tensor] = {}
    counts: dict[tuple[str, bool], int] = {}

    def keep(name: str, enters: bool, tree: Tree) -> None:
        counts[name, enters] = counts.get((name, enters), 0) + 1
        for crossing in wanted.pop(((name, counts[name, enters]), enters), ()):
            tensor = at(tree, crossing.place).clone()  # what follows may work in place
            seen[crossing.call, crossing.place] = crossing.pack(tensor, len(images))
        if not wanted:
            raise _Enough

    handles = _listen(model, {(call[0], enters) for call, enters in wanted}, keep)
    try:
        with torch.no_grad(), evaluating(model), mixed_precision(images.device):
            model(images)
    except _Enough:
        pass
    finally:
        for handle in handles:
            handle.remove()
    return seen


def _listen(model: nn.Module, sides: Iterable[tuple[str, bool]], keep: Callable[[str, bool, Tree], None]) -> list:
    def entering(name: str, module: nn.Module, args: tuple) -> None:
        keep(name, True, args)

    def leaving(name: str, module: nn.Module, args: tuple, output: Tree) -> None:
        keep(name, False, output)

    return [
        model.get_submodule(name).register_forward_pre_hook(partial(entering, name), prepend=True)
        if enters
        else model.get_submodule(name).register_forward_hook(partial(leaving, name))
        for name, enters in sides
    ]
