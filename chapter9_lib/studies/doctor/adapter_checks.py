"""Adapters that count twice, and what was saved without its head."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models.lora import Adapted
from chapter9_lib.studies.doctor.case import Case, Irrelevant, Unknown, some
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.report import ERROR, Finding

__all__: list[str] = []

_WRAPPED = ("base_model.model.", "base_layer.", "modules_to_save.default.", "original_module.")
"""What peft puts into the names of the network that it wraps."""
_STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True)
class _Adapter:
    """A layer with an adapter: the library's own, loralib's or peft's.

    Attributes:
        name: of its weight in the network as it was borrowed.
        weight: as it is now.
        change: what the adapter stands for, in the weight's shape.
        merged: whether it says that the weight holds the change.
    """

    name: str
    weight: Tensor
    change: Tensor
    merged: bool


@checks("adapters")
def merged_twice(case: Case) -> Iterator[Finding]:
    adapters = [found for name, module in case.model.named_modules() if (found := _adapter(name, module))]
    if not adapters:
        raise Irrelevant
    if case.borrowed is None:
        raise Unknown("the weights it came with are not known: borrowed=original.state_dict()")
    held = {found: times for found in adapters if (times := _times_held(found, case.borrowed)) is not None}
    twice = [found for found, times in held.items() if times > found.merged + 0.5]
    if twice:
        adds = "and the adapter adds it again" if not twice[0].merged else "though it was to be merged once"
        yield Finding(
            "adapter-counts-twice", ERROR, some([found.name for found in twice]),
            f"the weight already holds the adapter's change {held[twice[0]]:.1f} times, {adds}",
            "merge_lora(model)  # once, after loading the borrowed weights and the adapter anew",
        )  # fmt: skip


@checks("what was saved")
def saved_whole(case: Case) -> Iterator[Finding]:
    if case.saved is None:
        raise Irrelevant
    if case.borrowed is None:
        raise Unknown("the weights it came with are not known: borrowed=original.state_dict()")
    kept = {_plain(name) for name in _tensors_of(case.saved)}
    own = {_plain(name): tensor for name, tensor in case.model.state_dict().items()}
    lost = [name for name, now in own.items() if name not in kept and _is_news(now, case.borrowed.get(name))]
    head = [name for name in lost if name.startswith(f"{_plain(case.head.name + '.')}")]
    norms = [name for name in lost if name.endswith(_STATISTICS)]
    for code, names, evidence in (
        ("saved-without-head", head, "the head is not in it: loaded again, it would be another, random one"),
        ("saved-without-norms", norms, "the norms' statistics have moved, and are not in it"),
    ):
        if names:
            yield Finding(code, ERROR, some(names), evidence, "save_file(lora_state(model), 'adapter.safetensors')")


def _adapter(name: str, module: nn.Module) -> _Adapter | None:
    if isinstance(module, Adapted):
        weight, change = module.weight, module.delta()
    elif hasattr(module, "get_delta_weight") and hasattr(module, "base_layer"):  # peft
        names = module.merged_adapters or module.active_adapters
        weight, change = module.base_layer.weight, sum(module.get_delta_weight(adapter) for adapter in names)
    elif isinstance(module, nn.Linear) and isinstance(getattr(module, "lora_B", None), nn.Parameter):  # loralib
        change = module.scaling * module.lora_B @ module.lora_A
        weight, change = module.weight, change.T if module.fan_in_fan_out else change
    else:
        return None
    if not isinstance(change, Tensor) or change.shape != weight.shape:
        return None
    return _Adapter(_plain(f"{name}.weight"), weight.detach(), change.detach(), bool(module.merged))


def _times_held(adapter: _Adapter, borrowed: Mapping[str, Tensor]) -> float | None:
    """How many times the change is in the weight; None where there is none, or the weight has moved otherwise."""
    before = borrowed.get(adapter.name)
    if before is None or before.shape != adapter.weight.shape or not bool(adapter.change.any()):
        return None
    moved, change = (adapter.weight - before.to(adapter.weight.device)).double(), adapter.change.double()
    times = float((moved * change).sum() / change.square().sum())
    rest = float((moved - times * change).norm() / max(float(moved.norm()), 1e-12))
    return times if rest < 0.5 or float(moved.norm()) < 0.1 * float(change.norm()) else None


def _tensors_of(saved: Any) -> Mapping[str, Tensor]:  # noqa: ANN401 - a state dict, or a file
    if isinstance(saved, Mapping):
        return saved
    if not isinstance(saved, str | os.PathLike):
        raise Unknown(f"saved is a {type(saved).__name__}: a state dict or a safetensors file is wanted")
    from safetensors import safe_open

    path = Path(saved)
    path = path / "adapter_model.safetensors" if path.is_dir() else path
    if not path.is_file():
        raise Unknown(f"there is no {path}")
    with safe_open(str(path), framework="pt") as file:
        return {name: torch.empty(0) for name in file.keys()}


def _plain(name: str) -> str:
    """A tensor's name without what peft has put into it."""
    for part in _WRAPPED:
        name = name.replace(part, "")
    return name


def _is_news(now: Tensor, before: Tensor | None) -> bool:
    """Whether a tensor holds what the borrowed weights don't."""
    if not now.is_floating_point():
        return False
    return before is None or before.shape != now.shape or not torch.equal(now.cpu(), before.cpu())
