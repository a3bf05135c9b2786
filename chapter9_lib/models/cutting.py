"""Where a network can be cut: the sequence of layers or blocks that it is made of."""

from collections.abc import Sequence

from torch import nn

__all__ = ["cut", "is_inside"]

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_SHARE, _SHARE_OF_OTHERS = 0.2, 0.5


def cut(model: nn.Module, heads: Sequence[str], order: Sequence[str]) -> list[str]:
    """The parts of a network before its head, in the order in which a forward pass first enters them.

    A module is opened into its children when a head is inside, when it is the trunk (it holds a fair share of the
    layers and no other part is built like it), or when other parts run between its children.

    Args:
        model: the network.
        heads: the names of its heads.
        order: from `call_order`.

    Returns:
        Names of modules, none inside another. Those that are never called come last.
    """
    parts = _children(model, "")
    depth = max(1, sum(map(_is_weighty, model.modules())))
    while (opened := _to_open(model, parts, heads, order, depth)) is not None:
        at = parts.index(opened)
        parts[at : at + 1] = _children(model, opened)
    first = _first_calls(parts, order)
    return sorted((part for part in parts if part not in heads), key=lambda part: first.get(part, len(order)))


def is_inside(name: str, part: str) -> bool:
    """Whether a module or tensor of this name is the part, or belongs to it."""
    return not part or name == part or name.startswith(f"{part}.")


def _children(model: nn.Module, name: str) -> list[str]:
    return [f"{name}.{child}" if name else child for child, _ in model.get_submodule(name).named_children()]


def _to_open(
    model: nn.Module, parts: Sequence[str], heads: Sequence[str], order: Sequence[str], depth: int
) -> str | None:
    """The next part to be opened; None when all are as they should be."""
    for part in parts:
        if part not in heads and any(is_inside(head, part) for head in heads):
            return part
    modules = {part: model.get_submodule(part) for part in parts if part not in heads}
    for part, module in modules.items():
        if _is_trunk(module, [other for name, other in modules.items() if name != part], depth):
            return part
    return _interrupted({part: module for part, module in modules.items() if _layers(module)}, order)


def _is_trunk(module: nn.Module, others: Sequence[nn.Module], depth: int) -> bool:
    layers = _layers(module)
    if not layers:
        return False
    sequence = isinstance(module, _CONTAINERS) and len(layers) > 1 and any(list(layer.children()) for layer in layers)
    if sum(map(_is_weighty, module.modules())) / depth < (_SHARE if sequence else _SHARE_OF_OTHERS):
        return False
    kinds = set(map(type, layers))
    alike = [other for other in others if type(other) is type(module) and kinds & set(map(type, _layers(other)))]
    return len(alike) < (2 if isinstance(module, _CONTAINERS) else 1)


def _interrupted(modules: dict[str, nn.Module], order: Sequence[str]) -> str | None:
    """A container that is never called itself, and between whose children the network enters another part."""
    loose = {name for name, module in modules.items() if isinstance(module, _CONTAINERS)} - set(order)
    inside = [next((part for part in modules if is_inside(name, part)), None) for name in order]
    runs = [part for at, part in enumerate(inside) if part and (at == 0 or inside[at - 1] != part)]
    return next((part for part in runs if part in loose and runs.count(part) > 1), None)


def _first_calls(parts: Sequence[str], order: Sequence[str]) -> dict[str, int]:
    return {part: next(at for at, name in enumerate(order) if is_inside(name, part))
            for part in parts if any(is_inside(name, part) for name in order)}  # fmt: skip


def _layers(module: nn.Module) -> list[nn.Module]:
    """The children that hold parameters."""
    return [child for child in module.children() if next(child.parameters(), None) is not None]


def _is_weighty(module: nn.Module) -> bool:
    """Whether a module itself holds a matrix or a filter bank, and not only scales and shifts."""
    return any(parameter.numel() > max(parameter.shape, default=0) for parameter in module.parameters(recurse=False))
