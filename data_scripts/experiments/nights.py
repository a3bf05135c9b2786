"""Photos by night at cameras that nothing was learned from: more than the package holds, to score on."""

from dataclasses import replace
from functools import cache

from chapter9_lib.worlds import Photos, open_world
from chapter9_lib.worlds.manifests import read_manifest
from chapter9_lib.worlds.trailcam.sets import MORE
from chapter9_lib.worlds.trailcam.shards import MOST, render_shard
from data_scripts.recording import RUNS

__all__ = ["night_test"]

_PART, _EACH = 5 * MOST, 120
"""A part that no shard of more photos has."""


@cache
def night_test() -> Photos:
    """600 infrared photos, 120 of a species, at cameras 17 to 24; rendered once, in a minute or two."""
    world = open_world("lab")
    folder = RUNS / "night-test" / world.hash[:8]
    if not (folder / "manifest.csv").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        plan = replace(MORE, cameras=tuple(range(17, 25)), lights={"infrared": 1.0}, each=_EACH)
        render_shard(plan, _PART, folder)
    rows = read_manifest(folder / "manifest.csv", required=("file", "label", "species"))
    labels = [world.species.index(row["species"]) for row in rows]
    return Photos([folder / row["file"] for row in rows], labels, world.species, manifest=rows)
