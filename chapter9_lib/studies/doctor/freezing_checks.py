"""Frozen, and yet it moves: norm statistics, and modes."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from chapter9_lib.models import freeze_batchnorm
from chapter9_lib.studies.doctor.case import Case, Unknown, some
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
            "model(next(iter(train))[0])  # one batch, to see the error where it happens",
        )  # fmt: skip


@checks("whether its numbers are numbers")
def finite(case: Case) -> Iterator[Finding]:
    wrong = [name for name, tensor in case.model.state_dict().items() if tensor.is_floating_point() and not
             bool(torch.isfinite(tensor).all())]  # fmt: skip
    scores = case.probed.evaluated.scores if case.train_data is not None and not wrong else None
    if wrong or (scores is not None and not bool(torch.isfinite(scores).all())):
        yield Finding(
            "not-finite", ERROR, some(wrong) if wrong else "the model's output", "there are NaNs or infinities in it",
            "torch.autograd.set_detect_anomaly(True)  # after loading the weights again; and try a lower rate",
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
    live = [name for name in case.probed.moving if _is_frozen(case, name)]
    by_hand = [name for name in live if case.modes.get("") and not case.modes.get(name)]
    if live and len(by_hand) == len(live):
        yield Finding(
            "norms-held-by-hand", NOTE, some(live), "it is in evaluation mode while the model is in training mode: the "
            "next train() wakes it", "freeze(model)  # or freeze_batchnorm(model); both survive train()",
        )  # fmt: skip
    elif live:
        norms = [case.model.get_submodule(name) for name in live]
        yield Finding(
            "live-batchnorm", WARNING, some(live),
            "its weights are not trained, but its running statistics move with every batch in training mode",
            "freeze(model)  # or freeze_batchnorm(model); both survive train()", lambda: _hold(norms, live),
        )  # fmt: skip


@checks("drift of norm statistics from the checkpoint")
def drifted(case: Case) -> Iterator[Finding]:
    if case.borrowed is None:
        raise Unknown("the weights it came with are not known: borrowed=original.state_dict()")
    own = case.model.state_dict()
    if any(name in own and own[name].data_ptr() == tensor.data_ptr() for name, tensor in case.borrowed.items()):
        raise Unknown("borrowed is the model's own state dict, which moves with it: keep a copy.deepcopy of it")
    means = [name for name in own if name.endswith("running_mean")]
    if means and not any(name in case.borrowed for name in means):
        raise Unknown(f"borrowed has no {means[0]}: its names are others")
    drifts = {name: drift for name in means if (drift := _drift(own, case.borrowed, name)) is not None}
    moved = {name: drift for name, drift in drifts.items() if drift > 0}
    if moved:
        name, most = max(moved.items(), key=lambda pair: pair[1])
        yield Finding(
            "drifted-statistics", WARNING if most > DRIFT else NOTE, name.removesuffix(".running_mean"),
            f"its weights are the checkpoint's, its running mean is {most:.2f} deviations away from it "
            f"({len(moved)} of {len(drifts)} such norms have moved)",
            "model.load_state_dict(borrowed)  # or its statistics alone; then freeze_batchnorm(model)",
            lambda: _put_back(case),
        )  # fmt: skip


@checks("the mode of your evaluation")
def evaluates(case: Case) -> Iterator[Finding]:
    if case.evaluate is None:
        raise Unknown("no evaluation was handed in: evaluate=lambda model: ...")
    awake: list[str] = []
    fickle = [(name, module) for name, module in case.model.named_modules() if _differs_in_training(module)]
    hooks = [module.register_forward_pre_hook(lambda module, _, name=name: awake.append(name) if module.training else
                                              None) for name, module in fickle]  # fmt: skip
    device = next((p.device for p in case.model.parameters()), torch.device("cpu"))
    try:
        with seeded(device, 0), undone(case.model):
            case.model.train()
            case.evaluate(case.model)
    finally:
        for hook in hooks:
            hook.remove()
    if awake:
        yield Finding(
            "evaluates-in-training-mode", ERROR, some(list(dict.fromkeys(awake))),
            "they normalise with the batch, or drop at random, while you measure", "model.eval()  # before you measure",
        )  # fmt: skip


def _is_frozen(case: Case, name: str) -> bool:
    """A norm's own weights are not trained; where it has none, those around it."""
    own = list(case.model.get_submodule(name).parameters())
    around = own or list(case.model.get_submodule(name.rpartition(".")[0]).parameters())
    return bool(around) and not any(case.is_trained(parameter) for parameter in around)


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
    drops = any(word in name for word in ("dropout", "droppath", "stochasticdepth"))
    return kept or (drops and bool(getattr(module, "p", getattr(module, "drop_prob", 1))))
