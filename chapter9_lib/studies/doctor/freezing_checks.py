"""Frozen, and yet it moves: norm statistics, and modes."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from chapter9_lib.models import freeze_batchnorm
from chapter9_lib.studies.doctor.case import Case, Unknown
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.probe import undone
from chapter9_lib.studies.doctor.report import ERROR, NOTE, WARNING, Finding
from chapter9_lib.training.devices import seeded

__all__: list[str] = []

DRIFT = 0.1
"""Deviations by which a running mean may differ, on average over channels, before it is a warning."""


@checks("whether the network runs")
def runs(case: Case) -> Iterator[Finding]:
    if case.probed.failed:
        yield Finding(
            "does-not-run", ERROR, type(case.model).__name__, f"it can't be run on these photos: {case.probed.failed}",
            "look at one batch: model(next(iter(train))[0])",
        )  # fmt: skip


@checks("what is trained")
def trained(case: Case) -> Iterator[Finding]:
    parameters = list(case.model.parameters())
    if parameters and not any(parameter.requires_grad for parameter in parameters):
        yield Finding(
            "nothing-trained", ERROR, "the whole model", f"none of {len(parameters)} tensors takes a gradient",
            "freeze(model)  # which leaves the head trainable",
        )  # fmt: skip


@checks("norm statistics under frozen weights")
def live_norms(case: Case) -> Iterator[Finding]:
    live = [name for name in case.probed.moving if _is_frozen(case.model, name)]
    if live:
        norms = [case.model.get_submodule(name) for name in live]
        yield Finding(
            "live-batchnorm", WARNING, live[0] + (f" and {len(live) - 1} more" if len(live) > 1 else ""),
            "its weights are frozen, but its running statistics move with every batch in training mode",
            "freeze(model)  # or freeze_batchnorm(model); both survive train()",
            lambda: _hold(norms, live),
        )  # fmt: skip


@checks("drift of norm statistics from the checkpoint")
def drifted(case: Case) -> Iterator[Finding]:
    if case.borrowed is None:
        raise Unknown("the weights it came with are not known: borrowed=original.state_dict()")
    own = case.model.state_dict()
    drifts = {name: drift for name in own if name.endswith("running_mean")
              and (drift := _drift(own, case.borrowed, name)) is not None}  # fmt: skip
    moved = {name: drift for name, drift in drifts.items() if drift > 0}
    if moved:
        name, most = max(moved.items(), key=lambda pair: pair[1])
        yield Finding(
            "drifted-statistics", WARNING if most > DRIFT else NOTE, name.removesuffix(".running_mean"),
            f"its weights are the checkpoint's, its running mean is {most:.2f} deviations away from it "
            f"({len(moved)} of {len(drifts)} such norms have moved)",
            "load the checkpoint's statistics again, then freeze_batchnorm(model)", lambda: _put_back(case),
        )  # fmt: skip


@checks("the mode of your evaluation")
def evaluates(case: Case) -> Iterator[Finding]:
    if case.evaluate is None:
        raise Unknown("no evaluation was handed in: evaluate=lambda model: ...")
    awake: set[str] = set()

    def note(name: str, module: nn.Module) -> None:
        if module.training:
            awake.add(name)

    fickle = [(name, m) for name, m in case.model.named_modules() if _differs_in_training(m)]
    hooks = [m.register_forward_pre_hook(lambda module, _, name=name: note(name, module)) for name, m in fickle]
    device = next((p.device for p in case.model.parameters()), torch.device("cpu"))
    modes = [(module, module.training) for module in case.model.modules()]
    try:
        with seeded(device, 0), undone(case.model, None):
            case.model.train()
            case.evaluate(case.model)
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes:
            module.training = mode
    if awake:
        first = min(awake)
        yield Finding(
            "evaluates-in-training-mode", ERROR, first + (f" and {len(awake) - 1} more" if len(awake) > 1 else ""),
            "they normalise with the batch, or drop at random, while you measure", "model.eval()  # before you measure",
        )  # fmt: skip


def _is_frozen(model: nn.Module, name: str) -> bool:
    """A norm's own weights are frozen; where it has none, those around it."""
    own = list(model.get_submodule(name).parameters())
    around = own or list(model.get_submodule(name.rpartition(".")[0]).parameters())
    return bool(around) and not any(parameter.requires_grad for parameter in around)


def _hold(norms: list[nn.Module], names: list[str]) -> str:
    for norm in norms:
        freeze_batchnorm(norm)
    return f"the statistics of {len(names)} batch norms are held, {names[0]} first"


def _drift(own: dict[str, Tensor], borrowed: dict[str, Tensor], name: str) -> float | None:
    """Deviations by which a running mean has moved; None where its norm's weights have, as they should."""
    stem = name.removesuffix("running_mean")
    there = all(stem + part in borrowed for part in ("running_mean", "running_var"))
    if not there or borrowed[name].shape != own[name].shape:
        return None
    weight = own.get(stem + "weight")
    if weight is not None and not torch.equal(weight.cpu(), borrowed.get(stem + "weight", weight).cpu()):
        return None
    apart = (own[name].cpu() - borrowed[name].cpu()).abs() / (borrowed[stem + "running_var"].cpu() + 1e-5).sqrt()
    return float(apart.mean())


def _put_back(case: Case) -> str:
    own, count = case.model.state_dict(), 0
    for name in [name for name in own if name.endswith("running_mean")]:
        if _drift(own, case.borrowed, name):
            stem = name.removesuffix("running_mean")
            for part in ("running_mean", "running_var"):
                own[stem + part].copy_(case.borrowed[stem + part])
            freeze_batchnorm(case.model.get_submodule(stem.rstrip(".")))
            count += 1
    return f"{count} norms have the checkpoint's statistics again, and keep them"


def _differs_in_training(module: nn.Module) -> bool:
    kept = isinstance(getattr(module, "running_mean", None), Tensor)
    name = type(module).__name__.lower()
    return kept or (("dropout" in name or "droppath" in name) and getattr(module, "p", getattr(module, "drop_prob", 1)))
