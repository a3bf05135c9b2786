"""`check_machine()`: does this machine have what the notebooks need, and if not, what to do about it."""

import importlib
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata

from chapter9_lib import paths
from chapter9_lib.classroom.frontend import in_notebook
from chapter9_lib.classroom.hardware import cores, cpu_name, memory_gib
from chapter9_lib.classroom.report import Line, Report

__all__ = ["check_machine", "floors"]

NMS = "operator torchvision::nms does not exist"
NMS_CURE = (
    "torch and torchvision come from different places (a CPU-only torch, a torchvision with CUDA). "
    "Uninstall both, then install both in one command from one place: pip install torch torchvision"
)
NEEDED_MEMORY, NEEDED_DISK = 1.5, 1.0  # GiB


def check_machine() -> Report:
    """Look at Python, packages, JupyterLab, memory, cores, disk, folders, GPU and bundled files.

    Prints its lines in plain Python; in a notebook the report is a table.

    Returns:
        The report; `int(report)` is the number of failures, fit for an exit status.
    """
    found = (_python, _packages, _notebooks, _widgets, _memory, _cores, _home, _gpu, _assets)
    report = Report(tuple(line for look in found for line in look()))
    if not in_notebook():
        print(report)
    return report


def floors() -> dict[str, str]:
    """The oldest version of each required package that will do, as the installed package itself declares."""
    try:
        declared = metadata.requires("chapter9-lib") or []
    except metadata.PackageNotFoundError:
        declared = [
            "torch>=2.5",
            "torchvision>=0.20",
            "timm>=1.0",
            "numpy>=1.26",
            "matplotlib>=3.8",
            "pillow>=11",
            "safetensors",
            "tqdm",
        ]
    plain = [re.match(r"([\w.-]+)\s*(?:>=\s*([\w.]+))?", line) for line in declared if "extra ==" not in line]
    return {match[1]: match[2] or "0" for match in plain if match}


def _python() -> Iterator[Line]:
    version = platform.python_version()
    if sys.version_info >= (3, 11):  # noqa: UP036  the checker is for machines where this fails
        yield Line("OK", f"Python {version}")
    else:
        yield Line("FAIL", f"Python {version} is too old", "Install Python 3.11 or newer and set up again.")


def _packages() -> Iterator[Line]:
    for name, floor in floors().items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Line("FAIL", f"{name} is not installed", f"pip install '{name}>={floor}'")
            continue
        if _numbers(version) < _numbers(floor):
            yield Line("FAIL", f"{name} {version} is older than {floor}", f"pip install --upgrade '{name}>={floor}'")
        else:
            yield _import_line(name, version)


def _import_line(name: str, version: str) -> Line:
    module = {"pillow": "PIL"}.get(name.lower(), name.replace("-", "_"))
    try:
        importlib.import_module(module)
    except Exception as error:  # a broken wheel may raise anything
        if NMS in str(error):
            return Line("FAIL", f"{name} {version} does not load: {NMS}", NMS_CURE)
        reason = " ".join(str(error).split())[:160]
        return Line("FAIL", f"{name} {version} does not load: {reason}", f"pip install --force-reinstall {name}")
    return Line("OK", f"{name} {version}")


def _notebooks() -> Iterator[Line]:
    """What opens notebooks in a browser; where a notebook runs already, whatever it runs in will do."""
    for name in ("jupyterlab", "notebook"):
        try:
            yield Line("OK", f"{name} {metadata.version(name)}")
            return
        except metadata.PackageNotFoundError:
            continue
    if not in_notebook():
        yield Line(
            "NOTE",
            "JupyterLab is not installed: the library runs, but nothing here opens the notebooks",
            "For the notebooks: pip install jupyterlab",
        )


def _widgets() -> Iterator[Line]:
    try:
        version = metadata.version("ipywidgets")
    except metadata.PackageNotFoundError:
        yield Line(
            "NOTE", "ipywidgets is not installed: figures stand still", "For sliders: pip install 'ipywidgets>=7.7'"
        )
        return
    if _numbers(version) < (7, 7):
        yield Line("NOTE", f"ipywidgets {version} is old", "For sliders: pip install --upgrade 'ipywidgets>=7.7'")
    else:
        yield Line("OK", f"ipywidgets {version}")


def _memory() -> Iterator[Line]:
    memory = memory_gib()
    if memory is None:
        yield Line("NOTE", "How much memory there is could not be told", f"The notebooks need {NEEDED_MEMORY} GiB.")
    elif memory < NEEDED_MEMORY:
        yield Line(
            "FAIL",
            f"{memory:.1f} GiB of memory; the notebooks need {NEEDED_MEMORY}",
            "Give the container more memory, or run one notebook at a time on a larger machine.",
        )
    else:
        yield Line("OK", f"{memory:.1f} GiB of memory (the notebooks need {NEEDED_MEMORY})")


def _cores() -> Iterator[Line]:
    if cores() >= 2:
        yield Line("OK", f"{cores()} cores: {cpu_name()}")
    else:
        yield Line(
            "NOTE", f"1 core: {cpu_name()}", "Everything runs, at about half the speed that the notebooks state."
        )


def _home() -> Iterator[Line]:
    try:
        folder = paths.home()
    except PermissionError as error:
        yield Line("FAIL", "The cache folder can't be written", str(error))
        return
    yield Line("OK", "The cache folder can be written")
    free = shutil.disk_usage(folder).free / 2**30
    if free < NEEDED_DISK:
        yield Line(
            "FAIL",
            f"{free:.2f} GiB free on its disk; {NEEDED_DISK:.0f} GiB is wanted",
            "Free some space, or set CHAPTER9_HOME to a folder on another disk.",
        )
    else:
        yield Line("OK", f"{free:.0f} GiB free on its disk")


def _gpu() -> Iterator[Line]:
    try:
        import torch
    except Exception:  # already reported with the packages
        return
    if torch.cuda.is_available():
        yield Line("OK", f"GPU: {torch.cuda.get_device_name(0)}")
    elif getattr(torch.backends, "mps", None) is not None and torch.backends.mps.is_available():
        yield Line("OK", "GPU: Apple (MPS)")
    else:
        yield Line("NOTE", "No GPU: none is needed, every time stated is for 2 CPU cores")


def _assets() -> Iterator[Line]:
    cure = "Install the package again; a git clone needs nothing but its own files."
    for part, what in (("photos", "photos"), ("models", "weights"), ("records", "records")):
        count = sum(1 for file in (paths.assets() / part).glob("*") if file.is_file())
        yield Line("OK", f"Bundled {what}: {count} files") if count else Line("FAIL", f"No bundled {what}", cure)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.match(r"\d+(?:\.\d+)*", version)[0].split("."))
