"""The package's front door: light to import, and every name it promises is there."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import chapter9_lib

HEAVY = ("torch", "torchvision", "timm", "transformers", "sklearn", "ipywidgets", "matplotlib", "numpy", "PIL")


def loaded_after(statement):
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_after("import chapter9_lib") & set(HEAVY)


@pytest.mark.parametrize("name", chapter9_lib.__all__)
def test_every_name_is_there(name):
    value = getattr(chapter9_lib, name)
    assert callable(value) and not isinstance(value, ModuleType)
    assert value.__doc__
    assert name in dir(chapter9_lib)


@pytest.mark.parametrize("room", ["models", "worlds", "training", "classroom"])
def test_rooms_do_not_load_what_only_some_calls_need(room):
    assert not loaded_after(f"import chapter9_lib.{room}") & {"timm", "transformers", "sklearn", "ipywidgets"}


def test_editors_see_the_same_names():
    tree = ast.parse(Path(chapter9_lib.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname: node.module for node in block.body for alias in node.names}
    assert seen == chapter9_lib._ROOM_OF


def test_a_wrong_name_is_told_the_right_ones():
    with pytest.raises(AttributeError, match="fine_tine.*fine_tune"):
        chapter9_lib.fine_tine  # noqa: B018


def test_the_version_is_the_installed_one():
    from importlib.metadata import PackageNotFoundError, version

    try:
        installed = version("chapter9-lib")
    except PackageNotFoundError:
        pytest.skip("the package is not installed, only on the path")
    assert installed == chapter9_lib.__version__


ORDER = ["models", "worlds", "training", "studies", "classroom"]
LIBRARY = Path(chapter9_lib.__file__).parent


def imported_rooms(path):
    """The rooms that a module imports, absolute or relative."""
    package = ("chapter9_lib", *path.relative_to(LIBRARY).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            names = [".".join(filter(None, (base, node.module, alias.name))) for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "chapter9_lib" and len(parts) > 1 and parts[1] in ORDER:
                yield parts[1]


@pytest.mark.parametrize("room", ORDER)
def test_imports_run_one_way(room):
    for path in sorted((LIBRARY / room).rglob("*.py")):
        later = [name for name in imported_rooms(path) if ORDER.index(name) > ORDER.index(room)]
        assert not later, f"{path.relative_to(LIBRARY)} imports {later}, which stand after {room}"
