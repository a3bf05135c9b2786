"""Exercises of notebook 02, Why borrowing works."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import as_pair, grader, same
from chapter9_lib.classroom.graders.n02_answers import ARMS, REFERENCE, WRONG

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["REFERENCE", "WRONG"]

Causes = Callable[[float, float, float], tuple[float, float]]
Transplant = Callable[["nn.Module", "nn.Module", Sequence[str]], object]


@grader("n02.arms", "Feature extraction and fine-tuning are two cells of the same grid, the last ones.")
def arms(answer: Any) -> str | None:  # noqa: ANN401
    """Four set-ups in the paper's shorthand: {"features": "A…B", …}."""
    if not isinstance(answer, dict):
        return 'The answer is a dictionary: {"features": …, "fine-tuning": …, "control": …, "thawed": …}.'
    if missing := [name for name in ARMS if answer.get(name, ...) in (..., None, "")]:
        return f"Still without an answer: {', '.join(missing)}."
    given = {name: str(answer[name]).strip().upper().replace(" ", "") for name in ARMS}
    for name, right in ARMS.items():
        if given[name] != right:
            return f"{name}: {_misnamed(name, given[name], right)}"
    return None


def _misnamed(name: str, given: str, right: str) -> str:
    parts, wanted = _SHORTHAND.fullmatch(given), _SHORTHAND.fullmatch(right)
    if not parts or parts["task"] != "B":
        return f"{given!r} should be the donor first, then how many layers it gives, then B, then a plus or none."
    if parts["layers"] == "8":
        return "eight layers would include A's answers. B needs a new head, so seven are left to take."
    if name == "control" and parts["donor"] == "A":
        return "if layers were torn apart, that hurts whoever they come from. Take them from B itself."
    if name == "control" and parts["layers"] != wanted["layers"]:
        return f"cut in the same place, after five layers; yours is {given}."
    if parts["donor"] != wanted["donor"]:
        return f"the layers are taken over from A, and A comes first in its name. {given} has B's own."
    if parts["layers"] != wanted["layers"]:
        return f"the number counts the layers taken over, from the photo upwards. {given} is another network."
    if name == "control":
        return "a control differs in one thing only. The layers in question stood still, so these do."
    if wanted["plus"]:
        return "here everything goes on learning, which is what the plus stands for."
    return "the layers taken over stand still, so there is no plus."


_SHORTHAND = re.compile(r"(?P<donor>[AB])(?P<layers>\d)(?P<task>[AB])(?P<plus>\+?)")


@grader(
    "n02.causes",
    "That is the trick of the paper: one control, and one loss comes apart into two.",
    wants="causes(base, bnb, anb)",
)
def causes(function: Causes) -> str | None:
    """Points lost because layers were torn apart, and because they were too special: `causes(base, bnb, anb)`."""
    answers = []
    for case in _CASES:
        got = function(*case)
        pair = as_pair(got)
        if pair is None:
            return f"Two numbers are wanted, one for each cause; this is {got!r}."
        answers.append(pair)
    patterns: list[tuple[str, Causes]] = [
        ("", lambda base, bnb, anb: (base - bnb, bnb - anb)),
        ("AnB − base holds both losses: what was torn apart is counted twice. What is special is B's arm minus A's.",
         lambda base, bnb, anb: (base - bnb, base - anb)),
        ("The other way round: BnB has nothing special about it, so its loss is that of layers torn apart.",
         lambda base, bnb, anb: (bnb - anb, base - bnb)),
        ("Points lost: a loss is a positive number. Yours has the other sign.",
         lambda base, bnb, anb: (bnb - base, anb - bnb)),
        ("Points, not shares of base: leave out the division.",
         lambda base, bnb, anb: ((base - bnb) / base, (bnb - anb) / base)),
        ("abs() turns a gain into a loss. Where AnB beats base, what is lost may be below zero.",
         lambda base, bnb, anb: (abs(base - bnb), abs(bnb - anb))),
    ]  # fmt: skip
    for said, pattern in patterns:
        if all(_pair(got, pattern(*case)) for got, case in zip(answers, _CASES, strict=True)):
            return said or None
    if _pair(answers[0], patterns[0][1](*_CASES[0])):
        return "Right while something is lost. But a loss may be below zero: where AnB beats base, say so."
    base, bnb, anb = _CASES[0]
    return f"With base {base}, BnB {bnb} and AnB {anb}, yours says {answers[0][0]:.4g} and {answers[0][1]:.4g}."


_CASES = ((62.5, 59.4, 57.8), (62.5, 62.3, 54.3), (62.5, 62.7, 63.0))
"""Base, BnB and AnB: both losses, one of them, none."""


def _pair(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(same(a, b) for a, b in zip(one, other, strict=True))


@grader(
    "n02.transplant",
    "Weights and statistics, and two networks that are still two. You can build any cell now.",
    wants="transplant(donor, receiver, layers)",
)
def transplant(function: Transplant) -> str | None:
    """Copy the named layers of a donor into a receiver, in place: `transplant(donor, receiver, layers)`."""
    return _transplanted(function, ["conv1", "conv2"]) or _transplanted(function, ["conv10"])


def _transplanted(function: Transplant, layers: list[str]) -> str | None:
    """What is wrong with the donor or the receiver after these layers should have been copied."""
    import torch

    donor, receiver = _toy(0, batches=2), _toy(1, batches=1)
    given, before = _snapshot(donor), _snapshot(receiver)
    function(donor, receiver, list(layers))
    after = receiver.state_dict()
    if changed := _differing(donor.state_dict(), given):
        return f"{changed[0]} of the donor has changed. The donor gives; it is the receiver that is written to."
    if not _differing(after, before):
        return "Nothing has changed in the receiver. state_dict() hands out its living tensors: copy_() into them."
    wanted = [name for name in given if name.split(".")[0] in layers]
    if lacking := [name for name in _differing(after, given) if name in wanted]:
        more = " Statistics are buffers, not parameters: state_dict() has both." if _statistic(lacking[0]) else ""
        return f"{lacking[0]} should now be the donor's, for layers={layers}.{more}"
    if wrong := [name for name in _differing(after, before) if name not in wanted]:
        return _overwritten(wrong, layers)
    with torch.no_grad():
        for tensor in after.values():
            tensor.add_(1)
    if changed := _differing(donor.state_dict(), given):
        return f"The two networks now share {changed[0]}: train one, and you train the other. Copy the numbers."
    return None


def _overwritten(wrong: list[str], layers: list[str]) -> str:
    if any(name.startswith("head.") for name in wrong):
        return "The head of the receiver has changed as well, and it was to keep its own. Only the layers named."
    why = " Its name begins with conv1, and is another layer's." if wrong[0].startswith("conv10") else ""
    return f"{wrong[0]} was not to be touched, for layers={layers}.{why} Only the layers named are copied."


def _snapshot(model: "nn.Module") -> dict[str, "Tensor"]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def _differing(one: "dict[str, Tensor]", other: "dict[str, Tensor]") -> list[str]:
    """Names whose numbers differ, weights after statistics, so that what is forgotten most often is named first."""
    names = [name for name in other if name in one and not one[name].equal(other[name])]
    return sorted(names, key=lambda name: (not _statistic(name), "running_" not in name, name))


def _statistic(name: str) -> bool:
    return "running_" in name or "num_batches" in name


def _toy(seed: int, batches: int) -> "nn.Sequential":
    """Three layers with norms that saw some batches, one of a name that begins like another's, and a head."""
    from collections import OrderedDict

    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        widths = {"conv1": (3, 4), "conv2": (4, 4), "conv10": (4, 4)}
        layers = {name: nn.Sequential(nn.Conv2d(*width, 1), nn.BatchNorm2d(4)) for name, width in widths.items()}
        model = nn.Sequential(OrderedDict({**layers, "flat": nn.Flatten(), "head": nn.Linear(16, 3)})).train()
        for _ in range(batches):
            model(torch.randn(8, 3, 2, 2))
    return model
