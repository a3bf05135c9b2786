"""The set-up script, without downloading anything."""

import os
import sys
import venv
from pathlib import Path

import pytest

from data_scripts import open_lab, set_up


@pytest.fixture
def checkout(tmp_path):
    """A project folder with a space in its name and a working, empty `.venv`."""
    root = tmp_path / "my project"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    venv.create(root / ".venv", with_pip=False, symlinks=os.name != "nt")
    return root


class Commands:
    """Stands in for running commands: remembers them, and fails those that `fails` picks."""

    def __init__(self, fails):
        self.fails, self.seen = fails, []

    def __call__(self, command, folder, quiet=False):
        self.seen.append(" ".join(command[1:]))
        return not self.fails(self.seen[-1])


def installs(fails):
    commands = Commands(fails)
    result = set_up.install(Path("python"), Path("."), run=commands)
    return result, [line for line in commands.seen if "-e ." in line]


def test_uv_picks_torch_for_this_machine_first():
    result, lines = installs(lambda line: False)
    assert result and len(lines) == 1 and "--torch-backend=auto" in lines[0] and "-m uv" in lines[0]


def test_without_the_torch_index_uv_installs_the_default_build():
    result, lines = installs(lambda line: "--torch-backend" in line)
    assert result and len(lines) == 2 and "-m uv" in lines[1] and "--torch-backend" not in lines[1]


@pytest.mark.parametrize("missing", ["install --quiet uv", "-m uv"])
def test_without_uv_pip_does_it(missing):
    result, lines = installs(lambda line: missing in line)
    assert result and lines[-1].startswith("-m pip") and "-m uv" not in lines[-1]


def test_pip_is_added_where_an_environment_has_none():
    commands = Commands(lambda line: line == "-m pip --version")
    assert set_up.install(Path("python"), Path("."), run=commands)
    assert any("ensurepip" in line for line in commands.seen)


def test_nothing_works():
    result, lines = installs(lambda line: "-e ." in line)
    assert not result and len(lines) == 3


def test_running_again_runs_nothing(checkout, monkeypatch):
    set_up.stamp(checkout).write_text(set_up.fingerprint(checkout))
    monkeypatch.setattr(set_up, "set_up", lambda root: pytest.fail("it set up again"))
    assert set_up.main(checkout) == 0


@pytest.mark.parametrize("changed", ["pyproject.toml", ".venv/pyvenv.cfg"])
def test_a_change_sets_up_again(checkout, changed):
    set_up.stamp(checkout).write_text(set_up.fingerprint(checkout))
    assert set_up.is_current(checkout)
    (checkout / changed).write_text("something else")
    assert not set_up.is_current(checkout)


def test_a_moved_project_sets_up_again(checkout):
    set_up.stamp(checkout).write_text(set_up.fingerprint(checkout))
    assert not set_up.is_current(checkout.rename(checkout.with_name("moved")))


def test_an_old_python_is_told_so():
    assert "Python 3.8, and the project needs 3.11 or newer" in set_up.too_old((3, 8))
    assert not set_up.too_old((3, 11)) and not set_up.too_old((4, 0))


def test_a_missing_ensurepip_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(set_up.SetUpError, match=r"'ensurepip' is missing[\s\S]*apt install python3\.\d+-venv"):
        set_up.create(tmp_path)
    assert not (tmp_path / ".venv").exists()


def test_a_broken_environment_is_made_anew(checkout, monkeypatch):
    python = set_up.venv_python(checkout)
    python.unlink()
    (checkout / ".venv" / "left-over").touch()
    monkeypatch.setattr(set_up, "install", lambda python, root: set_up.starts(python))
    monkeypatch.setattr(set_up, "verify", lambda python: "torch 2.4")
    assert set_up.main(checkout) == 0
    assert set_up.starts(python) and set_up.is_current(checkout)
    assert not (checkout / ".venv" / "left-over").exists()


def broken_torchvision(checkout, message):
    """Make `import torch` in the checkout's environment fail with a message."""
    packages = next((checkout / ".venv").rglob("site-packages"))
    (packages / "torch.py").write_text(f"raise RuntimeError({message!r})")


def test_a_torchvision_that_does_not_fit_is_explained(checkout):
    broken_torchvision(checkout, "operator torchvision::nms does not exist")
    with pytest.raises(set_up.SetUpError, match=r"different places[\s\S]*Cure"):
        set_up.verify(set_up.venv_python(checkout))


def test_another_import_error_is_passed_on(checkout):
    broken_torchvision(checkout, "libgomp is missing")
    with pytest.raises(set_up.SetUpError, match=r"libgomp is missing[\s\S]*make clean"):
        set_up.verify(set_up.venv_python(checkout))


def test_a_failed_refresh_keeps_what_works_and_tries_again_next_time(checkout, monkeypatch, capsys):
    monkeypatch.setattr(set_up, "install", lambda python, root: False)
    monkeypatch.setattr(set_up, "verify", lambda python: "torch 2.4")
    assert set_up.main(checkout) == 0
    assert "Going on with what is installed" in capsys.readouterr().out
    assert not set_up.is_current(checkout)


def test_a_failure_is_told_without_a_traceback(checkout, monkeypatch, capsys):
    monkeypatch.setattr(set_up, "install", lambda python, root: False)
    assert set_up.main(checkout) == 1
    assert "No module named 'torch'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("platform", "environment", "in_container", "screen"),
    [
        ("linux", {"DISPLAY": ":0"}, False, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, False, True),
        ("linux", {}, False, False),
        ("linux", {"DISPLAY": ":0"}, True, False),
        ("darwin", {}, False, True),
        ("win32", {}, False, True),
    ],
)
def test_a_browser_opens_only_where_there_is_a_screen(platform, environment, in_container, screen):
    assert open_lab.has_screen(platform, environment, in_container) is screen
    assert ("--no-browser" in open_lab.lab_command(False, screen, [])) is not screen


def test_root_may_start_jupyter_and_arguments_are_handed_on():
    command = open_lab.lab_command(True, True, ["--port=9999"])
    assert "--allow-root" in command and command[-1] == "--port=9999"
    assert "--allow-root" not in open_lab.lab_command(False, True, [])
