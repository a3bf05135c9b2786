import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def project():
    """The project's root folder."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def field_folder():
    """The read-only folder of real photos and real weights; skips where there is none."""
    folder = os.environ.get("CHAPTER9_FIELD")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no real photos here: set CHAPTER9_FIELD to a folder with photos/ and weights/")
    return Path(folder)
