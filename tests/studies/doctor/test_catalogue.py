"""Every word of the catalogue has a set-up that brings it forth and one that does not; every remedy is code."""

import ast
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from chapter9_lib import examine
from chapter9_lib.classroom.faults import FAULTS, healthy
from chapter9_lib.studies import doctor
from chapter9_lib.studies.doctor.catalogue import AILMENTS
from chapter9_lib.training import History


class Small(nn.Module):
    """A classifier of 72 x 96 pixels whose parts can be spoiled one by one."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=4)
        self.norm = nn.GroupNorm(2, 8)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).relu().mean((2, 3)))


class WithSpare(Small):
    """One layer more, which is asked only where that is said."""

    def __init__(self, asked):
        super().__init__()
        self.asked, self.spare = asked, nn.Linear(8, 8)

    def forward(self, x):
        features = self.norm(self.conv(x)).relu().mean((2, 3))
        return self.fc(self.spare(features) if self.asked else features)


def noise(labels=None, channels=3):
    images = torch.randn(20, channels, 72, 96, generator=torch.Generator().manual_seed(0))
    return TensorDataset(images, torch.arange(20) % 5 if labels is None else labels)


def silenced(small):
    small.norm.weight.data.zero_()
    small.norm.bias.data.zero_()
    return small


def losses(*values):
    history = History()
    for at, loss in enumerate(values):
        history.add(loss=loss, accuracy=0.2 + 0.01 * at, lr=1e-3, phase=0, seconds=1.0)
    return history


SPOILED: dict[str, tuple[Callable, Callable]] = {
    "does-not-run": (lambda: examine(Small(), noise(channels=4)), lambda: examine(Small(), noise())),
    "no-gradient": (lambda: examine(silenced(Small()), noise()), lambda: examine(Small(), noise())),
    "layer-unused": (lambda: examine(WithSpare(False), noise()), lambda: examine(WithSpare(True), noise())),
    "unlabelled": (
        lambda: examine(Small(), noise(torch.tensor([-1, *range(5)] * 4)[:20])), lambda: examine(Small(), noise()),
    ),
    "nothing-learned": (
        lambda: examine(Small(), history=losses(1.61, 1.62, 1.6, 1.61, 1.6)),
        lambda: examine(Small(), history=losses(1.61, 1.4, 1.2, 1.1, 0.9)),
    ),
}  # fmt: skip
ELSEWHERE = {
    "burst-on-both-sides": "test_doctor", "camera-on-both-sides": "test_doctor",
    "domain-classifier-blind": "test_doctor", "domain-classifier-wins": "test_doctor",
    "norms-held-by-hand": "test_healthy_zoo", "optimizer-holds-others": "test_healthy_zoo",
    "teacher-gets-gradient": "test_faults",
}  # fmt: skip
"""{code: the test file that brings it forth}."""


@pytest.mark.parametrize("code", SPOILED)
def test_a_spoiled_network_is_named_and_a_sound_one_is_not(code):
    torch.manual_seed(0)
    spoiled, sound = SPOILED[code]
    assert code in spoiled().codes
    assert code not in sound().codes


def test_no_word_of_the_catalogue_is_without_a_set_up_that_brings_it_forth(request):
    assert set(AILMENTS) == set(FAULTS) | set(SPOILED) | set(ELSEWHERE)
    for code, file in ELSEWHERE.items():
        assert f'"{code}"' in request.path.with_name(f"{file}.py").read_text(encoding="utf-8")


def remedies():
    """Every remedy that is written into a check, with its finding; what is filled in stands as x."""
    for found in pkgutil.iter_modules(doctor.__path__):
        module = importlib.import_module(f"{doctor.__name__}.{found.name}")
        with open(module.__file__, encoding="utf-8") as source:
            calls = [node for node in ast.walk(ast.parse(source.read())) if isinstance(node, ast.Call)]
        for call in calls:
            if getattr(call.func, "id", "") == "Finding" and len(call.args) >= 5:
                code, remedy = call.args[0], call.args[4]
                yield pytest.param(
                    _words(remedy, module),
                    id=f"{found.name}:{code.value if isinstance(code, ast.Constant) else call.lineno}",
                )


def _words(node, module):
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(part, module) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return "x"
    return getattr(module, node.id) if isinstance(node, ast.Name) else node.value


@pytest.mark.parametrize("remedy", list(remedies()))
def test_a_remedy_is_a_line_of_code(remedy):
    assert "\n" not in remedy
    (line,) = ast.parse(remedy).body
    assert any(isinstance(node, ast.Call | ast.Assign | ast.Compare) for node in ast.walk(line)), remedy


def test_what_only_files_can_tell_is_said_to_be_unknown_without_them(sides, network):
    case = healthy(network(), *sides)
    report = case.examine()
    files = {"constants and order of the channels", "crop and interpolation"}
    assert files <= set(report.looked)
    bare = [TensorDataset(*map(torch.stack, zip(*((x, torch.tensor(y)) for x, y in side), strict=True)))
            for side in (case.train, case.val)]  # fmt: skip
    report = replace(case, train=bare[0], val=bare[1]).examine()
    assert files <= set(report.not_looked) and "normalisation" in report.looked
    assert "from which files" in report.not_looked["crop and interpolation"]
    assert files <= set(examine(case.model, *sides).looked)  # our own photos are prepared by the model itself
