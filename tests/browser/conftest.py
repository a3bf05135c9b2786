"""These tests need a real browser: `pytest -m browser`. They are no part of a plain run."""

import pytest
from lab import FLAGS, browser_path


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: opens JupyterLab in a real browser; run with -m browser")


def pytest_collection_modifyitems(config, items):
    if "browser" in (config.getoption("-m") or ""):
        return
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason="needs a browser: run with -m browser"))


@pytest.fixture
def page():
    """A page of the system's browser that remembers what went wrong in it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium here")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        yield page
        browser.close()
