"""Every grader: the reference passes, each wrong answer hears its own mistake, the stub is met kindly."""

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest

from chapter9_lib.classroom import check, graders
from chapter9_lib.classroom.exercises import a_type, as_array, as_number, as_pair, grade, registered

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
REFERENCE, WRONG, ALSO_RIGHT = {}, {}, {}
for found in pkgutil.iter_modules(graders.__path__):
    module = importlib.import_module(f"{graders.__name__}.{found.name}")
    REFERENCE |= module.REFERENCE
    WRONG |= module.WRONG
    ALSO_RIGHT |= getattr(module, "ALSO_RIGHT", {})
WRONG_CASES = [(exercise, name) for exercise, cases in WRONG.items() for name in cases]
ALSO_RIGHT_CASES = [(exercise, name) for exercise, cases in ALSO_RIGHT.items() for name in cases]


def stub(a, b=None, c=None): ...


def stub_with_docstring(a, b=None, c=None):
    """Return whether …"""


def stub_that_returns(a, b=None, c=None):
    """Return whether …"""
    return ...


def stub_that_raises(a, b=None, c=None):
    """Return whether …"""
    raise NotImplementedError


def half_done(a, *others):
    """Return whether …"""
    length = len(repr(a)[:100])
    if length > 1000:
        return length
    raise NotImplementedError("the rest")


def test_every_exercise_has_a_reference_and_three_wrong_answers():
    assert set(registered()) == set(REFERENCE) == set(WRONG) >= {
        "n02.arms", "n02.causes", "n02.transplant", "n01.head_parameters", "n01.fair_comparison", "n01.borrow",
        "n03.two_layer_parameters", "n03.mirrored_features", "n03.five_snippets"}  # fmt: skip
    assert all(len(cases) >= 3 for cases in WRONG.values())


@pytest.mark.parametrize("exercise", REFERENCE)
def test_reference_passes(exercise):
    feedback = grade(exercise, REFERENCE[exercise])
    assert feedback.passed is True, feedback


@pytest.mark.parametrize(("exercise", "name"), ALSO_RIGHT_CASES)
def test_a_right_answer_of_another_kind_passes(exercise, name):
    feedback = grade(exercise, ALSO_RIGHT[exercise][name])
    assert feedback.passed is True, feedback


@pytest.mark.parametrize(("exercise", "name"), WRONG_CASES)
def test_wrong_answer_hears_its_own_mistake(exercise, name):
    answer, part = WRONG[exercise][name]
    feedback = grade(exercise, answer)
    assert feedback.passed is False
    assert part in feedback.message, feedback


@pytest.mark.parametrize("exercise", REFERENCE)
def test_wrong_answers_hear_different_things(exercise):
    messages = [grade(exercise, answer).message for answer, _ in WRONG[exercise].values()]
    assert len(set(messages)) == len(messages)


UNTOUCHED = (..., None, NotImplemented, stub, stub_with_docstring, stub_that_returns, stub_that_raises)


@pytest.mark.parametrize("exercise", REFERENCE)
@pytest.mark.parametrize("untouched", UNTOUCHED, ids=lambda stub: getattr(stub, "__name__", str(stub)))
def test_stub_is_met_kindly(exercise, untouched):
    feedback = grade(exercise, untouched)
    assert feedback.passed is None and "run the cell again" in feedback.message


def stubs():
    """Each exercise cell of the notebooks: what is handed to check, as it stands there."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            asked = re.search(r'^check\("(\w+\.\w+)", (\w+)\)', source, re.M) if cell["cell_type"] == "code" else None
            if asked:
                yield pytest.param(asked[1], source[: asked.start()], asked[2], id=asked[1])


@pytest.mark.parametrize(("exercise", "source", "name"), list(stubs()))
def test_the_stub_of_the_notebook_is_met_kindly(exercise, source, name):
    space = {}
    exec(source, space)
    feedback = grade(exercise, space[name])
    assert feedback.passed is None and "run the cell again" in feedback.message, feedback


@pytest.mark.parametrize("exercise", [e for e, answer in REFERENCE.items() if callable(answer)])
def test_half_done_and_crashing_functions_never_raise(exercise):
    assert grade(exercise, half_done).passed is None
    assert grade(exercise, lambda: 1).passed is False
    assert "ZeroDivisionError" in grade(exercise, lambda *args: 1 / 0).message
    assert grade(exercise, "an answer in words").message.startswith("Write a function ")


def test_a_constant_function_is_an_answer_not_a_stub():
    assert grade("n01.fair_comparison", lambda a, b: True).passed is False


def test_numbers_of_every_kind_are_numbers():
    import numpy as np
    import torch

    for kind in (int, float, np.int64, np.float32, np.array, torch.tensor):
        assert as_number(kind(160)) == 160 and grade("n00.warm_up", kind(160)).passed is True
    no_numbers = (True, np.True_, torch.tensor(True), "160", [160], np.array([160]), 1j)
    assert all(as_number(one) is None for one in no_numbers)
    for kind in (tuple, list, np.array, torch.tensor):
        assert as_pair(kind([0.5, 2.0])) == (0.5, 2.0)
    assert as_pair([torch.tensor(0.5), np.float32(2)]) == (0.5, 2.0)
    assert [as_pair(one) for one in (0.5, "ab", [1, 2, 3], np.ones((2, 1)), torch.ones(3))] == [None] * 5
    for kind in (tuple, list, np.array, torch.tensor):
        assert as_array(kind([1.0, 2.0])).tolist() == [1, 2]
    assert as_array([torch.tensor(1), np.int64(2)]).tolist() == [1, 2]
    assert as_array(["a", "b"]) is None and as_array([[1], [1, 2]]) is None and as_array(None) is None


def test_a_type_has_its_article():
    import numpy as np

    assert [a_type(one) for one in ("", 1, np.int64(1), np.ones(1), ...)] == [
        "a str", "an int", "an int64", "an ndarray", "an ellipsis"]  # fmt: skip


def test_more_than_55_is_more_than_55_whatever_the_last_digit():
    from chapter9_lib.classroom.graders.n09 import _too_few

    assert 100 * 0.55 > 55 and "more than 55" in _too_few(100 * 0.55, 40)
    assert _too_few(55.5, 30) is None and "at least 30" in _too_few(55.5, 29.5)


def test_unknown_exercise_offers_near_ones():
    with pytest.raises(KeyError, match="n01.head_parameters"):
        check("n01.head_parameter", 1)


def test_check_prints_in_plain_python(capsys):
    check("n01.head_parameters", 1280)
    assert capsys.readouterr().out.startswith("[not yet] 1,280 are the weights.")


def test_html_is_escaped():
    feedback = grade("n02.causes", lambda *args: "<script>")
    assert "<script>" not in feedback._repr_html_() and "&lt;script&gt;" in feedback._repr_html_()


def test_graders_do_not_see_changes_made_to_their_cases():
    def vandal(scores, quantile):
        right = REFERENCE["n13.level"](scores, quantile)
        for seeds in scores.values():
            seeds.clear()
        scores.clear()
        return right

    assert grade("n13.level", vandal).passed is True


def fate_of(snippet):
    """Train by a snippet for two steps: whether the head that answers moved, or Python complained."""
    import timm
    import torch
    from torch import nn

    from chapter9_lib import find_head

    torch.manual_seed(0)
    names = {"timm": timm, "nn": nn, "AdamW": torch.optim.AdamW}
    images, labels = torch.rand(4, 3, 64, 64), torch.tensor([0, 1, 2, 3])
    try:
        exec(snippet, names)
        model = names["model"].eval()
        before = find_head(model).module.weight.clone()
        for _ in range(2):
            nn.functional.cross_entropy(model(images), labels).backward()
            names["optimizer"].step()
    except (RuntimeError, ValueError):
        return "error"
    return "silent" if find_head(model).module.weight.equal(before) else "works"


@pytest.mark.parametrize("letter", "ABCDE")
def test_the_five_snippets_do_what_the_grader_says(letter):
    from chapter9_lib.classroom.graders.n03_answers import FATES, SNIPPETS

    assert fate_of(SNIPPETS[letter]) == FATES[letter]


def solutions():
    """(exercise, name of the answer, code) for every solution that is folded under an exercise of a notebook."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        asked = None
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "code":
                asked = re.search(r'check\("([^"]+)", (\w+)\)', text) or asked
            elif asked and "<summary>Solution</summary>" in text:
                told = text.split("<summary>Solution</summary>")[1].split("</details>")[0]
                code = re.search(r"```python\n(.*?)```", told, re.S) or re.search(rf"`({asked[2]} = [^`]+)`", told)
                yield asked[1], asked[2], code[1] if code else ""
                asked = None


@pytest.mark.parametrize(("exercise", "name", "code"), [pytest.param(*s, id=s[0]) for s in solutions()])
def test_the_solution_in_the_notebook_is_right(exercise, name, code):
    import numpy as np
    import torch
    from torch.nn import functional as F  # noqa: N812 - as everybody calls it

    from chapter9_lib import Phase

    names = {"torch": torch, "np": np, "F": F, "Phase": Phase}
    exec(code, names)
    assert grade(exercise, names[name]).passed is True


def test_every_exercise_of_the_notebooks_but_the_warm_up_has_a_solution():
    there = {f"n{path.name[:2]}" for path in NOTEBOOKS.glob("*.ipynb")}
    wanted = {exercise for exercise in REFERENCE if exercise.partition(".")[0] in there}
    assert {exercise for exercise, _, _ in solutions()} == wanted - {"n00.warm_up"}
