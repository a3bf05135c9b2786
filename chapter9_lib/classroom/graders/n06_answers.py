"""Exercises of notebook 06: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from typing import Any

from chapter9_lib.classroom.intervals import t_interval
from chapter9_lib.classroom.records import record
from chapter9_lib.models import reinitialize

__all__ = ["REFERENCE", "SITUATIONS", "WRONG", "measured"]

SITUATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "200 labels by night: deep stages afresh, not fine-tuned": (
        "afresh from layer3",
        "fine-tuned",
        {"target": "night", "labels": 200},
    ),
    "200 labelled calls: a closer source, not photos": (
        "calls of other animals",
        "fine-tuned",
        {"target": "calls", "labels": 200},
    ),
    "5,000 labelled calls: scratch, not fine-tuned": ("scratch", "fine-tuned", {"target": "calls", "labels": 5000}),
    "50 labelled calls: self-supervised, not scratch": (
        "self-supervised",
        "scratch",
        {"target": "calls", "labels": 50},
    ),
}
"""{situation and remedy: (the remedy in the record, what it is to beat, where)}."""


def measured() -> dict[str, str]:
    """What the records say of each remedy: better, worse, or can't tell."""
    said = {}
    for name, (remedy, plain, where) in SITUATIONS.items():
        found = record("far-domain-many" if where["labels"] > 800 else "far-domain")
        at = {**where, "split": "test"}
        low, high = found.difference({**at, "strategy": remedy}, {**at, "strategy": plain}).interval
        said[name] = "better" if low > 0 else "worse" if high < 0 else "can't tell"
    return said


def _signs(differences: list[float], test: float, training: float) -> str:
    low, high = t_interval(differences)
    if high < 0:
        return "hurts"
    if low <= 0:
        return "can't tell"
    return "helps, much by heart" if training - test > 20 else "helps"


def _seed_by_seed(differences: list[float], test: float, training: float) -> str:
    if max(differences) < 0:
        return "hurts"
    if min(differences) <= 0:
        return "can't tell"
    return "helps, much by heart" if training - test > 20 else "helps"


def _afresh(model: Any, names: list[str]) -> None:  # noqa: ANN401
    for name, module in model.named_modules():
        if name.split(".")[0] in names and hasattr(module, "reset_parameters"):
            module.reset_parameters()


def _snippet(model: Any, names: list[str]) -> None:  # noqa: ANN401
    from torch import nn

    for name, module in model.named_children():
        for parameter in module.parameters() if name in names else ():
            nn.init.kaiming_normal_(parameter) if parameter.dim() > 1 else nn.init.zeros_(parameter)


def _everything(model: Any, names: list[str]) -> None:  # noqa: ANN401
    for module in model.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()


def _children_alone(model: Any, names: list[str]) -> None:  # noqa: ANN401
    for name, module in model.named_children():
        if name in names and hasattr(module, "reset_parameters"):
            module.reset_parameters()


def _only_weights(model: Any, names: list[str]) -> None:  # noqa: ANN401
    from torch import nn

    for name, module in model.named_modules():
        if name.split(".")[0] in names and isinstance(module, nn.Conv2d):
            module.reset_parameters()


def _statistics_kept(model: Any, names: list[str]) -> None:  # noqa: ANN401
    kept = {name: tensor.clone() for name, tensor in model.named_buffers()}
    _afresh(model, names)
    for name, tensor in model.named_buffers():
        tensor.copy_(kept[name])


def _all_statistics(model: Any, names: list[str]) -> None:  # noqa: ANN401
    _afresh(model, names)
    for module in model.modules():
        if hasattr(module, "reset_running_stats"):
            module.reset_running_stats()


def _means_alone(model: Any, names: list[str]) -> None:  # noqa: ANN401
    kept = {name: tensor.clone() for name, tensor in model.named_buffers() if "running_var" in name}
    _afresh(model, names)
    for name, tensor in kept.items():
        model.get_buffer(name).copy_(tensor)


def _at_random(model: Any, names: list[str]) -> None:  # noqa: ANN401
    _afresh(model, names)
    for name, parameter in model.named_parameters():
        if name.split(".")[0] in names and parameter.ndim == 1:
            parameter.data.uniform_(-0.1, 0.1)


REFERENCE: dict[str, Any] = {"n06.signs": _signs, "n06.afresh": _afresh, "n06.remedy": measured()}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n06.signs": {
        "by the mean": (lambda differences, test, training: "hurts" if sum(differences) < 0 else "helps", "interval"),
        "never by heart": (lambda differences, test, training: "hurts" if t_interval(differences)[1] < 0 else
                           "helps" if t_interval(differences)[0] > 0 else "can't tell", "by heart"),
        "by heart first": (lambda differences, test, training: "helps, much by heart" if training - test > 20 else
                           _signs(differences, test, training), "comes first"),
        "every seed": (_seed_by_seed, "[1, 9, 1, 8, 1]"),
        "from 20 on": (lambda differences, test, training: _signs(differences, test, training + 0.5), "and not more"),
        "above 95": (lambda differences, test, training: _signs(differences, 75, training), "but 21 points"),
        "a word": ("hurts", "a function"),
    },
    "n06.afresh": {
        "the chapter's lines": (_snippet, "dead"),
        "everything": (_everything, "borrowed"),
        "children alone": (_children_alone, "inside"),
        "weights alone": (_only_weights, "norms"),
        "statistics kept": (_statistics_kept, "statistics"),
        "means alone": (_means_alone, "not the variances"),
        "all statistics": (_all_statistics, "running_mean was borrowed"),
        "norms at random": (_at_random, "weights of 1 and biases of 0"),
        "from the first on": (lambda model, names: reinitialize(model, names[0]), "layer2"),
    },
    "n06.remedy": {
        "all alike": (dict.fromkeys(SITUATIONS, "can't tell"), "interval"),
        "a stranger": (dict.fromkeys(SITUATIONS, "prayer"), "one of"),
        "a list": (["better"] * 4, "a dictionary"),
    },
}  # fmt: skip
