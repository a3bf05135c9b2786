"""Render the photo sets of the lab world, and pack them into the package's assets.

    python -m data_scripts.render_photos train val          # render into runs/photos, resumes where it stopped
    python -m data_scripts.render_photos --all --workers 2  # all but the last two sets below: about 30,000 photos
    python -m data_scripts.render_photos --pack             # zip what is rendered, write assets/photos/world.json

`source-train`, the 20,000 photos that the bundled backbones are pretrained on, stays in runs/photos: it is not
bundled. `source-train-large` holds ten times as many, for pretraining on a GPU, and `described` 16,000 of creatures
that are of no kind, for pretraining on pairs of photos and descriptions; these are rendered only by name:

    python -m data_scripts.render_photos source-train-large --workers 16
    python -m data_scripts.render_photos described --workers 2

What an older state of the renderer left in runs/photos is rendered again.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import torch
from tqdm import tqdm

from chapter9_lib.worlds import trailcam
from chapter9_lib.worlds.trailcam.kinds import STRANGERS
from chapter9_lib.worlds.trailcam.render import render_parts
from chapter9_lib.worlds.trailcam.sets import PROBE, SETS, encode, manifest_row, plan_scenes

RUNS = Path("runs/photos")
BY_NAME_ALONE = ("source-train-large", "described")


@cache
def renderer() -> str:
    """A checksum of the renderer's code."""
    files = sorted(Path(trailcam.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


def render_kind(job: tuple[str, str]) -> int:
    """Render all photos of one kind in one set: JPEGs, then `rows.json`, which marks the kind as whole.

    A creature that is of no kind may be too small or too grey to be shown anywhere; it is passed over.

    Returns:
        How many photos were rendered: none where this very renderer rendered them before.

    Raises:
        RuntimeError: when every site shows too little of one that is of a kind.
    """
    set_name, kind = job
    torch.set_num_threads(1)
    plan = SETS[set_name]
    done = _marker(set_name, kind)
    if done.exists() and json.loads(done.read_text())["renderer"] == renderer():
        return 0
    done.unlink(missing_ok=True)
    done.parent.mkdir(parents=True, exist_ok=True)
    offset = plan.kinds.index(kind) * plan.each
    rows = []
    try:
        for index, seen in enumerate(plan_scenes(plan, kind)):
            photo = seen.image if plan.size == PROBE else render_parts(seen.scene, plan.size).image
            rows.append(manifest_row(plan, seen, offset + index))
            (done.parent / rows[-1]["file"]).write_bytes(encode(photo, plan.quality))
    except RuntimeError as error:
        if kind not in STRANGERS:
            raise
        print(f"{kind} is passed over after {len(rows)} photos: {error}")
    part = done.with_suffix(".part")
    part.write_text(json.dumps({"renderer": renderer(), "rows": rows}))
    part.replace(done)
    return len(rows)


def render_sets(names: Sequence[str], workers: int) -> None:
    """Render the named sets, one kind a job, with a progress bar."""
    jobs = [(name, kind) for name in names for kind in SETS[name].kinds]
    with ProcessPoolExecutor(workers) as pool:
        for _ in tqdm(pool.map(render_kind, jobs), total=len(jobs), unit="kind"):
            pass


def rows_of(set_name: str) -> list[dict[str, str]]:
    """The manifest rows of a rendered set, with each photo's folder and the renderer that made it.

    Raises:
        FileNotFoundError: when a kind is not rendered yet, with the command that renders it.
    """
    rows = []
    for kind in SETS[set_name].kinds:
        marker = _marker(set_name, kind)
        if not marker.exists():
            raise FileNotFoundError(f"{marker.parent} is not rendered: python -m data_scripts.render_photos {set_name}")
        done = json.loads(marker.read_text())
        more = {"folder": str(marker.parent), "renderer": done["renderer"]}
        rows += [row | more for row in done["rows"]]
    return rows


def _marker(set_name: str, kind: str) -> Path:
    return RUNS / set_name / kind.replace(" ", "-") / "rows.json"


def main() -> None:
    """Parse the command line and render or pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="sets to render")
    parser.add_argument("--all", action="store_true", help=f"render every set but {' and '.join(BY_NAME_ALONE)}")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pack", action="store_true", help="zip the rendered sets into the package's assets")
    choice = parser.parse_args()
    if choice.all or choice.sets:
        render_sets([name for name in SETS if name not in BY_NAME_ALONE] if choice.all else choice.sets, choice.workers)
    if choice.pack:
        from data_scripts.packing import pack_world

        pack_world()


if __name__ == "__main__":
    main()
