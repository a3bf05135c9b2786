"""The stages of any classifier, from its stem to its head, in the order in which a photo passes them."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.nn import Parameter

from chapter9_lib.models.cutting import cut, is_inside
from chapter9_lib.models.heads import find_head
from chapter9_lib.models.tracing import call_order

__all__ = ["Stage", "ThawedPart", "stage_index", "stages", "thawed_part"]


@dataclass(frozen=True)
class Stage:
    """Layers that are thawed together.

    Attributes:
        name: of its main part, as in `model.get_submodule(name)`; "head" for the head.
        parts: the names of its modules, each with everything inside it.
        tensors: the names of the parameters and buffers that belong to it.
        model: the network it is a stage of.
    """

    name: str
    parts: tuple[str, ...]
    tensors: frozenset[str] = field(repr=False)
    model: nn.Module = field(repr=False)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Its parameters, by their names in the model."""
        return ((name, tensor) for name, tensor in self.model.named_parameters() if name in self.tensors)

    def parameters(self) -> list[Parameter]:
        """Its parameters. Each parameter of the model is in exactly one stage."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Its buffers, such as running statistics, by their names in the model. Each is in exactly one stage."""
        return ((name, tensor) for name, tensor in self.model.named_buffers() if name in self.tensors)

    def modules(self) -> list[nn.Module]:
        """Its modules, with all inside them."""
        return [module for part in self.parts for module in self.model.get_submodule(part).modules()]


def stages(model: nn.Module, images: Tensor | None = None) -> list[Stage]:
    """Cut a classifier into stages: stem first, head last.

    The cut follows how the network is built (its blocks, or the larger stages that hold them) and the order in which
    it is run, so it needs no list of architectures. Norms go with the stage whose output they normalise; loose
    parameters (class tokens, position embeddings) with the first stage that they stand beside.

    Args:
        model: any classifier whose head `find_head` finds.
        images: a batch that it takes, where it doesn't say so itself (see `call_order`).

    Raises:
        ValueError: when there is no head, or the model can't be run.
    """
    heads = _head_names(model)
    order = call_order(model, images)
    groups = [*_grouped(model, cut(model, heads, order), set(order)), heads]
    owned: list[set[str]] = [set() for _ in groups]
    for name in _tensors(model):
        owned[_owner(name, groups)].add(name)
    names = [*(_name(model, group) for group in groups[:-1]), "head"]
    return [
        Stage(name, tuple(group), frozenset(tensors), model)
        for name, group, tensors in zip(names, groups, owned, strict=True)
    ]


def stage_index(found: Sequence[Stage], until: str, argument: str = "until") -> int:
    """The position of the stage named `until`; "stem" is the first, whatever its name.

    Args:
        found: the stages of a model.
        until: one's name.
        argument: what the caller calls it, for the message.

    Raises:
        ValueError: when there is none, or it is no name; lists those there are.
    """
    names = [stage.name for stage in found]
    if not isinstance(until, str):
        raise ValueError(f"{argument}={until!r}: the name of a stage is wanted, a text. {_listed(names)}")
    if until == "stem" or until in names:
        return names.index(until) if until in names else 0
    near = difflib.get_close_matches(until, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"{argument}={until!r}: this {type(found[0].model).__name__} has no such stage.{hint} {_listed(names)}"
    )


@dataclass(frozen=True)
class ThawedPart:
    """A stage and all after it.

    Attributes:
        until: "head", or the name of the first stage.
        parts: the names of the modules, each with everything inside it.
        parameters: the ids of the parameters.
        modules: the ids of the modules.
    """

    until: str
    parts: tuple[str, ...]
    parameters: frozenset[int]
    modules: frozenset[int]


def thawed_part(model: nn.Module, until: str = "head") -> ThawedPart:
    """The stage `until` and all after it. For "head" the model isn't run.

    Raises:
        ValueError: when there is no such stage, no head, or the model can't be run.
    """
    if until == "head":
        head = find_head(model)
        return ThawedPart(until, tuple(_head_names(model)), _ids(head.parameters()), _ids(head.modules()))
    found = stages(model)
    at = stage_index(found, until)
    thawed = found[at:]
    earlier = {name.rpartition(".")[0] for stage in found[:at] for name in stage.tensors}
    return ThawedPart(
        thawed[0].name,
        tuple(part for stage in thawed for part in stage.parts),
        _ids(parameter for stage in thawed for parameter in stage.parameters()),
        _ids(module for stage in thawed for module in stage.modules())
        - _ids(model.get_submodule(name) for name in earlier),  # shared with an earlier stage, it is frozen with that
    )


def _head_names(model: nn.Module) -> list[str]:
    """The heads' names; of a head that has several, the one that `named_parameters` knows it by."""
    head = find_head(model)
    names = {id(module): name for name, module in model.named_modules()}
    return [names[id(part.module)] for part in (head, *head.extra)]


def _ids(things: Iterable[object]) -> frozenset[int]:
    return frozenset(map(id, things))


def _listed(names: Sequence[str]) -> str:
    shown = names if len(names) <= 12 else [*names[:5], "…", *names[-5:]]
    return f"Its stages, from stem to head: {', '.join(shown)}."


def _grouped(model: nn.Module, parts: Sequence[str], called: set[str]) -> list[list[str]]:
    """Parts that belong together: each with the norms and the layers without weights that come after it."""
    groups: list[list[str]] = []
    waiting: list[str] = []
    for part in parts:
        module = model.get_submodule(part)
        if _has_weights(module) and any(is_inside(name, part) for name in called):
            groups.append([*waiting, part])
            waiting = []
        elif groups:
            groups[-1].append(part)
        else:
            waiting.append(part)
    return groups or ([waiting] if waiting else [])


def _has_weights(module: nn.Module) -> bool:
    return any(parameter.numel() > max(parameter.shape, default=0) for parameter in module.parameters())


def _tensors(model: nn.Module) -> list[str]:
    return [name for named in (model.named_parameters(), model.named_buffers()) for name, _ in named]


def _owner(tensor: str, groups: Sequence[Sequence[str]]) -> int:
    """The group that a tensor is inside of, or else the first that stands in the tensor's own module."""
    for number, group in enumerate(groups):
        if any(is_inside(tensor, part) for part in group):
            return number
    around = tensor.rpartition(".")[0]
    while True:
        for number, group in enumerate(groups):
            if any(is_inside(part, around) for part in group):
                return number
        around = around.rpartition(".")[0]


def _name(model: nn.Module, group: Sequence[str]) -> str:
    """That of the first part with weights; a backbone's part that is called "head" is told apart from the head."""
    main = next((part for part in group if _has_weights(model.get_submodule(part))), group[0])
    return "head (layers)" if main == "head" else main
