"""Open JupyterLab in a real browser, run a notebook, move a slider, see the figure change."""

import json
import os
from pathlib import Path

import pytest
from lab import FIGURE, ROOT, changed, errors, figure, jupyter_lab, move, open_notebook, run_all

pytestmark = pytest.mark.browser
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("jupyterlab")

SMALL = [
    "from chapter9_lib.classroom import *\nfrom chapter9_lib.classroom import figures",
    "def bars(k):\n    return figures.bars_with_intervals([{'method': 'scratch', 'mean': k}], limits=(0, 10))",
    "sliders(bars, alt='One bar, as long as k.', labels={'k': 'length'}, static=[{'k': 1}, {'k': 2}], k=(1, 9, 1, 3))",
    "guess('n01.a', 'How good is scratch?')",
]
# notebook, the sliders to move in it, which of its moving figures is theirs, seconds it may take
NOTEBOOKS = [
    ("small.ipynb", ["length"], 0, 90),
    ("01_*.ipynb", ["hour", "fog", "distance"], 0, 300),
    ("02_*.ipynb", ["layers taken over"], 0, 300),
    ("03_*.ipynb", ["photos"], 0, 300),
    ("04_*.ipynb", ["layer decay", "phase"], 0, 300),
    ("05_*.ipynb", ["share"], 1, 300),
    ("07_*.ipynb", ["temperature"], 0, 400),
    ("08_*.ipynb", ["threshold"], 0, 400),
    ("09_*.ipynb", ["sentence"], 1, 300),
    ("10_*.ipynb", ["rank"], 0, 300),
    ("13_*.ipynb", ["photos"], 0, 300),
]


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """A copy of the notebooks without their outputs, so that "has run" can be seen, with one of our own."""
    folder = tmp_path_factory.mktemp("notebooks")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell.update(outputs=[], execution_count=None)
        (folder / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for i, source in enumerate(SMALL)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "small.ipynb").write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="module")
def address(notebooks, tmp_path_factory):
    with jupyter_lab(notebooks, tmp_path_factory.mktemp("jupyter")) as served:
        yield served


@pytest.mark.parametrize(("pattern", "labels", "nth", "seconds"), NOTEBOOKS, ids=[n[0] for n in NOTEBOOKS])
def test_a_slider_moves_its_figure(pattern, labels, nth, seconds, notebooks, address, page, tmp_path):
    found = sorted(Path(notebooks).glob(pattern))
    if not found:
        pytest.skip(f"there is no {pattern} yet")
    open_notebook(page, address, found[0].name)
    run_all(page, seconds)
    assert errors(page) == []
    for label in labels:
        before = figure(page, nth)
        move(page, label)
        after, took = changed(page, before, nth)
        print(f"{found[0].name}: {label} moved the figure in {took:.2f} s")
        assert after.startswith("data:image/")
    folder = Path(os.environ.get("BROWSER_SHOTS", tmp_path))
    page.locator(FIGURE).nth(nth).scroll_into_view_if_needed()
    page.screenshot(path=folder / f"{found[0].stem}.png")
    assert page.problems == []
