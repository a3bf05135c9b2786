"""What every test and every notebook under test runs in: no network, a home of its own, the lab world."""

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

OFFLINE = Path(__file__).parent / "tests" / "offline"
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
HOME = Path(os.environ["CHAPTER9_HOME"] if IS_WORKER else tempfile.mkdtemp(prefix="chapter9-tests-"))


def shut_the_network():
    """Here, and through PYTHONPATH in every child process: kernels, workers, command lines."""
    spec = importlib.util.spec_from_file_location("chapter9_offline", OFFLINE / "sitecustomize.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    old = os.environ.get("PYTHONPATH")
    if str(OFFLINE) not in (old or "").split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join([str(OFFLINE), *([old] if old else [])])


def own_environment():
    """One temporary home for the whole run, so that archives are unpacked once; quiet progress bars."""
    os.environ.pop("CHAPTER9_WORLD", None)
    os.environ["TQDM_DISABLE"] = "1"
    if IS_WORKER:  # side by side, more than one thread a process only slows both down
        os.environ.update({"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
    os.environ["CHAPTER9_HOME"] = str(HOME)


shut_the_network()
own_environment()


def pytest_unconfigure(config):
    if not IS_WORKER:
        shutil.rmtree(HOME, ignore_errors=True)
