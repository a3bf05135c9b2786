"""Exercises of notebook 04, Gradual unfreezing."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import a_type, as_number, grader, same
from chapter9_lib.classroom.graders.n04_answers import RATES, REFERENCE, WRONG

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["REFERENCE", "WRONG"]

Step = Callable[["nn.Module"], object]
Optimizing = Callable[["nn.Module", float, float], "torch.optim.Optimizer"]
_RATES = ((1e-3, 0.1), (1e-2, 0.5))
Moved = Callable[["nn.Module", Step, Sequence[str]], list[str]]


@grader("n04.rates", "Frozen is frozen, whatever the decay; from the head down, each thawed stage has a tenth.")
def rates(answer: Any) -> str | None:  # noqa: ANN401
    """The highest learning rate of each stage: {"conv1": 0, …, "head": 1e-3}."""
    if not isinstance(answer, dict) or not answer:
        return 'The answer is a dictionary: {"conv1": …, "head": …}.'
    if missing := [stage for stage in RATES if answer.get(stage, ...) in (..., None)]:
        return f"Still without a rate: {', '.join(missing)}. A frozen stage has the rate 0."
    given = {stage: as_number(answer[stage]) for stage in RATES}
    if wrong := [stage for stage, rate in given.items() if rate is None]:
        return f"{wrong[0]}: a rate is a number, 0 where the stage is frozen; not {answer[wrong[0]]!r}."
    if not same(given["head"], 1e-3):
        return "The head learns fastest: its rate is head_lr itself, 1e-3."
    if not same(given["layer4"], 1e-4):
        if same(given["layer4"], given["head"]):
            return "One rate for the head and layer4? With layer_decay=0.1, layer4 has a tenth of the head's."
        return "From the head to layer4 it is one step: a tenth of the head's rate."
    if given["layer3"] == 0:
        return 'until="layer3" names the first stage that is trained. It is in.'
    if not same(given["layer3"], 1e-5):
        return "layer3 is one stage further down: it gets a tenth of layer4's rate."
    moving = [stage for stage in ("conv1", "layer1", "layer2") if given[stage] != 0]
    return f"{moving[0]} lies before layer3: it is frozen, and has no rate however small." if moving else None


@grader(
    "n04.moved",
    "Weights and statistics, bit for bit, before and after. Run it on any training loop you meet.",
    wants="moved(model, step, names)",
)
def moved(function: Moved) -> str | None:
    """Names, of those given, whose tensors changed in a step: `moved(model, step, names)`, sorted."""
    answers = []
    for prepare, step, _, _ in _CASES:
        model, calls = _toy(), []
        prepare(model)
        names = [name for name in model.state_dict() if not name.startswith("head.")]
        got = function(model, lambda model, step=step, calls=calls: (calls.append(1), step(model)), list(names))
        if not isinstance(got, (list, tuple)):
            return f"A sorted list of names is wanted, empty when all stood still; this is {a_type(got)}."
        if not calls:
            return "step(model) was never called, so nothing can have moved. Look, call it, look again."
        if len(calls) > 1:
            return f"step(model) was called {len(calls)} times. Once is asked for: it trains anew each time."
        answers.append(list(got))
    rights = [right for _, _, _, right in _CASES]
    return None if answers == rights else _misjudged(answers, rights, names)


def _misjudged(answers: list[list[str]], rights: list[list[str]], names: list[str]) -> str:
    """The mistake by its pattern, or else the first case that differs."""
    thawed, alive, _, hair = rights
    if outside := sorted({name for got in answers for name in got} - set(names)):
        return f"{outside[0]} moved, but it is not among the names that were asked about."
    if [sorted(got) for got in answers] == rights:
        return "The right names, but not in order: sorted(…) makes a sorted list of them."
    if set(answers[0]) == set(names) - set(thawed) and set(answers[1]) == set(names) - set(alive):
        return "Those are the names that stood still. The others are wanted."
    if not any(answers):
        return "Nothing ever moves, says yours. state_dict() hands out the living tensors: clone() them first."
    if not any(name in _STATISTICS for name in answers[0]) and answers[3] == hair:
        return "norm.running_mean moved, and you missed it: a buffer, not a parameter. state_dict() has both."
    if sorted(answers[1]) == alive and not answers[3]:
        return "conv.weight moved by a millionth, and you let it pass. Frozen is bit for bit: tensor.equal(other)."
    if not any(name in _STATISTICS for name in answers[0]):
        return "conv.weight moved although it takes no gradient: requires_grad says what may move. Compare what did."
    first = next(case for case in range(len(rights)) if sorted(answers[case]) != rights[case])
    told, got = (", ".join(some) or "nothing" for some in (rights[first], answers[first]))
    return f"In a backbone that is {_CASES[first][2]}, this moves: {told}; yours says {got}."


def _toy() -> "nn.Sequential":
    """A backbone with a norm, and a head."""
    from collections import OrderedDict

    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        backbone = {"conv": nn.Conv2d(3, 4, 3, bias=False), "norm": nn.BatchNorm2d(4)}
        layers = {**backbone, "flat": nn.Flatten(), "head": nn.Linear(16, 5)}
    return nn.Sequential(OrderedDict(layers)).train()


def _train(model: "nn.Module") -> None:
    """One step on what takes gradients, in whatever mode the model is."""
    import torch

    images = torch.rand(6, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    loss = model(images).square().sum()
    loss.backward()
    torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1).step()
    model.zero_grad()


def _nudge(model: "nn.Module") -> None:
    import torch

    with torch.no_grad():
        model.conv.weight.mul_(1 + 1e-6)  # too little for allclose as it comes


def _freeze_all_but_head(model: "nn.Module") -> None:
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("head.")


def _freeze_and_evaluate(model: "nn.Module") -> None:
    _freeze_all_but_head(model)
    model.eval()


_STATISTICS = ["norm.num_batches_tracked", "norm.running_mean", "norm.running_var"]
_CASES: list[tuple[Callable[["nn.Module"], None], Step, str, list[str]]] = [
    (lambda model: None, _train, "trained as a whole", ["conv.weight", "norm.bias", *_STATISTICS, "norm.weight"]),
    (_freeze_all_but_head, _train, "frozen, but in training mode", _STATISTICS),
    (_freeze_and_evaluate, _train, "frozen and in evaluation mode", []),
    (_freeze_and_evaluate, _nudge, "frozen, and then nudged by a millionth", ["conv.weight"]),
]
"""How the model is prepared, what is done to it, both in words, and what of its backbone moves."""


@grader(
    "n04.optimizer",
    "Two groups, two rates, and nobody else: that is all a fancy library does for you here.",
    wants="optimizer_for(model, head_lr, decay)",
)
def optimizer(function: Optimizing) -> str | None:
    """`optimizer_for(model, head_lr, decay)` on a ResNet: only layer4 and fc are trained, each at its rate."""
    import torch

    from chapter9_lib.models import lab_resnet

    for head_lr, decay in _RATES:
        with torch.random.fork_rng(devices=[]):
            model = lab_resnet(5)
        got = function(model, head_lr, decay)
        if not isinstance(got, torch.optim.AdamW):
            return f"optimizer_for should return an AdamW; it returned {a_type(got)}."
        if mistake := _misgrouped(model, got, {"fc": head_lr, "layer4": head_lr * decay}):
            return mistake
    return None


def _misgrouped(model: "nn.Module", optimizer: "torch.optim.Optimizer", wanted: dict[str, float]) -> str | None:
    """What is wrong with what is frozen, who is in the optimizer, and how fast each learns."""
    rates = {id(parameter): group["lr"] for group in optimizer.param_groups for parameter in group["params"]}
    for name, parameter in model.named_parameters():
        stage, held = name.partition(".")[0], id(parameter) in rates
        if stage in wanted and not parameter.requires_grad:
            return f"{name} is frozen, and should learn."
        if stage not in wanted and parameter.requires_grad:
            return f"{name} still takes gradients: freeze all that is neither layer4 nor fc."
        if stage in wanted and not held:
            return f"{name} is not in the optimizer, so it will never learn."
        if stage not in wanted and held:
            return f"{name} is frozen, and in the optimizer all the same: hand it layer4 and fc alone."
    found = {stage: {rates[id(p)] for p in model.get_submodule(stage).parameters()} for stage in wanted}
    if found["fc"] == found["layer4"]:
        return "fc and layer4 learn at one rate. Give the optimizer two groups, each with an lr of its own."
    if same(min(found["fc"]), wanted["layer4"]) and same(min(found["layer4"]), wanted["fc"]):
        return "The two rates have changed places: the head is the fast one."
    wrong = [stage for stage, rate in wanted.items() if not all(same(one, rate) for one in found[stage])]
    return f"{wrong[0]} should learn at {wanted[wrong[0]]:g}, not at {min(found[wrong[0]]):g}." if wrong else None
