"""The last layer of a classifier, wherever its library has put it."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from chapter9_lib.models.tracing import call_order

__all__ = ["Head", "NewHead", "find_head", "layer_like", "linear_layers", "made_headless", "require_network"]

_FAMILY_ATTRIBUTES = ("fc", "classifier", "heads", "head", "cls_classifier")
_AUXILIARY_ATTRIBUTES = ("AuxLogits", "aux1", "aux2", "distillation_classifier", "aux_head")
_PARALLEL = (nn.DataParallel, nn.parallel.DistributedDataParallel)


@dataclass(frozen=True)
class Head:
    """A classifier's last layer.

    Attributes:
        name: where it stands in the model, as in `model.get_submodule(name)`.
        module: the layer itself; several layers where the head was built of them.
        in_features: width of the features that enter it.
        out_features: number of classes.
        extra: further heads beside it (the distillation token's, auxiliary ones).
    """

    name: str
    module: nn.Module
    in_features: int
    out_features: int
    extra: tuple["Head", ...] = ()

    def modules(self) -> list[nn.Module]:
        """The head's own layers and those of the extra heads."""
        return [layer for head in (self, *self.extra) for layer in head.module.modules()]

    def parameters(self) -> list[nn.Parameter]:
        """The parameters of the head and of the extra heads."""
        return [parameter for head in (self, *self.extra) for parameter in head.module.parameters()]


class NewHead(nn.Sequential):
    """A head of up to two layers: (features -> hidden -> ReLU ->) dropout -> classes.

    Args:
        old: the linear layer or 1x1 convolution it stands in for.
        num_classes: outputs.
        hidden: width of the layer between; None for none.
        dropout: share of inputs dropped before the last layer.
    """

    def __init__(self, old: nn.Linear | nn.Conv2d, num_classes: int, hidden: int | None, dropout: float) -> None:
        first = [] if hidden is None else [layer_like(old, hidden, bias=True), nn.ReLU()]
        last = layer_like(old, num_classes, width=hidden)
        super().__init__(*first, nn.Dropout(dropout), last)


def find_head(model: nn.Module) -> Head:
    """The classifier of a timm, torchvision or Hugging Face model, or of any network that ends in a linear layer.

    In networks of unknown make it is the last layer that is run, where they can be run; else the last registered one.

    Raises:
        ValueError: when there is none, listing the model's last layers; or none yet, as in timm's networks that were
            made without classes.
        TypeError: for what is no network, such as the name of one.
    """
    require_network(model)
    if made_headless(model):
        raise ValueError(
            f"This {type(model).__name__} has no head: it was made without classes. replace_head(model, classes) gives "
            "it one."
        )
    names = _names(model)
    if not names:
        raise ValueError(
            f"No head found in {type(model).__name__}: neither a linear layer nor a 1x1 convolution stands last. "
            f"Its last layers: {_last_layers(model)}. Append one, for instance "
            "nn.Sequential(model, nn.Flatten(), nn.Linear(features, classes))."
        )
    main, *others = (_head(model, name) for name in names)
    return Head(main.name, main.module, main.in_features, main.out_features, tuple(others))


def require_network(model: object) -> None:
    """Make sure that a network came.

    Raises:
        TypeError: for what is none, such as the name of one.
    """
    if not isinstance(model, nn.Module):
        cure = "photos come after the model"
        if model is None or isinstance(model, str):
            cure = f"load_pretrained({'name' if model is None else repr(model)}) loads one"
        raise TypeError(f"For the model came an object of type {type(model).__name__}. A network is wanted: {cure}")


def _names(model: nn.Module) -> list[str]:
    """Of the head, and of further heads after it."""
    if isinstance(model, _PARALLEL):
        return [f"module.{name}" for name in _names(model.module)] or _last_name(model)
    return _timm_names(model) or _family_names(model) or _last_called(model)


def _timm_names(model: nn.Module) -> list[str]:
    if not hasattr(model, "get_classifier"):
        return []
    found = model.get_classifier()
    modules = found if isinstance(found, (tuple, list, nn.ModuleList)) else (found,)
    names = {id(module): name for name, module in model.named_modules(remove_duplicate=False)}
    own = [names[id(module)] for module in modules if id(module) in names and linear_layers(module)]
    return own + [name for name in ("aux_head",) if own and isinstance(getattr(model, name, None), nn.Linear)]


def made_headless(model: nn.Module) -> bool:
    """Whether a network of timm has a place for its head, and nothing in it."""
    if isinstance(model, _PARALLEL):
        return made_headless(model.module)
    place = model.get_classifier() if hasattr(model, "get_classifier") else None
    return isinstance(place, nn.Module) and next(place.parameters(), None) is None


def _family_names(model: nn.Module) -> list[str]:
    there = {a for a in (*_FAMILY_ATTRIBUTES, *_AUXILIARY_ATTRIBUTES) if isinstance(getattr(model, a, None), nn.Module)}
    main = [name for a in _FAMILY_ATTRIBUTES if a in there for name in _last_name(getattr(model, a), a)]
    extra = [a for a in _AUXILIARY_ATTRIBUTES if a in there]
    return main[:1] + [name for a in extra for name in _last_name(getattr(model, a), a)] if main else []


def _last_called(model: nn.Module) -> list[str]:
    """As `_last_name`, but for networks that run their layers in another order than they register them."""
    last = _last_name(model)
    if last and _stands_in_sequences(model, last[0]):
        return last
    try:
        order = call_order(model)
    except ValueError:
        return last
    layers = {name: layer for name, layer in _leaves(model, "") if next(layer.parameters(), None) is not None}
    called = next((name for name in reversed(order) if name in layers), "")
    replaces = not last or last[0] in order  # a head that is never called as such is known by its place alone
    return [called] if replaces and called and _is_exchangeable(layers[called]) else last


def _stands_in_sequences(model: nn.Module, name: str) -> bool:
    """Whether registration is the order of the calls, down to this layer."""
    parts = name.split(".")
    return all(isinstance(model.get_submodule(".".join(parts[:d])), nn.Sequential) for d in range(len(parts)))


def _last_name(module: nn.Module, prefix: str = "") -> list[str]:
    """The name of the last layer that holds parameters, when it is a linear one that can be exchanged."""
    last = None
    for name, layer in _leaves(module, prefix):
        if next(layer.parameters(), None) is not None:
            last = (name, layer)
    return [last[0]] if last and last[0] and _is_exchangeable(last[1]) else []


def _is_exchangeable(layer: nn.Module) -> bool:
    return isinstance(layer, NewHead) or _is_linear(layer)


def _leaves(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """Layers in order of registration, each new head as one."""
    children = list(module.named_children())
    if not children or isinstance(module, NewHead) or _is_linear(module):
        yield name, module
        return
    for child, layer in children:
        yield from _leaves(layer, f"{name}.{child}" if name else child)


def _is_linear(layer: nn.Module) -> bool:
    if isinstance(layer, nn.Conv2d):
        return layer.kernel_size == (1, 1) and layer.groups == 1
    return isinstance(layer, nn.Linear)


def linear_layers(module: nn.Module) -> list[nn.Module]:
    """The linear layers and 1x1 convolutions in a module, in order of registration."""
    return [layer for layer in module.modules() if _is_linear(layer)]


def _head(model: nn.Module, name: str) -> Head:
    module = model.get_submodule(name)
    layers = linear_layers(module)
    return Head(name, module, _width(layers[0], "in"), _width(layers[-1], "out"))


def _width(layer: nn.Module, side: str) -> int:
    return getattr(layer, f"{side}_channels" if isinstance(layer, nn.Conv2d) else f"{side}_features")


def layer_like(old: nn.Module, outputs: int, width: int | None = None, bias: bool | None = None) -> nn.Module:
    """A fresh layer of the old one\'s kind with other widths; its bias as in the old one unless said."""
    inputs = width or _width(old, "in")
    bias = old.bias is not None if bias is None else bias
    return nn.Conv2d(inputs, outputs, 1, bias=bias) if isinstance(old, nn.Conv2d) else nn.Linear(inputs, outputs, bias)


def _last_layers(model: nn.Module) -> str:
    return ", ".join(f"{name or 'the model'} ({type(layer).__name__})" for name, layer in [*_leaves(model, "")][-4:])
