"""A progress bar that knows when nobody is looking."""

import os
from collections.abc import Iterable

from tqdm.auto import tqdm

__all__ = ["progress_bar"]


def progress_bar(steps: Iterable, description: str, show: bool = True) -> tqdm:
    """tqdm over `steps`; silent with show=False, with CHAPTER9_QUIET set, and under pytest (nbval too)."""
    quiet = any(os.environ.get(name) for name in ("CHAPTER9_QUIET", "PYTEST_VERSION", "PYTEST_CURRENT_TEST"))
    return tqdm(steps, desc=description, disable=quiet or not show, leave=False)
