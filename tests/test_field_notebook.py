"""Notebook 01 on real photos with real ImageNet weights: the same cells, another world."""

import os
import subprocess
import sys


def test_the_borrowed_kitchen_runs_on_real_photos(project, field_folder):
    environment = {**os.environ, "CHAPTER9_WORLD": "field", "CHAPTER9_FIELD": str(field_folder)}
    notebook = project / "notebooks" / "01_the_borrowed_kitchen.ipynb"
    before = notebook.read_bytes()
    command = [sys.executable, "-m", "data_scripts.execute_notebooks", str(notebook), "--dry-run"]
    ran = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert notebook.read_bytes() == before, "a run on field photos must store nothing"
