"""The optimizer: whom it forgets, whom it should leave alone, and how far a step of it goes."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from chapter9_lib.models import stages
from chapter9_lib.studies.doctor.case import Case, Unknown, some
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.report import ERROR, NOTE, WARNING, Finding

__all__: list[str] = []

TOO_FAR = 0.03
"""A share of its own length by which a step may move a borrowed stage. The lab's ResNet moves by 0.6 % with AdamW at
1e-3, where it learns best, and by 6 % at 1e-2, where its features are destroyed (records `held-norm-rates`,
`fine-tuning-rates`); with SGD by 1 % at 1e-2, and by 9 % at 0.1. This lies between."""


@checks("whom the optimizer trains")
def members(case: Case) -> Iterator[Finding]:
    case.needs_optimizer()
    head = {id(p) for p in case.head.parameters()}
    lacking = [(name, p) for name, p in case.model.named_parameters() if p.requires_grad and id(p) not in case.held]
    names = [name for name, _ in lacking]
    nothing_frozen = all(p.requires_grad for p in case.model.parameters())
    by_omission = nothing_frozen and head <= case.held and bool(lacking)
    if by_omission:
        yield Finding(
            "frozen-by-omission", WARNING, some(names), "the optimizer has the head and leaves these out, though they "
            "take gradients: they are computed for nothing, and norms among them go on moving", "freeze(model)",
        )  # fmt: skip
    elif lacking:
        yield Finding(
            "optimizer-lacks-parameters", ERROR, some(names),
            "trainable, and not in the optimizer: it will never be trained",
            'optimizer.add_param_group({"params": missing})  # or build the optimizer after the model is ready',
            (lambda: _add(case.optimizers[0], lacking)) if _may_grow(case) else None,
        )  # fmt: skip
    strangers = len(case.held - {id(p) for p in case.model.parameters()})
    if strangers and lacking:
        yield Finding(
            "optimizer-holds-strangers", ERROR, f"{strangers} tensors",
            "the optimizer trains tensors that the model no longer has: it was built before the head was replaced",
            "optimizer = type(optimizer)(model.parameters(), ...)  # after replace_head",
        )  # fmt: skip
    elif strangers:
        yield Finding(
            "optimizer-holds-others", NOTE, f"{strangers} tensors", "the optimizer trains tensors beside the model's",
            "optimizer = type(optimizer)(model.parameters(), ...)  # unless a loss or a second network has them",
        )  # fmt: skip


@checks("frozen weights in the optimizer")
def frozen(case: Case) -> Iterator[Finding]:
    case.needs_optimizer()
    frozen = {name: p for name, p in case.model.named_parameters() if not p.requires_grad}
    moved = [name for name in frozen if case.probed.steps.get(name, 0) > 0]
    if moved:
        yield Finding(
            "frozen-would-move", ERROR, some(moved),
            "frozen, but a step moves it: it is in the optimizer and its gradient is zero instead of None, so momentum "
            "and weight decay act on it",
            "optimizer.zero_grad(set_to_none=True)  # and hand it only what is trained",
            lambda: _drop_gradients([frozen[name] for name in moved]),
        )  # fmt: skip


@checks("rates a stage")
def scales(case: Case) -> Iterator[Finding]:
    groups = [group for optimizer in case.needs_optimizer() for group in optimizer.param_groups]
    scaled = [group for group in groups if group.get("lr_scale", 1.0) != 1.0]
    if not scaled or type(case.scheduler).__module__.startswith("timm.") or len({float(g["lr"]) for g in groups}) > 1:
        return
    torchs = case.scheduler is not None or any(hasattr(o.step, "_wrapped_by_lr_sched") for o in case.optimizers)
    yield Finding(
        "lr-scale-ignored", WARNING if torchs else NOTE, f"{len(scaled)} groups",
        f"they carry lr_scale, down to {min(g['lr_scale'] for g in scaled):.2g}, which only timm's schedulers read; "
        f"without one of those, all learn at {float(groups[0]['lr']):g}",
        "learning_rate_groups(model, head_lr, layer_decay)  # writes real rates",
        (lambda: _apply(groups, case.scheduler)) if case.scheduler is not None else None,
    )  # fmt: skip


@checks("how far a step goes")
def reach(case: Case) -> Iterator[Finding]:
    case.needs_optimizer()
    if case.scratch:
        raise Unknown("it starts from random weights, which may go as far as they like")
    if not case.probed.steps:
        raise Unknown(case.probed.no_step)
    far = {stage: share for stage, share in _reaches(case).items() if share > TOO_FAR}
    if far:
        stage, share = max(far.items(), key=lambda pair: pair[1])
        yield Finding(
            "rate-too-high", WARNING, some([stage, *(name for name in far if name != stage)]),
            f"one step moves this stage by {share:.0%} of its length: what it came with will be gone in a few",
            "learning_rate_groups(model, head_lr / 10, layer_decay)  # from scratch: examine(..., borrowed=False)",
        )  # fmt: skip


@checks("gradients")
def gradients(case: Case) -> Iterator[Finding]:
    found = {name: g for name, g in case.probed.gradients.items() if g is not None}
    head = {name for name, _ in case.model.named_parameters() if name.startswith(f"{case.head.name}.")}
    if not found or _is_zero(case.head.module):
        return
    for stage, names in _stages(case.model).items():
        own = [found[name] for name in names if name in found and name not in head]
        if own and not any(own):
            yield Finding(
                "no-gradient", ERROR, stage, f"all {len(own)} tensors that are to be trained get a gradient of zero",
                "reinitialize(model, stage)  # what is behind hands nothing back: a norm of 0, a dead ReLU",
            )  # fmt: skip


def _reaches(case: Case) -> dict[str, float]:
    """For each stage before the head, how far the weights in it go in a step, as a share of their length.

    Under momentum m a steady push ends up 1 / (1 - m) times as long as the first step, and is counted so.
    """
    pushed = {id(p): 1 / (1 - (group.get("momentum") or 0)) for optimizer in case.optimizers
              if isinstance(optimizer, torch.optim.SGD) for group in optimizer.param_groups
              for p in group["params"]}  # fmt: skip
    weights = {name: p for name, p in case.model.named_parameters() if p.requires_grad and p.ndim > 1
               and _is_borrowed(case, name, p)}  # fmt: skip
    shares = {}
    for stage, names in _stages(case.model).items():
        own = [name for name in names if name in weights and name in case.probed.steps]
        lengths = {name: float(weights[name].detach().norm()) for name in own}
        length = sum(value**2 for value in lengths.values()) ** 0.5
        if stage != "head" and length > 0:
            steps = [case.probed.steps[name] * lengths[name] * pushed.get(id(weights[name]), 1) for name in own]
            shares[stage] = sum(step**2 for step in steps) ** 0.5 / length
    return shares


def _stages(model: nn.Module) -> dict[str, list[str]]:
    """The names of each stage's parameters; by the model's children where it can't be cut into stages."""
    try:
        return {stage.name: [name for name, _ in stage.named_parameters()] for stage in stages(model)}
    except ValueError:
        children = {name: [f"{name}.{inner}" for inner, _ in child.named_parameters()] for name, child in
                    model.named_children()}  # fmt: skip
        return dict(list(children.items())[:-1])


def _is_zero(head: nn.Module) -> bool:
    """A head that starts at zero hands no gradient back in its first step, which is fine."""
    return not any(bool(p.detach().any()) for p in head.parameters() if p.ndim > 1)


def _is_borrowed(case: Case, name: str, parameter: nn.Parameter) -> bool:
    """Whether a weight is still the one that was borrowed, where that is known."""
    start = None if case.borrowed is None else case.borrowed.get(name)
    return case.borrowed is None or (start is not None and torch.equal(start.cpu(), parameter.detach().cpu()))


def _may_grow(case: Case) -> bool:
    """Whether a group can be added that nobody has to know of: one optimizer, one rate, no scheduler yet."""
    one = len(case.optimizers) == 1 and len({float(g["lr"]) for g in case.optimizers[0].param_groups}) == 1
    return one and case.scheduler is None and not hasattr(case.optimizers[0].step, "_wrapped_by_lr_sched")


def _add(optimizer: torch.optim.Optimizer, lacking: list[tuple[str, nn.Parameter]]) -> str:
    optimizer.add_param_group({"params": [p for _, p in lacking], "lr": optimizer.param_groups[0]["lr"]})
    return f"{some([name for name, _ in lacking])} put into the optimizer, at its rate"


def _drop_gradients(parameters: list[nn.Parameter]) -> str:
    for parameter in parameters:
        parameter.grad = None
    return f"the gradients left on {len(parameters)} frozen tensors are dropped"


def _apply(groups: list[dict[str, Any]], scheduler: Any) -> str:  # noqa: ANN401 - torch's
    scales = [group.pop("lr_scale", 1.0) for group in groups]
    for group, scale in zip(groups, scales, strict=True):
        for name in ("lr", "initial_lr"):
            if name in group:
                group[name] = group[name] * scale
    if getattr(scheduler, "base_lrs", None):
        scheduler.base_lrs = [rate * scale for rate, scale in zip(scheduler.base_lrs, scales, strict=True)]
    return "each group's lr_scale is now in its lr, and in what its scheduler starts from"
