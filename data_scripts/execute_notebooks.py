"""Execute notebooks from top to bottom and store what they print and draw, in place.

    python -m data_scripts.execute_notebooks notebooks/*.ipynb

A notebook is written only when every cell ran. Widgets are left out: their state would swell the file, and each
has a still picture beside it. What is stored comes from the lab world, whatever CHAPTER9_WORLD says; with --dry-run
the world is as you set it, and nothing is stored.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"
MEMORY_CODE = "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def main(arguments: list[str] | None = None) -> int:
    """Execute each notebook named; 1 if any of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--timeout", type=int, default=300, help="seconds a cell may take (default 300)")
    parser.add_argument("--dry-run", action="store_true", help="execute, say seconds and memory, store nothing")
    options = parser.parse_args(arguments)
    os.environ["TQDM_DISABLE"] = "1"
    if not options.dry_run:
        os.environ.pop("CHAPTER9_WORLD", None)
    done = [run(path, options.timeout, not options.dry_run) for path in options.notebooks]
    return 0 if all(done) else 1


def run(path: Path, timeout: int, store: bool) -> bool:
    """Execute one notebook and write it back where `store`; leaves the file alone when a cell fails."""
    if not path.is_file():
        print(f"{path}: no such notebook", file=sys.stderr)
        return False
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    try:
        memory = execute(notebook, path.resolve().parent, timeout)
    except CellExecutionError as error:
        print(f"{path}: not stored, a cell failed\n{error}", file=sys.stderr)
        return False
    seconds = time.perf_counter() - start
    if store:
        clean(notebook)
        write(notebook, path)
    print(f"{path}: {seconds:.0f} s, {memory}", flush=True)
    return True


def execute(notebook: NotebookNode, folder: Path, timeout: int) -> str:
    """Run every cell in a fresh kernel that works in `folder`; returns the kernel's peak memory in words."""
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        return peak_memory(client)


def peak_memory(client: NotebookClient) -> str:
    """The most memory that the kernel took, as '1.20 GiB at most' (Linux counts KiB, macOS bytes)."""
    if sys.platform == "win32":
        return "memory unknown"
    probe = nbformat.v4.new_code_cell(MEMORY_CODE)
    client.nb.cells.append(probe)
    client.execute_cell(probe, len(client.nb.cells) - 1, store_history=False)
    client.nb.cells.pop()
    size = int(probe.outputs[0].text) * (1 if sys.platform == "darwin" else 1024)
    return f"{size / 2**30:.2f} GiB at most"


def clean(notebook: NotebookNode) -> None:
    """Drop what only this run or this machine knows: widgets, timings, exact versions; count the cells 1, 2, 3."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        cell.metadata.pop("trusted", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]


def write(notebook: NotebookNode, path: Path) -> None:
    """Replace the file in one step, so that a full disk never leaves half a notebook."""
    part = path.with_name(f".{path.name}.part")
    try:
        nbformat.write(notebook, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
