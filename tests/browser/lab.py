"""A JupyterLab of its own, on a copy of the notebooks, driven by a real browser."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "browser-test"
SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync", "--disable-dev-shm-usage"]
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
FIGURE = f"{PANEL} .jupyter-widgets-output-area img, {PANEL} .widget-output img"


def browser_path():
    """The system's Chromium or Chrome, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for found in map(shutil.which, names) if found), None)


@contextlib.contextmanager
def jupyter_lab(folder, home):
    """Serve `folder` from a JupyterLab with private settings; yields its address."""
    for name, content in SETTINGS.items():
        path = home / "settings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    port = _free_port()
    private = {f"JUPYTERLAB_{kind}_DIR": str(home / kind.lower()) for kind in ("SETTINGS", "WORKSPACES")}
    environment = {
        **os.environ,
        **private,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "CHAPTER9_HOME": str(home / "cache"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    for name in ("PYTEST_VERSION", "PYTEST_CURRENT_TEST", "CHAPTER9_QUIET"):  # here somebody is at the sliders
        environment.pop(name, None)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}",
    ]
    with (home / "jupyter.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait(lambda: _api(port, "status") is not None, 60, "JupyterLab did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()


def open_notebook(page, address, name):
    """Open a notebook and wait until its kernel is idle and connected."""
    page.goto(f"{address}/lab/tree/{name}?token={TOKEN}&reset")
    page.wait_for_selector(f"{PANEL} .jp-Notebook .jp-Cell", timeout=60_000)
    port = int(address.rsplit(":", 1)[1])

    def ready():
        kernels = _api(port, "kernels") or []  # one of an earlier notebook may be there, with nobody connected
        return any(k["execution_state"] == "idle" and k["connections"] > 0 for k in kernels)

    _wait(ready, 60, "no kernel became idle", page)


def run_all(page, seconds):
    """Run every cell, sending the command again where it was lost; done when every code cell has a number."""
    deadline, quiet_since = time.monotonic() + seconds, 0.0
    while time.monotonic() < deadline:
        prompts = [text.strip() for text in page.locator(f"{PANEL} .jp-CodeCell .jp-InputPrompt").all_inner_texts()]
        if prompts and all(prompt.strip("[]: ").isdigit() for prompt in prompts):
            return
        now = time.monotonic()
        if any("*" in prompt for prompt in prompts):
            quiet_since = now
        elif now - quiet_since > 3:
            page.get_by_role("menuitem", name="Run", exact=True).first.click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).first.click()
            quiet_since = now
        page.wait_for_timeout(300)
    raise AssertionError(f"not every cell ran in {seconds} s: {prompts}")


def errors(page):
    """What cells printed as errors."""
    return page.locator(f'{PANEL} .jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]').all_inner_texts()


def figure(page, nth=0):
    """The source of the `nth` slider's figure, once it has stood still for 0.4 s."""
    image, seen, since = page.locator(FIGURE).nth(nth), None, time.monotonic()
    while time.monotonic() - since < 20:
        now = image.get_attribute("src", timeout=20_000)
        if now == seen and time.monotonic() - since > 0.4:
            return now
        if now != seen:
            seen, since = now, time.monotonic()
        page.wait_for_timeout(80)
    raise AssertionError("the figure never stood still")


def move(page, label, key="ArrowRight", times=1):
    """Move the slider with this label by arrow keys."""
    row = page.locator(f"{PANEL} .widget-slider").filter(has=page.locator(".widget-label", has_text=label)).first
    row.scroll_into_view_if_needed()
    row.locator(".noUi-handle").focus()
    for _ in range(times):
        page.keyboard.press(key)


def changed(page, before, nth=0, seconds=10):
    """Wait until the figure differs from `before` and stands still; returns it and the seconds it took."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if page.locator(FIGURE).nth(nth).get_attribute("src", timeout=20_000) != before:
            took = time.monotonic() - start
            return figure(page, nth), took
        page.wait_for_timeout(40)
    raise AssertionError(f"the figure did not change in {seconds} s")


def _api(port, what):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/{what}", headers={"Authorization": f"token {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def _wait(ready, seconds, complaint, page=None):
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"{complaint} in {seconds} s")
        page.wait_for_timeout(200) if page else time.sleep(0.2)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
