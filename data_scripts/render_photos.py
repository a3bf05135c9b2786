"""Render the photo sets of the lab world, and pack them into the package's assets.

    python -m data_scripts.render_photos train val          # render into runs/photos, resumes where it stopped
    python -m data_scripts.render_photos --all --workers 2
    python -m data_scripts.render_photos --pack             # zip what is rendered, write assets/photos/world.json

`source-train`, the photos that the bundled backbone is pretrained on, stays in runs/photos: it is not bundled.
"""

import argparse
import csv
import hashlib
import io
import json
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from tqdm import tqdm

from chapter9_lib.paths import assets
from chapter9_lib.worlds.trailcam import SETS, SPECIES, manifest_row, plan_scenes, render_parts
from chapter9_lib.worlds.trailcam.sensor import jpeg
from chapter9_lib.worlds.trailcam.sets import PROBE

RUNS = Path("runs/photos")
VERSION = "0.1"


def render_kind(job: tuple[str, str]) -> int:
    """Render all photos of one kind in one set: JPEGs, then `rows.json`, which marks the kind as whole."""
    set_name, kind = job
    torch.set_num_threads(1)
    plan = SETS[set_name]
    folder = RUNS / set_name / kind.replace(" ", "-")
    done = folder / "rows.json"
    if done.exists():
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    offset = plan.kinds.index(kind) * plan.each
    rows = []
    for index, seen in enumerate(plan_scenes(plan, kind)):
        full = seen if plan.size == PROBE else render_parts(seen.scene, plan.size)
        row = manifest_row(plan, seen.scene, full, offset + index)
        (folder / row["file"]).write_bytes(jpeg(full.image))
        rows.append(row)
    part = done.with_suffix(".part")
    part.write_text(json.dumps(rows))
    part.replace(done)
    return len(rows)


def render_sets(names: list[str], workers: int) -> None:
    """Render the named sets, one kind a job, with a progress bar."""
    jobs = [(name, kind) for name in names for kind in SETS[name].kinds]
    with ProcessPoolExecutor(workers) as pool:
        for _ in tqdm(pool.map(render_kind, jobs), total=len(jobs), unit="kind"):
            pass


def rows_of(set_name: str) -> list[dict[str, str]]:
    """The manifest rows of a rendered set, with each photo's folder.

    Raises:
        FileNotFoundError: when a kind is not rendered yet, with the command that renders it.
    """
    rows = []
    for kind in SETS[set_name].kinds:
        folder = RUNS / set_name / kind.replace(" ", "-")
        if not (folder / "rows.json").exists():
            raise FileNotFoundError(f"{folder} is not rendered: python -m data_scripts.render_photos {set_name}")
        rows += [row | {"folder": str(folder)} for row in json.loads((folder / "rows.json").read_text())]
    return rows


def pack(set_name: str, target: Path) -> dict[str, object]:
    """Zip one rendered set, with the same bytes for the same photos; returns its entry in `world.json`."""
    rows = rows_of(set_name)
    manifest = io.StringIO()
    writer = csv.DictWriter(
        manifest, [name for name in rows[0] if name != "folder"], lineterminator="\n", extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    file = target / f"{set_name}.zip"
    with zipfile.ZipFile(file, "w") as archive:
        _store(archive, "manifest.csv", manifest.getvalue().encode(), zipfile.ZIP_DEFLATED)
        for row in rows:
            _store(archive, row["file"], (Path(row["folder"]) / row["file"]).read_bytes(), zipfile.ZIP_STORED)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"file": file.name, "sha256": digest, "photos": len(rows), "size": list(SETS[set_name].size)}


def _store(archive: zipfile.ZipFile, name: str, data: bytes, method: int) -> None:
    info = zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0))
    info.compress_type = method
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def pack_world() -> None:
    """Pack every bundled set and write `world.json`: version, hash over all sets, checksums."""
    target = assets() / "photos"
    target.mkdir(parents=True, exist_ok=True)
    entries = {name: pack(name, target) for name in SETS if name != "source-train"}
    digest = hashlib.sha256("".join(str(entry["sha256"]) for entry in entries.values()).encode()).hexdigest()
    card = {
        "version": VERSION,
        "hash": digest[:16],
        "what": "trail-camera photos rendered by chapter9_lib.worlds.trailcam; every scene is in the manifests",
        "made_by": "python -m data_scripts.render_photos --all --pack",
        "licence": "CC-BY-4.0",
        "species": [a.name for a in SPECIES],
        "sets": entries,
    }
    (target / "world.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"World {VERSION}, hash {digest[:16]}:", ", ".join(f"{n} {e['photos']}" for n, e in entries.items()))


def main() -> None:
    """Parse the command line and render or pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="sets to render")
    parser.add_argument("--all", action="store_true", help="render every set, source-train included")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pack", action="store_true", help="zip the rendered sets into the package's assets")
    choice = parser.parse_args()
    if choice.all or choice.sets:
        render_sets(list(SETS) if choice.all else choice.sets, choice.workers)
    if choice.pack:
        pack_world()


if __name__ == "__main__":
    main()
