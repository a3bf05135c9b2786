"""`examine`: look at a set-up before the hours are burnt, and name what is wrong."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chapter9_lib.models.modes import unwrapped
from chapter9_lib.studies.doctor import (
    adapter_checks,
    data_checks,
    distillation_checks,
    freezing_checks,
    head_checks,
    history_checks,
    input_checks,
    optimizer_checks,
)
from chapter9_lib.studies.doctor.case import Case, Irrelevant, Unknown
from chapter9_lib.studies.doctor.checks import CHECKS
from chapter9_lib.studies.doctor.report import Finding, Report, severity_rank
from chapter9_lib.training.devices import seeded, untouched_chance
from chapter9_lib.training.history import History

__all__ = ["examine"]

_MODULES = (freezing_checks, head_checks, optimizer_checks, input_checks, data_checks, history_checks,
            distillation_checks, adapter_checks)  # fmt: skip
"""Imported for their checks, which register themselves."""


def examine(
    model: nn.Module,
    train: Any = None,  # noqa: ANN401 - a dataset or a loader
    val: Any = None,  # noqa: ANN401
    *,
    optimizer: torch.optim.Optimizer | Sequence[torch.optim.Optimizer] | None = None,
    scheduler: Any = None,  # noqa: ANN401 - torch's or timm's
    history: History | None = None,
    borrowed: nn.Module | Mapping[str, Tensor] | bool | None = None,
    evaluate: Callable[[nn.Module], object] | None = None,
    teacher: nn.Module | None = None,
    soft_loss: Callable[..., Tensor] | None = None,
    saved: Mapping[str, Tensor] | str | os.PathLike[str] | None = None,
    fix: bool = False,
) -> Report:
    """Look for the silent failures of transfer learning: in the model, its photos, its optimizer, its history.

    One step of training is taken on a few photos and undone: weights, buffers, gradients, modes, the optimizer's state
    and the random numbers of torch, numpy and Python are afterwards what they were, bit for bit.

    Args:
        model: a classifier of any library.
        train: what it is trained on: a dataset of (PIL image, label) or (tensor, label), or a DataLoader.
        val: what it is scored on while it is trained.
        optimizer: of the training to come; several in a list.
        scheduler: of its rates.
        history: what `fine_tune` returned.
        borrowed: the model as it was borrowed, or a copy of its state dict, to see what has drifted; False where it
            starts from random weights.
        evaluate: your own evaluation, a function of the model, to watch in which mode it measures.
        teacher: whose answers the model is to learn.
        soft_loss: of (the model's scores, the teacher's scores, labels); one that takes a `temperature` is tried at
            several.
        saved: what was kept of a training: a state dict, or the safetensors file (or peft's folder) it lies in.
        fix: mend what can safely be mended, and say so; nothing is changed otherwise.

    Returns:
        A report: print it, or show it in a notebook.

    Raises:
        TypeError: for photos that are neither a dataset nor a loader, a model that is no network, or an optimizer that
            is none, such as its class.
        ValueError: for an empty set.
    """
    began = time.perf_counter()
    _require_what_is_meant(model, optimizer)
    model, optimizers = unwrapped(model), _several(optimizer)
    weights = borrowed.state_dict() if isinstance(borrowed, nn.Module) else borrowed
    case = Case(model, train, val, optimizers, scheduler, history, weights or None, borrowed is False, evaluate,
                teacher, soft_loss, saved)  # fmt: skip
    findings: list[Finding] = []
    not_looked: dict[str, str] = {}
    irrelevant: set[str] = set()
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    with seeded(device, 0), untouched_chance():
        for data, side in ((train, "train"), (val, "val")):
            if data is not None:
                getattr(case, side)  # what is no set of photos is said at once
        for what, check in CHECKS.items():
            try:
                findings += check(case)
            except Irrelevant:
                irrelevant.add(what)
            except Unknown as reason:
                not_looked[what] = str(reason)
            except Exception as error:  # one check that fails must not cost the others
                not_looked[what] = f"this check failed: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
    findings.sort(key=severity_rank)
    fixed = tuple(finding.fix() for finding in findings if fix and finding.fix)
    looked = tuple(what for what in CHECKS if what not in not_looked and what not in irrelevant)
    return Report(tuple(findings), looked, not_looked, fixed, time.perf_counter() - began)


def _require_what_is_meant(model: object, optimizer: object) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"For the model came an object of type {type(model).__name__}: examine(model, train, val)")
    for one in _several(optimizer):
        if isinstance(one, type) or not hasattr(one, "param_groups"):
            raise TypeError(f"optimizer: one of torch's is wanted, such as AdamW(model.parameters()), not {one!r}")


def _several(optimizer: Any) -> list[torch.optim.Optimizer]:  # noqa: ANN401
    if optimizer is None:
        return []
    return list(optimizer) if isinstance(optimizer, (list, tuple)) else [optimizer]
