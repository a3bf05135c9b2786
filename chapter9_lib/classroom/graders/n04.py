"""Exercises of notebook 04, Gradual unfreezing."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import grader, same
from chapter9_lib.classroom.graders.n04_answers import RATES, REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import nn

__all__ = ["REFERENCE", "WRONG"]

Step = Callable[["nn.Module"], object]
Moved = Callable[["nn.Module", Step, Sequence[str]], list[str]]


@grader("n04.rates", "Frozen is frozen, whatever the decay; from the head down, each thawed stage has a tenth.")
def rates(answer: Any) -> str | None:  # noqa: ANN401
    """The highest learning rate of each stage: {"conv1": 0, …, "head": 1e-3}."""
    if not isinstance(answer, dict) or not answer:
        return 'The answer is a dictionary: {"conv1": …, "head": …}.'
    if missing := [stage for stage in RATES if answer.get(stage, ...) in (..., None)]:
        return f"Still without a rate: {', '.join(missing)}. A frozen stage has the rate 0."
    given = {stage: answer[stage] for stage in RATES}
    numbers = [stage for stage, rate in given.items() if isinstance(rate, (int, float)) and not isinstance(rate, bool)]
    if wrong := [stage for stage in given if stage not in numbers]:
        return f"{wrong[0]}: a rate is a number, 0 where the stage is frozen; not {given[wrong[0]]!r}."
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


@grader("n04.moved", "Weights and statistics, bit for bit, before and after. Run it on any training loop you meet.")
def moved(function: Moved) -> str | None:
    """Names, of those given, whose tensors changed in a step: `moved(model, step, names)`, sorted."""
    if not callable(function):
        return f"moved should be a function; this is a {type(function).__name__}."
    calls: list[int] = []
    answers = []
    for prepare, step, _ in _CASES:
        model = _toy()
        prepare(model)
        names = [name for name in model.state_dict() if not name.startswith("head.")]
        got = function(model, lambda model, step=step: (calls.append(1), step(model)), names)
        if not isinstance(got, (list, tuple, set)):
            return f"A list of names is wanted, empty when all stood still; this is a {type(got).__name__}."
        answers.append(sorted(got))
    if len(calls) < len(_CASES):
        return "step(model) was never called, so nothing can have moved. Look, call it, look again."
    return None if answers == [expected for _, _, expected in _CASES] else _misjudged(answers, names)


def _misjudged(answers: list[list[str]], names: list[str]) -> str:
    """The mistake by its pattern: everything thawed, norms alive under frozen weights, all still, moved by a hair."""
    (_, _, thawed), (_, _, alive), _, (_, _, hair) = _CASES
    if outside := sorted({name for got in answers for name in got} - set(names)):
        return f"{outside[0]} moved, but it is not among the names that were asked about."
    if answers[0] == sorted(set(names) - set(thawed)) and answers[1] == sorted(set(names) - set(alive)):
        return "Those are the names that stood still. The others are wanted."
    if not any(answers):
        return "Nothing ever moves, says yours. state_dict() hands out the living tensors: clone() them first."
    if not any(name in _STATISTICS for name in answers[0]) and answers[3] == hair:
        return "norm.running_mean moved, and you missed it: a buffer, not a parameter. state_dict() has both."
    if answers[1] == alive and not answers[3]:
        return "conv.weight moved by a millionth, and you let it pass. Frozen is bit for bit: tensor.equal(other)."
    if not any(name in _STATISTICS for name in answers[0]):
        return "conv.weight moved although it takes no gradient: requires_grad says what may move. Compare what did."
    return f"A norm alive under frozen weights moves {', '.join(alive)}; yours says {answers[1] or 'nothing'}."


def _toy() -> "nn.Sequential":
    """A backbone with a norm, and a head."""
    from collections import OrderedDict

    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = {"conv": nn.Conv2d(3, 4, 3), "norm": nn.BatchNorm2d(4), "flat": nn.Flatten(), "head": nn.Linear(16, 5)}
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
        model.conv.weight += 1e-6


def _freeze_all_but_head(model: "nn.Module") -> None:
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("head.")


def _freeze_and_evaluate(model: "nn.Module") -> None:
    _freeze_all_but_head(model)
    model.eval()


_STATISTICS = ["norm.num_batches_tracked", "norm.running_mean", "norm.running_var"]
_CASES: list[tuple[Callable[["nn.Module"], None], Step, list[str]]] = [
    (lambda model: None, _train, ["conv.bias", "conv.weight", "norm.bias", *_STATISTICS, "norm.weight"]),
    (_freeze_all_but_head, _train, _STATISTICS),
    (_freeze_and_evaluate, _train, []),
    (_freeze_and_evaluate, _nudge, ["conv.weight"]),
]
"""How the model is prepared, what is done to it, and what of its backbone moves."""


@grader("n04.phases", "Three lines of data, and any network that has these stages is trained by them.")
def phases(answer: Any) -> str | None:  # noqa: ANN401
    """Twelve epochs: the head, then layer4, then layer3, each stage at a third of the next one's rate."""
    from chapter9_lib.training import Phase, slanted_triangular
    from chapter9_lib.training.schedules import schedule_named

    if not isinstance(answer, (list, tuple)) or not all(isinstance(phase, Phase) for phase in answer):
        return "The answer is a list of Phase: [Phase(…), Phase(…), …]."
    untils = [phase.until for phase in answer]
    if len(answer) != 3:
        return f"{len(answer)} of them. The plan has three phases: one for the head, one for each stage thawed."
    if untils[0] != "head":
        return f"The head comes first, alone. Yours begins with {untils[0]!r}."
    if untils[1:] != ["layer4", "layer3"]:
        return f"Thaw one stage at a time, the last first: layer4, then layer3 as well. Yours: {untils[1:]}."
    if [phase.epochs for phase in answer] != [4, 4, 4]:
        return f"12 epochs in all, four a phase. Yours takes {' + '.join(str(phase.epochs) for phase in answer)}."
    if any(not math.isclose(phase.head_lr, 1e-3) for phase in answer):
        return f"The head's highest rate is 1e-3 throughout. Yours: {[phase.head_lr for phase in answer]}."
    if any(not math.isclose(phase.layer_decay, 1 / 3, rel_tol=0.02) for phase in answer[1:]):
        return f"From a stage to the one before it, a third of the rate: layer_decay. Yours: {answer[1].layer_decay:g}."
    if any(schedule_named(phase.schedule)(0.05) != slanted_triangular(0.05) for phase in answer[1:]):
        return 'Both thawing phases want slanted triangles: schedule="slanted_triangular".'
    return None
