"""Low-rank adapters beside frozen weights: LoRA (Hu et al. 2022, arXiv 2106.09685)."""

import copy
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from numbers import Integral

import torch
from torch import Tensor, nn

from chapter9_lib.models.freezing import freeze
from chapter9_lib.models.heads import find_head
from chapter9_lib.models.modes import uncompiled
from chapter9_lib.models.tracing import call_order
from chapter9_lib.models.tying import tied_elsewhere

__all__ = ["Adapted", "add_lora", "load_lora_state", "lora_layers", "lora_state", "merge_lora", "unmerge_lora"]


class Adapted(nn.Module):
    """What a layer with an adapter has beside its own: `W x + (alpha / rank) B A x`, B starting at zero.

    Mixed into the layer's own class, so that the layer keeps its name, its weights' names and its hooks.
    """

    lora_A: nn.Module
    lora_B: nn.Module
    lora_scale: Tensor
    merged: bool

    def forward(self, inputs: Tensor) -> Tensor:
        """The layer's own answer plus the adapter's; once merged, the layer's own."""
        own = super().forward(inputs)
        return own if self.merged else own + self.lora_scale * self.lora_B(self.lora_A(inputs))

    def delta(self) -> Tensor:
        """What the adapter adds to the weight, in its shape."""
        down, up = self.lora_A.weight, self.lora_B.weight
        if isinstance(self, nn.Linear):
            return self.lora_scale * (up @ down)
        groups, rank = self.groups, up.shape[1]
        parts = zip(up.flatten(1).chunk(groups), down.flatten(1).split(rank), strict=True)
        return self.lora_scale * torch.cat([b @ a for b, a in parts]).view_as(self.weight)

    def __reduce_ex__(self, protocol: int) -> tuple:
        """Its class is made when it is needed, so a pickle names the class that it was mixed into."""
        state = self.__getstate__()
        return _blank, (type(self).__bases__[1],), state


@cache
def _mixed_into(kind: type[nn.Module]) -> type[Adapted]:
    return type(f"Adapted{kind.__name__}", (Adapted, kind), {})


def _blank(kind: type[nn.Module]) -> Adapted:
    made = _mixed_into(kind)
    return made.__new__(made)


def add_lora(model: nn.Module, rank: int = 8, alpha: float | None = None, targets: str | None = None) -> nn.Module:
    """Freeze a classifier, in place, and put adapters beside its layers; they and the head are trained.

    At first nothing changes: the output is the same, bit for bit.

    Args:
        model: a classifier of any library.
        rank: of the change that each layer can learn.
        alpha: the change is scaled by alpha / rank; None: rank, so that the scale is 1.
        targets: a regular expression that is searched for in the layers' names, such as "attn.qkv|mlp.fc"; None: all
            linear layers and convolutions but the head, and but those that go channel by channel.

    Returns:
        The same model.

    Raises:
        ValueError: when nothing matches, targets is no regular expression, a rank is no whole number, is below 1 or
            does not fit a layer's groups, alpha is not above 0, a layer has an adapter already, its weights are used
            without the layer being called (as in torch's MultiheadAttention), so that an adapter would do nothing, or
            in another way than times the input (as in convolutions that standardise them) or by another layer too, so
            that it could not be merged; nothing is changed then.
    """
    if not isinstance(rank, Integral) or rank < 1:
        raise ValueError(f"rank={rank!r}: a whole number of at least 1 is wanted")
    if alpha is not None and not alpha > 0:
        raise ValueError(
            f"alpha={alpha}: above 0 is wanted, or None for no scaling; at 0 the adapters would do nothing"
        )
    _check_pattern(targets)
    chosen = dict(_chosen(model, targets))
    _check(model, chosen, rank, targets)
    freeze(model)
    for layer in chosen.values():
        _adapt(layer, rank, rank if alpha is None else alpha)
    return model


def lora_layers(model: nn.Module) -> dict[str, Adapted]:
    """The layers that have adapters, by name."""
    return {name: module for name, module in model.named_modules() if isinstance(module, Adapted)}


def merge_lora(model: nn.Module) -> nn.Module:
    """Add every adapter's change to its layer's weight, in place: no cost when it runs. Twice is once.

    Never a side effect of `eval()`, as in some libraries, where a saved model then holds the change twice. Train
    unmerged: a merged adapter takes no part in the forward pass.

    Raises:
        ValueError: for a model without adapters.
    """
    return _set_merged(model, True)


def unmerge_lora(model: nn.Module) -> nn.Module:
    """Take the changes out of the weights again, in place, to rounding.

    Raises:
        ValueError: for a model without adapters.
    """
    return _set_merged(model, False)


def lora_state(model: nn.Module) -> dict[str, Tensor]:
    """All that was trained and that the borrowed weights don't hold: adapters with their scale, head, norm statistics.

    Raises:
        ValueError: while the adapters are merged: loaded beside merged weights they would count twice.
    """
    model = uncompiled(model)
    _check_unmerged(model)
    return {name: tensor for name, tensor in model.state_dict().items() if _is_own(model, name)}


def load_lora_state(model: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    """Put what `lora_state` gave into a model with adapters of the same make, in place.

    Raises:
        ValueError: naming what is missing, or what the model has not; or while the adapters are merged.
    """
    _check_unmerged(model)
    own = uncompiled(model).state_dict()
    wanted = {name for name in own if _is_own(uncompiled(model), name)}
    if wrong := sorted(wanted ^ state.keys()) or [n for n in wanted if state[n].shape != own[n].shape]:
        raise ValueError(f"These adapters are of another make: {wrong[0]} differs, and {len(wrong) - 1} more")
    with torch.no_grad():
        for name in wanted:
            own[name].copy_(state[name])
    return model


def _check_pattern(targets: str | None) -> None:
    if targets is None:
        return
    if not isinstance(targets, str):
        raise ValueError(f'targets={targets!r}: one regular expression is wanted, such as "attn.qkv|mlp.fc"')
    try:
        re.compile(targets)
    except re.error as error:
        raise ValueError(f"targets={targets!r} is no regular expression: {error}") from error


def _chosen(model: nn.Module, targets: str | None) -> Iterator[tuple[str, nn.Module]]:
    heads = {id(layer) for layer in find_head(model).modules()}
    for name, module in model.named_modules():
        if not isinstance(module, (nn.Linear, nn.Conv2d)) or id(module) in heads:
            continue
        by_channel = isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1
        if not by_channel if targets is None else re.search(targets, name):
            yield name, module


def _check(model: nn.Module, chosen: Mapping[str, nn.Module], rank: int, targets: str | None) -> None:
    if not chosen:
        raise ValueError(f"targets={targets!r} matches no linear layer or convolution before the head")
    called = set(call_order(model))
    for name, layer in chosen.items():
        if isinstance(layer, Adapted):
            raise ValueError(f"{name} has an adapter already")
        if name not in called:
            raise ValueError(
                f"{name} is never called: the layer around it uses its weights, so an adapter beside it would do "
                "nothing. Choose others: targets=..."
            )
        if rank % getattr(layer, "groups", 1):
            raise ValueError(f"{name} has {layer.groups} groups: the rank must be a multiple of that, not {rank}")
        if tied := tied_elsewhere(model, layer, ("weight",)):
            raise ValueError(
                f"{name} shares its weight with {tied}, which would change too when an adapter is merged into it. "
                "Choose others: targets=..."
            )
        if not _is_linear_in_its_weight(layer):
            raise ValueError(
                f"{name} ({type(layer).__name__}) does something to its weight before it uses it, so that no change "
                "could be merged into it. Choose others: targets=..."
            )


@torch.no_grad()
def _is_linear_in_its_weight(layer: nn.Module) -> bool:
    """Whether twice the weight gives twice the answer, bias apart."""
    if type(layer).forward in (nn.Linear.forward, nn.Conv2d.forward):
        return True
    twin = _without_hooks(copy.deepcopy(layer)).to("cpu", torch.float32)
    twin.bias = None
    shape = [layer.in_features] if isinstance(layer, nn.Linear) else [layer.in_channels, *_smallest(layer)]
    inputs = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    once = twin(inputs)
    twin.weight.mul_(2)
    return torch.allclose(twin(inputs), 2 * once, rtol=1e-3, atol=1e-5)


def _smallest(layer: nn.Conv2d) -> list[int]:
    """Height and width of a picture a little larger than the kernel."""
    return [step * (size - 1) + 4 for step, size in zip(layer.dilation, layer.kernel_size, strict=True)]


def require_merged(model: nn.Module, why: str) -> None:
    """Refuse a model whose weights alone are not what it computes with.

    Raises:
        ValueError: while an adapter stands beside its weight.
    """
    if beside := [name for name, layer in lora_layers(model).items() if not layer.merged]:
        raise ValueError(f"{beside[0]} has an adapter beside its weight, {why}: merge_lora(model) first")


def _check_unmerged(model: nn.Module) -> None:
    if any(layer.merged for layer in lora_layers(model).values()):
        raise ValueError("The adapters are merged into the weights: unmerge_lora(model) first")


def _adapt(layer: nn.Module, rank: int, alpha: float) -> None:
    """Give a layer its two small neighbours, of its own device and number format."""
    if isinstance(layer, nn.Linear):
        down, up = nn.Linear(layer.in_features, rank, bias=False), nn.Linear(rank, layer.out_features, bias=False)
    else:
        down = _convolution_like(layer, rank)
        up = nn.Conv2d(rank, layer.out_channels, 1, groups=layer.groups, bias=False)
    nn.init.kaiming_uniform_(down.weight, a=math.sqrt(5))
    nn.init.zeros_(up.weight)
    layer.__class__ = _mixed_into(type(layer))
    layer.lora_A, layer.lora_B = (part.to(layer.weight.device, layer.weight.dtype) for part in (down, up))
    layer.register_buffer("lora_scale", layer.weight.new_tensor(alpha / rank))
    layer.merged = False


def _convolution_like(layer: nn.Conv2d, outputs: int) -> nn.Conv2d:
    """With the same kernel, stride, padding (of whichever mode), dilation and groups."""
    made = _without_hooks(copy.deepcopy(layer))
    made.out_channels, made.bias = outputs, None
    made.weight = nn.Parameter(layer.weight.new_empty(outputs, *layer.weight.shape[1:]))
    return made


def _without_hooks(module: nn.Module) -> nn.Module:
    for hooks in (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks):
        hooks.clear()
    return module


@torch.no_grad()
def _set_merged(model: nn.Module, merged: bool) -> nn.Module:
    layers = lora_layers(model)
    if not layers:
        raise ValueError(
            f"This {type(model).__name__} has no adapters: pass the model that add_lora changed. If it has come from a "
            "file or another library, add_lora(model, ...) and load_lora_state(model, ...) come first."
        )
    for layer in layers.values():
        if layer.merged != merged:
            layer.weight += layer.delta() if merged else -layer.delta()
            layer.merged = merged
    return model


def is_adapter(name: str) -> bool:
    """Whether a tensor by this name in a state dict is part of an adapter."""
    return not {"lora_A", "lora_B", "lora_scale"}.isdisjoint(name.split("."))


def _is_own(model: nn.Module, name: str) -> bool:
    head = find_head(model)
    parts = name.split(".")
    return (
        is_adapter(name)
        or any(name.startswith(f"{each.name}.") for each in (head, *head.extra))
        or parts[-1] in ("running_mean", "running_var", "num_batches_tracked")
    )
