"""Exercises of notebook 06, When the borrowed kitchen hurts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chapter9_lib.classroom.exercises import grader
from chapter9_lib.classroom.graders.n06_answers import REFERENCE, SITUATIONS, WRONG, measured
from chapter9_lib.worlds.naming import nearest

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["REFERENCE", "WRONG"]

_SIGNS = ("hurts", "can't tell", "helps, much by heart", "helps")
_SAID = ("better", "worse", "can't tell")


@grader(
    "n06.signs",
    "Scratch is the yardstick, the interval the eye: without both nobody knows whether it hurts.",
    wants="signs(differences, test, training)",
)
def signs(function: Callable[[list[float], float, float], str]) -> str | None:
    """One of "hurts", "can't tell", "helps, much by heart", "helps": `signs(differences, test, training)`, the
    differences being fine-tuned minus scratch, one a seed, in points."""
    cases = (([-8, -6, -9, -7, -7], 62, 80, "hurts"), ([-1, 2, -3, 1, -1], 70, 75, "can't tell"),
             ([5, 6, 4, 6, 5], 75, 82, "helps"), ([3, 2, 2, 3, 3], 72, 99, "helps, much by heart"),
             ([-9, -8, -9, -7, -8], 60, 99, "hurts"), ([1, -1, 2, -2, 3], 70, 99, "can't tell"),
             ([1, 9, 1, 8, 1], 75, 82, "can't tell"), ([-1, -9, -1, -8, -1], 70, 75, "can't tell"),
             ([6, 7, -1, 8, 7], 70, 75, "helps"), ([5, 6, 4, 6, 5], 75, 95, "helps"),
             ([5, 6, 4, 6, 5], 60, 79, "helps"), ([3, 2, 2, 3, 3], 40, 61, "helps, much by heart"))  # fmt: skip
    for differences, test, training, right in cases:
        got = function(list(differences), test, training)
        shown = f"differences {differences}, {test} % on the test and {training} % in training"
        if got == right:
            continue
        if got not in _SIGNS:
            return f"One of {', '.join(map(repr, _SIGNS))} is wanted; this is {got!r}."
        if got == "helps, much by heart" and right == "helps":
            return f"{shown}: training is {training - test} points above the test, and not more than 20."
        if got == "helps, much by heart":
            return f"{shown}: the comparison with scratch comes first, and it says: {right}."
        if got == "helps" and right == "helps, much by heart":
            return f"{shown}: better than scratch, but {training - test} points, more than 20, were learned by heart."
        return f"{shown}: yours says {got!r}. Where does the whole interval of the differences lie?"
    return None


@grader(
    "n06.afresh",
    "Module by module: norms begin with ones, and everything goes on learning.",
    wants="afresh(model, names)",
)
def afresh(function: Callable[["nn.Module", list[str]], object]) -> str | None:
    """Start some stages of a network afresh, in place: `afresh(model, ["layer3", "layer4"])`."""
    return _begun_anew(function, ["layer3", "layer4"]) or _begun_anew(function, ["layer2"])


def _begun_anew(function: Callable[["nn.Module", list[str]], object], names: list[str]) -> str | None:
    """What is wrong with the network after these stages should have begun anew."""
    import torch

    from chapter9_lib.models import load_pretrained

    model = load_pretrained("lab-resnet", source="bundled")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        function(model, list(names))
    inside = {name: p for name, p in model.named_parameters() if name.split(".")[0] in names}
    changed = [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])]
    if outside := [name for name in changed if name.split(".")[0] not in names]:
        others = f"; so should {len(outside) - 1} others" if len(outside) > 1 else ""
        return f"afresh(model, {names}): {outside[0]} was borrowed and should have stayed{others}."
    same = [name for name, p in inside.items() if p.ndim > 1 and torch.equal(p, before[name])]
    if len(same) == sum(p.ndim > 1 for p in inside.values()):
        return f"{names[0]} is as it came. Look inside: named_modules() goes down."
    if same:
        return f"{same[0]} is still the borrowed one. Look inside: named_modules() goes all the way down."
    if all(not p.any() for p in inside.values() if p.ndim == 1):
        return "Its norms' weights are all 0, so nothing gets through: the network is dead, and no gradient wakes it."
    norms = [name for name, p in inside.items() if p.ndim == 1 and torch.equal(p, before[name])]
    if norms:
        return f"The norms have kept what they learned, {norms[0]} for one; weights and norms belong together."
    return _worn(inside, {name: tensor for name, tensor in model.named_buffers() if name.split(".")[0] in names})


def _worn(inside: "dict[str, nn.Parameter]", buffers: "dict[str, Tensor]") -> str | None:
    """What is wrong with norms whose layers have begun anew: they begin with mean 0, variance 1, weight 1, bias 0."""
    if stale := [name for name, tensor in buffers.items() if name.endswith("running_mean") and tensor.any()]:
        said = f"The norms have kept the statistics of the photos before, {stale[0]} for one"
        return f"{said}: reset_parameters resets them."
    if stale := [name for name, tensor in buffers.items() if name.endswith("running_var") and not (tensor == 1).all()]:
        return f"The means of the norms begin anew, but not the variances, {stale[0]} for one: they begin with ones."
    for name, p in inside.items():
        if p.ndim == 1 and not (p == (0 if name.endswith("bias") else 1)).all():
            return f"Norms begin with weights of 1 and biases of 0, so that they change nothing; {name} does not."
    return None


@grader("n06.remedy", "So much for these nights, these calls and this network. Somewhere else, measure again.")
def remedy(answer: Any) -> str | None:  # noqa: ANN401
    """What the records say of the chapter's remedies: {situation: "better", "worse" or "can't tell"}."""
    if not isinstance(answer, dict):
        return "The answer is a dictionary: {situation: verdict, …}."
    if missing := [name for name in SITUATIONS if answer.get(name, ...) in (..., None, "")]:
        return f"Still without an answer: {missing[0]}."
    for name, right in measured().items():
        given = str(answer[name]).strip().lower()
        if given not in _SAID:
            return f"{given!r} is not one of {', '.join(_SAID)}. {nearest(given, _SAID)}"
        if given != right:
            return f"{name}: look where the whole interval of the difference lies. Above zero, below, or on both sides?"
    return None
