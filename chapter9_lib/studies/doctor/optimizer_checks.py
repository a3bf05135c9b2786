"""The optimizer: whom it forgets, whom it should leave alone, and how far a step of it goes."""

from collections.abc import Iterator

from torch import nn

from chapter9_lib.models import stages
from chapter9_lib.studies.doctor.case import Case
from chapter9_lib.studies.doctor.checks import checks
from chapter9_lib.studies.doctor.report import ERROR, WARNING, Finding

__all__: list[str] = []

TOO_FAR = 0.03
"""A share of its own length by which a step may move a borrowed stage. The lab's ResNet moves by 0.6 % with AdamW at
1e-3, where it learns best, and by 6 % at 1e-2, where its features are destroyed (records `held-norm-rates`,
`fine-tuning-rates`); with SGD by 1 % at 1e-2, and by 9 % at 0.1. This lies between."""


@checks("whom the optimizer trains")
def members(case: Case) -> Iterator[Finding]:
    optimizer = case.needs_optimizer()
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    own = {id(p) for p in case.model.parameters()}
    lacking = [(name, p) for name, p in case.model.named_parameters() if p.requires_grad and id(p) not in held]
    if lacking:
        yield Finding(
            "optimizer-lacks-parameters", ERROR, _some([name for name, _ in lacking]),
            "trainable, and not in the optimizer: it will never be trained",
            'optimizer.add_param_group({"params": missing})  # or build the optimizer after the model is ready',
            lambda: _add(optimizer, lacking),
        )  # fmt: skip
    strangers = len(held - own)
    if strangers:
        yield Finding(
            "optimizer-holds-strangers", ERROR, f"{strangers} tensors",
            "the optimizer trains tensors that the model no longer has: it was built before the head was replaced",
            "optimizer = type(optimizer)(model.parameters(), ...)  # after replace_head",
        )  # fmt: skip


@checks("frozen weights in the optimizer")
def frozen(case: Case) -> Iterator[Finding]:
    case.needs_optimizer()
    frozen = {name: p for name, p in case.model.named_parameters() if not p.requires_grad}
    moved = [name for name in frozen if case.probed.steps.get(name, 0) > 0]
    if moved:
        yield Finding(
            "frozen-would-move", ERROR, _some(moved),
            "frozen, but a step moves it: it is in the optimizer and still has a gradient, be it zero, so momentum and "
            "weight decay act on it",
            "optimizer.zero_grad(set_to_none=True), and hand it only what is trained",
            lambda: _drop_gradients([frozen[name] for name in moved]),
        )  # fmt: skip


@checks("rates a stage")
def scales(case: Case) -> Iterator[Finding]:
    optimizer = case.needs_optimizer()
    scaled = [group for group in optimizer.param_groups if group.get("lr_scale", 1.0) != 1.0]
    applied = len({group["lr"] / group.get("lr_scale", 1.0) for group in optimizer.param_groups}) == 1
    differ = len({group["lr"] for group in optimizer.param_groups}) > 1
    if scaled and not (applied and differ) and not type(case.scheduler).__module__.startswith("timm."):
        yield Finding(
            "lr-scale-ignored", WARNING, f"{len(scaled)} groups",
            f"they carry lr_scale, down to {min(g['lr_scale'] for g in scaled):.2g}, which only timm's schedulers "
            f"read; as it is, all learn at {optimizer.param_groups[0]['lr']:g}",
            "learning_rate_groups(model, head_lr, layer_decay)  # writes real rates",
            lambda: _apply(optimizer.param_groups),
        )  # fmt: skip


@checks("how far a step goes")
def reach(case: Case) -> Iterator[Finding]:
    case.needs_optimizer()
    far = {stage: share for stage, share in _reaches(case).items() if share > TOO_FAR}
    if far:
        stage, share = max(far.items(), key=lambda pair: pair[1])
        yield Finding(
            "rate-too-high", WARNING, stage + (f" and {len(far) - 1} more" if len(far) > 1 else ""),
            f"one step moves this borrowed stage by {share:.0%} of its length: what it knows will be gone in a few",
            "a tenth of the rate or less for borrowed stages: learning_rate_groups(model, head_lr, layer_decay=0.1)",
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
                "something behind it hands nothing back: a norm with weight 0, a ReLU that never fires",
            )  # fmt: skip


def _reaches(case: Case) -> dict[str, float]:
    """For each stage before the head, how far the weights in it go in a step, as a share of their length.

    Under momentum m a steady push ends up 1 / (1 - m) times as long as the first step, and is counted so.
    """
    pushed = {id(p): 1 / (1 - group.get("momentum", 0)) for group in case.needs_optimizer().param_groups
              for p in group["params"]}  # fmt: skip
    weights = {name: p for name, p in case.model.named_parameters() if p.requires_grad and p.ndim > 1}
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


def _some(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _add(optimizer: object, lacking: list) -> str:
    optimizer.add_param_group({"params": [p for _, p in lacking]})
    return f"{_some([name for name, _ in lacking])} put into the optimizer, at its default rate"


def _drop_gradients(parameters: list[nn.Parameter]) -> str:
    for parameter in parameters:
        parameter.grad = None
    return f"the gradients left on {len(parameters)} frozen tensors are dropped"


def _apply(groups: list[dict]) -> str:
    for group in groups:
        group["lr"] *= group.pop("lr_scale", 1.0)
    return "each group's lr_scale is now in its lr"
