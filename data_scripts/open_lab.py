"""Open JupyterLab at the welcome notebook: in a browser where there is a screen, else it prints the address."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WELCOME = "notebooks/00_welcome.ipynb"
CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")


def main() -> int:
    """Start JupyterLab and stay until it is stopped with Ctrl+C."""
    root_user = hasattr(os, "geteuid") and os.geteuid() == 0
    in_container = any(Path(mark).exists() for mark in CONTAINER_MARKS)
    screen = has_screen(sys.platform, os.environ, in_container)
    if not screen:
        print("No screen here: open the address that JupyterLab prints below (it holds the token) in a browser.")
        print("From another machine, forward the port; out of a container: make lab ARGS=--ip=0.0.0.0", flush=True)
    try:
        return subprocess.run(lab_command(root_user, screen, sys.argv[1:]), cwd=ROOT).returncode
    except KeyboardInterrupt:
        return 0


def has_screen(platform: str, environment: Mapping[str, str], in_container: bool) -> bool:
    """Whether a browser window can be opened: always on macOS and Windows, on Linux where a display is set."""
    if platform in ("darwin", "win32"):
        return True
    return not in_container and bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def lab_command(root_user: bool, screen: bool, extra: list[str]) -> list[str]:
    """The command line of JupyterLab: the whole project in its file list, the welcome notebook open."""
    opened = ["--ServerApp.root_dir=.", f"--LabApp.default_url=/lab/tree/{WELCOME}"]
    command = [sys.executable, "-m", "jupyterlab", *opened]
    if root_user:
        command.append("--allow-root")
    if not screen:
        command.append("--no-browser")
    return [*command, *extra]


if __name__ == "__main__":
    sys.exit(main())
