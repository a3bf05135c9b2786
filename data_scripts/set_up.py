"""Build or refresh `.venv`, with nothing but Python's standard library.

`make` runs it before everything else. uv does the work, pip where uv can't. A stamp inside `.venv` remembers
what was installed, so that running it again costs nothing.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

OLDEST = (3, 11)


def too_old(version: tuple) -> str:
    """What to tell a Python that is too old; nothing to one that will do."""
    if version >= OLDEST:
        return ""
    return (
        f"This is Python {version[0]}.{version[1]}, and the project needs {OLDEST[0]}.{OLDEST[1]} or newer.\n"
        "Cure: install one from https://www.python.org/downloads/, then: make setup PYTHON=python3.12"
    )


if too_old(sys.version_info[:2]):  # before anything that an old Python can't read
    sys.exit(too_old(sys.version_info[:2]))

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = "notebooks,tests"
ROOM_GIB = 8
PROBE = """
import torch, torchvision, timm, IPython, ipykernel, jupyterlab, pytest, chapter9_lib
from importlib.metadata import version
gpu = "an NVIDIA GPU" if torch.cuda.is_available() else "Apple's GPU" if torch.backends.mps.is_available() else "no GPU"
print("torch", torch.__version__, "torchvision", torchvision.__version__, "timm", version("timm"), "and", gpu)
"""
TORCHVISION_CURE = """torchvision does not fit the installed torch ("operator torchvision::nms does not exist").
Cause: the two came from different places, for example a torch for CPUs only and the default torchvision.
Cure:  install both from the same place, then run make again:
       {python} -m pip uninstall --yes torch torchvision && {python} -m pip install torch torchvision"""


class SetUpError(Exception):
    """The environment can't be built; the message names the cause and the cure."""


def main(root: Path = ROOT) -> int:
    """Bring `.venv` up to date; 0 when it is ready, 1 with a message when it can't be."""
    try:
        if not is_current(root):
            set_up(root)
    except SetUpError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def set_up(root: Path) -> None:
    """Create `.venv` where it is missing or broken, install the project into it, and try it."""
    python = venv_python(root)
    if not starts(python):
        create(root)
    installed = install(python, root)
    versions = verify(python)
    if installed:
        stamp(root).write_text(fingerprint(root))
        say(f"Ready: Python {python_version(python)}, {versions}")
    else:
        say("The environment could not be refreshed (see above). Going on with what is installed.")


def is_current(root: Path) -> bool:
    """Whether `.venv` was built from this very project file, in this very folder."""
    there = venv_python(root).exists() and stamp(root).is_file()
    return there and stamp(root).read_text() == fingerprint(root)


def fingerprint(root: Path) -> str:
    """One line that changes with the project file, this script, the interpreter in `.venv`, or the folder."""
    parts = [root / "pyproject.toml", Path(__file__), root / ".venv" / "pyvenv.cfg"]
    digest = hashlib.sha256(str(root).encode())
    for part in parts:
        digest.update(part.read_bytes() if part.is_file() else b"none")
    return digest.hexdigest()


def stamp(root: Path) -> Path:
    """Where the fingerprint of the last good installation is kept."""
    return root / ".venv" / "chapter9-stamp"


def venv_python(root: Path) -> Path:
    """The interpreter inside `.venv`."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def create(root: Path) -> None:
    """Make `.venv` with pip in it, anew if a broken one is there."""
    folder = root / ".venv"
    say(f"{'Rebuilding the broken' if folder.exists() else 'Making'} environment .venv (once; some minutes)")
    free = shutil.disk_usage(root).free / 2**30
    if free < ROOM_GIB:
        say(f"Note: {free:.1f} GiB are free here, and PyTorch with its GPU libraries can take {ROOM_GIB} GiB.")
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError as error:
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise SetUpError(
            f"This Python ({sys.executable}) can't make environments: its module '{error.name}' is missing.\n"
            f"Cure on Debian and Ubuntu: sudo apt install {name}. Elsewhere: install Python from python.org."
        ) from error
    try:
        venv.create(folder, with_pip=True, clear=folder.exists(), symlinks=os.name != "nt")
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetUpError(f"The environment {folder} could not be made: {error}") from error


def install(python: Path, root: Path, run: Callable[..., bool] | None = None) -> bool:
    """Install the project for editing, by the first way that works: uv for this machine's GPU, plain uv, pip."""
    run = run or runs
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install"]
    uv = [str(python), "-m", "uv", "pip", "install", "--python", str(python)]
    project = ["-e", f".[{EXTRAS}]"]
    if not run([str(python), "-m", "pip", "--version"], root, quiet=True):
        run([str(python), "-m", "ensurepip", "--upgrade", "--default-pip"], root, quiet=True)
    if run([*pip, "--quiet", "uv"], root):
        say("Installing with uv (PyTorch for this machine's GPU, or for the CPU)")
        if run([*uv, "--torch-backend=auto", *project], root):
            return True
        say("PyTorch's own package index can't be reached, or has nothing that fits: installing its default build")
        if run([*uv, *project], root):
            return True
    say("uv did not work here: installing with pip (slower)")
    return run([*pip, *project], root)


def verify(python: Path) -> str:
    """Import what the notebooks need, in the new environment.

    Returns:
        The versions, in words.

    Raises:
        SetUpError: naming what doesn't import, and the cure.
    """
    done = subprocess.run([str(python), "-c", PROBE], capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout.strip()
    if "torchvision::nms" in done.stderr:
        raise SetUpError(TORCHVISION_CURE.format(python=f'"{python}"'))
    last = (done.stderr.strip().splitlines() or ["it stopped without a word"])[-1]
    raise SetUpError(
        f"The environment .venv does not work: {last}\n"
        "Cure: if the installation above failed, it could not download (is there a network?) or the disk is full;\n"
        "      mend that and run make again. If it persists, start afresh: make clean, then make again."
    )


def starts(python: Path) -> bool:
    """Whether the interpreter is there and starts (it does not after its base Python was removed)."""
    return python.exists() and runs([str(python), "-c", ""], python.parent, quiet=True)


def runs(command: list[str], folder: Path, quiet: bool = False) -> bool:
    """Run a command and tell whether it succeeded; its output is shown unless `quiet`."""
    sink = subprocess.DEVNULL if quiet else None
    environment = {"UV_HTTP_TIMEOUT": "120", **os.environ}
    try:
        return subprocess.run(command, cwd=folder, env=environment, stdout=sink, stderr=sink).returncode == 0
    except OSError:
        return False


def python_version(python: Path) -> str:
    """The version of an interpreter, as '3.11.7'."""
    command = [str(python), "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def say(words: str) -> None:
    """One line of progress, in order with what the commands print."""
    print(f"[set-up] {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
