"""These tests need a real browser: `pytest -m browser`. They are no part of a plain run."""

import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: opens JupyterLab in a real browser; run with -m browser")


def pytest_collection_modifyitems(config, items):
    if "browser" in (config.getoption("-m") or ""):
        return
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason="needs a browser: run with -m browser"))
