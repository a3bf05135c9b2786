"""In a real kernel, run unattended: what is displayed is stored with its alt text, no widget is left, errors stay."""

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

CELLS = [
    "from chapter9_lib.classroom import *\nfrom chapter9_lib.classroom import figures",
    "figures.show(figures.kitchen_map(), alt='A network beside a kitchen.')",
    "guess('n01.a', 'How good is scratch?', value=55)\nreveal('n01.a', 81, (78, 84))",
    """def bars(k):
    return figures.bars_with_intervals([{'method': 'scratch', 'mean': k, 'interval': None}])

sliders(bars, alt='One bar, as long as k.', static=[{'k': 1}, {'k': 2}], k=(1, 9, 1, 3))""",
    "check('n01.head_parameters', 1280)",
    "show_source(check)",
    "verdict('F6')",
    "sliders(lambda k: 1 / 0, alt='never to be seen', k=(1, 9))",
    "guess('n01.b', 'And borrowed?')",
]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    patch = pytest.MonkeyPatch()
    patch.setenv("CHAPTER9_HOME", str(home))
    patch.delenv("PYTEST_VERSION", raising=False)  # as when outputs are stored: only nbclient says that nobody is there
    patch.delenv("CHAPTER9_QUIET", raising=False)
    root = str(Path(__file__).resolve().parents[2])
    manager = nbclient.NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": root}})
    manager.execute()
    patch.undo()
    return notebook


def outputs(notebook, cell):
    return notebook.cells[cell].outputs


def images(notebook, cell):
    return [o for o in outputs(notebook, cell) if any(kind.startswith("image/") for kind in o.get("data", {}))]


def test_figure_is_stored_once_with_alt_text_and_size(executed):
    (figure,) = images(executed, 1)
    assert figure.metadata["image/png"]["alt"] == "A network beside a kitchen."
    assert figure.metadata["image/png"]["width"] == 608
    assert len(outputs(executed, 1)) == 1


def test_every_stored_image_has_alt_text(executed):
    found = [image for cell in range(len(CELLS)) for image in images(executed, cell)]
    assert len(found) == 3
    for image in found:
        kind = next(kind for kind in image["data"] if kind.startswith("image/"))
        assert len(image.metadata[kind]["alt"].split()) >= 3


def test_reveal_draws_and_says(executed):
    assert "26 points too low" in "".join(o.get("text", "") for o in outputs(executed, 2))
    assert "26 points too low" in images(executed, 2)[0].metadata["image/png"]["alt"]


def test_sliders_leave_their_twin_and_no_widget(executed):
    assert len(images(executed, 3)) == 1
    assert "widgets" not in executed.metadata
    assert not any("jupyter.widget" in kind for c in executed.cells for o in c.outputs for kind in o.get("data", {}))


def test_feedback_source_and_ledger_are_html(executed):
    assert "a bias of its own" in outputs(executed, 4)[0]["data"]["text/html"]
    assert "<details>" in outputs(executed, 5)[0]["data"]["text/html"]
    assert "not tested yet" in outputs(executed, 6)[0]["data"]["text/html"] or "held" in str(outputs(executed, 6))


def test_a_failing_callback_fails_its_cell(executed):
    assert outputs(executed, 7)[-1].output_type == "error" and outputs(executed, 7)[-1].ename == "ZeroDivisionError"


def test_only_that_cell_failed(executed):
    errors = [i for i, cell in enumerate(executed.cells) for o in cell.outputs if o.output_type == "error"]
    assert errors == [7], [o for i in errors for o in outputs(executed, i)]


def test_an_unattended_guess_stands_in(executed):
    assert "Nobody is here to guess, so 50 % stands in" in outputs(executed, 8)[0]["text"]
