"""The ways in agree with each other: pyproject, conda, Binder, Colab, make, README, the wheel."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REPOSITORY = PROJECT["tool"]["chapter9"]["repository"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
CONDA_FILES = {"environment.yml": CONDA_NAMES, "binder/environment.yml": {**CONDA_NAMES, "torch": "pytorch-cpu"}}
BADGES = ("mybinder.org/badge", "mybinder.org/v2/", "colab-badge", "colab.research.google.com/github")


def wanted():
    """What the notebooks need: the core and the extra `notebooks`."""
    extras = PROJECT["project"]["optional-dependencies"]
    return [Requirement(line) for line in PROJECT["project"]["dependencies"] + extras["notebooks"]]


def conda_file(name):
    return yaml.safe_load((ROOT / name).read_text())


def conda_specs(name):
    """{package: version range} of the conda part of a file."""
    lines = [line for line in conda_file(name)["dependencies"] if isinstance(line, str)]
    return {match[1]: match[2] for match in (re.match(r"([\w.-]+)(.*)", line) for line in lines)}


def pip_lines(name):
    parts = [part["pip"] for part in conda_file(name)["dependencies"] if isinstance(part, dict)]
    return [line for part in parts for line in part]


def test_pyproject_asks_for_floors_only():
    groups = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    for line in [line for group in groups for line in group]:
        assert all(part.operator == ">=" for part in Requirement(line).specifier), line
    assert PROJECT["project"]["requires-python"].startswith(">=")


@pytest.mark.parametrize("name", CONDA_FILES)
def test_conda_files_ask_for_the_same_as_pyproject(name):
    specs = conda_specs(name)
    python = specs.pop("python")
    assert specs.pop("pip") == ""
    assert specs == {CONDA_FILES[name].get(one.name, one.name): str(one.specifier) for one in wanted()}
    version = python.lstrip(">=")
    assert Version(version) in SpecifierSet(PROJECT["project"]["requires-python"])


@pytest.mark.parametrize("name", CONDA_FILES)
def test_conda_files_use_conda_forge_alone(name):
    assert conda_file(name)["channels"] == ["conda-forge", "nodefaults"]


def test_the_package_itself_comes_with_each_conda_file():
    assert pip_lines("environment.yml") == ["-e ."]
    assert pip_lines("binder/environment.yml") == []
    assert "pip install --no-deps" in (ROOT / "binder/postBuild").read_text()
    assert os.access(ROOT / "binder/postBuild", os.X_OK)


@pytest.mark.skipif(not importlib.util.find_spec("repo2docker"), reason="jupyter-repo2docker is not installed")
def test_repo2docker_accepts_binder():
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed[-2000:]
    assert "binder/environment.yml" in printed and "binder/postBuild" in printed
    assert re.search(r"python\s*=\s*3\.11|environment\.py-3\.11", printed), "Python 3.11 was not recognised"


def colab():
    """(Python's version, {package: version}) that Colab runs."""
    text = (ROOT / "tests/colab-constraints.txt").read_text()
    pins = [Requirement(line) for line in text.splitlines() if line and not line.startswith("#")]
    python = re.search(r"^# python (\S+)$", text, re.MULTILINE)[1]
    return python, {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


def test_colab_satisfies_the_floors():
    python, installed = colab()
    assert python in SpecifierSet(PROJECT["project"]["requires-python"])
    for one in wanted():
        version = installed.get(canonicalize_name(one.name))
        if one.specifier:
            assert version, f"{one.name} has a floor, but tests/colab-constraints.txt does not say Colab's version"
        assert version is None or version in one.specifier, f"Colab has {one.name} {version}, and we ask for {one}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """{name: bytes} of the wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_carries_the_whole_package_and_nothing_else(wheel):
    package = ROOT / "chapter9_lib"
    files = [path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT).as_posix() for path in files} == {n for n in wheel if n.startswith("chapter9_lib/")}
    others = {name.split("/")[0] for name in wheel} - {"chapter9_lib"}
    assert len(others) == 1 and others.pop().endswith(".dist-info")


def test_the_wheel_carries_the_assets(wheel):
    assets = [name for name in wheel if name.startswith("chapter9_lib/assets/")]
    assert "chapter9_lib/assets/photos/world.json" in assets
    assert any(name.endswith(".safetensors") for name in assets)
    assert any(name.startswith("chapter9_lib/assets/records/") for name in assets)


def test_the_command_is_there(wheel):
    (entry,) = [text.decode() for name, text in wheel.items() if name.endswith("entry_points.txt")]
    assert "chapter9 = chapter9_lib.cli:main" in entry
    assert importlib.util.find_spec("chapter9_lib.cli")


def test_assets_are_small_enough():
    sizes = {path: path.stat().st_size for path in (ROOT / "chapter9_lib/assets").rglob("*") if path.is_file()}
    too_big = [path.name for path, size in sizes.items() if size > 15 * 2**20]
    assert not too_big
    assert sum(sizes.values()) <= 60 * 2**20


def make_targets():
    return set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_make_targets_named_in_the_readme_exist():
    named = set(re.findall(r"\bmake ([a-z-]+)", "\n".join(re.findall(r"`[^`]+`|```[\s\S]*?```", README))))
    assert {"lab", "test"} <= named
    assert named <= make_targets()


def test_make_help_lists_every_target():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert set(re.findall(r"^  make ([a-z-]+)", done.stdout, re.MULTILINE)) == make_targets()


def test_files_and_extras_named_in_the_readme_exist():
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", README) if not link.startswith("http")]
    assert links and not [link for link in links if not (ROOT / link).exists()]
    extras = {name for found in re.findall(r'"\.\[([\w,]+)\]"', README) for name in found.split(",")}
    assert extras and extras <= set(PROJECT["project"]["optional-dependencies"])


def test_the_readme_example_uses_names_that_exist():
    import ast

    import chapter9_lib

    blocks = re.findall(r"```python\n([\s\S]*?)```", README)
    imported = {
        alias.name
        for block in blocks
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.ImportFrom) and node.module == "chapter9_lib"
        for alias in node.names
    }
    assert imported and imported <= set(chapter9_lib.__all__)


def pages():
    return [ROOT / "README.md", *sorted((ROOT / "notebooks").glob("*.ipynb"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_launch_badges_stand_only_where_the_address_is_known(page):
    text = page.read_text(encoding="utf-8")
    shown = [badge for badge in BADGES if badge in text]
    if not REPOSITORY:
        assert not shown, f"{page.name} shows a badge, but tool.chapter9.repository in pyproject.toml is empty"
    for address in re.findall(r"(?:git\+)?https://github\.com/[\w.-]+/[\w.-]+", text):
        assert REPOSITORY and address.removeprefix("git+").removesuffix(".git").startswith(REPOSITORY)


def test_ci_calls_make_test():
    text = (ROOT / ".ci/run").read_text()
    assert re.search(r"^set -e", text, re.MULTILINE) and re.search(r"^make test", text, re.MULTILINE)


def test_licences():
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]
    assert "creativecommons.org/licenses/by/4.0" in (ROOT / "LICENSE-prose").read_text()
