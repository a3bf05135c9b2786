"""Every stored notebook keeps the house style; that its cells run, nbval proves."""

import copy
import json
from pathlib import Path

import notebook_rules as rules
import pytest

from data_scripts import execute_notebooks

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
REQUIRED = ("00_welcome.ipynb", "01_the_borrowed_kitchen.ipynb", "02_why_borrowing_works.ipynb",
            "03_feature_extraction.ipynb", "04_gradual_unfreezing.ipynb", "05_silent_failures.ipynb",
            "06_negative_transfer.ipynb", "07_distillation.ipynb", "08_domain_adaptation.ipynb", "09_prompting.ipynb",
            "10_lora.ipynb", "11_model_hubs.ipynb", "12_putting_it_together.ipynb",
            "13_the_decision.ipynb")  # fmt: skip
PICTURE = {"image/png": "aGVsbG8="}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def setup_cell(notebook):
    """The first code cell: on Colab it installs the package, elsewhere it does nothing."""
    return rules.source(rules.code_cells(notebook)[0])


@pytest.mark.parametrize("name", REQUIRED)
def test_the_series_starts_with(name):
    assert (FOLDER / name).is_file(), f"notebooks/{name} is missing"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_house_style(path, rule):
    assert not list(rule(load(path), path.name[:2]))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_setup_cell_is_the_same_everywhere(path):
    cell = setup_cell(load(path))
    assert "google.colab" in cell and "--no-deps" in cell
    assert cell == setup_cell(load(NOTEBOOKS[0]))


def code(text, count=1, outputs=(), **metadata):
    return {
        "cell_type": "code",
        "source": text,
        "execution_count": count,
        "outputs": list(outputs),
        "metadata": metadata,
    }


def shown(data, **metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


CARD = (
    "# A title\nWhat happens? You will be able to see. Runs in 3 s, takes you about a minute. "
    "Memory 1 GiB, offline ✓. Prerequisites: none."
)
GOOD = {
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "source": CARD, "metadata": {}},
        code("%matplotlib inline\nx = 1", 1, [{"output_type": "stream", "name": "stdout", "text": "1\n"}]),
        code("y = 2", 2, [shown(PICTURE, **{"image/png": {"alt": "a rising line"}})]),
    ],
}


def with_cell(cell):
    notebook = copy.deepcopy(GOOD)
    notebook["cells"].append(cell)
    return notebook


def with_output(output):
    return with_cell(code("z = 3", 3, [output]))


BAD = {
    "not_executed": with_cell(code("z = 3", 7)),
    "widget_state": {**GOOD, "metadata": {"widgets": {}}},
    "error_outputs": with_output({"output_type": "error", "ename": "E", "evalue": "no", "traceback": []}),
    "machine_paths": with_output({"output_type": "stream", "name": "stdout", "text": ["/home" + "/ada/photos\n"]}),
    "missing_alt_text": with_output(shown(PICTURE)),
    "missing_card": {**GOOD, "cells": GOOD["cells"][1:]},
    "too_much_code": with_cell(code("x = 1\n" * 21, 3)),
    "long_functions": with_cell(code("def f():\n" + "    x = 1\n" * 12, 3)),
    "too_much_output": with_output(shown({"text/plain": "x" * 500_000})),
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_each_rule_accepts_the_good_and_finds_the_bad(rule):
    assert not list(rule(GOOD, "01"))
    assert list(rule(BAD[rule.__name__], "01"))


def test_executing_stores_outputs_and_no_widgets(tmp_path):
    import nbformat
    from nbformat import v4

    path = tmp_path / "with space" / "small.ipynb"
    path.parent.mkdir()
    cells = [
        v4.new_code_cell("import ipywidgets, pathlib\nipywidgets.IntSlider()"),
        v4.new_code_cell("print(pathlib.Path.cwd().name)"),
    ]
    nbformat.write(v4.new_notebook(cells=cells), path)
    assert execute_notebooks.main([str(path)]) == 0
    stored = load(path)
    assert not list(rules.not_executed(stored, "01")) and not list(rules.widget_state(stored, "01"))
    assert rules.joined(stored["cells"][1]["outputs"][0]["text"]) == "with space\n"
    assert [file.name for file in path.parent.iterdir()] == ["small.ipynb"]


def test_a_dry_run_keeps_the_world_and_the_file(tmp_path, monkeypatch):
    import nbformat
    from nbformat import v4

    monkeypatch.setenv("CHAPTER9_WORLD", "field")
    path = tmp_path / "field.ipynb"
    ask = "import os; assert os.environ['CHAPTER9_WORLD'] == 'field'"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(ask)]), path)
    before = path.read_bytes()
    assert execute_notebooks.main([str(path), "--dry-run"]) == 0
    assert path.read_bytes() == before
    assert execute_notebooks.main([str(path)]) == 1


def test_a_failing_notebook_is_left_alone(tmp_path, capsys):
    import nbformat
    from nbformat import v4

    path = tmp_path / "bad.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    assert execute_notebooks.main([str(path)]) == 1
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err
