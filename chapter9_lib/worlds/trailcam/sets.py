"""The photo sets of the rendered world: which kinds, sites and lights each holds, and how a photo's row is written."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .captions import attributes
from .kinds import SOURCE_KINDS
from .render import Rendering, render_parts
from .scene import Scene, burst, sample_scene
from .sensor import timestamp
from .sites import SOURCE_SITES
from .species import LOOK_ALIKES, SPECIES

__all__ = ["SETS", "SetPlan", "manifest_row", "plan_scenes", "scene_of"]

_NAMES, _TWINS = tuple(a.name for a in SPECIES), tuple(a.name for a in LOOK_ALIKES)
_KNOWN, _NEW, _ALL = tuple(range(1, 17)), tuple(range(17, 25)), tuple(range(1, 25))
_SOURCE = tuple(range(SOURCE_SITES, SOURCE_SITES + 40))
_DAY = {"day": 0.78, "dusk": 0.22}
PROBE = (96, 72)
_ANY = {"day": 0.6, "dusk": 0.15, "infrared": 0.25}


@dataclass(frozen=True)
class SetPlan:
    """One set: `each` photos of every kind, over `cameras` and `lights` (shares), stored at `size` (width, height)."""

    name: str
    kinds: tuple[str, ...]
    cameras: tuple[int, ...]
    lights: dict[str, float]
    each: int
    size: tuple[int, int]
    seed: int
    labelled: bool = True


SETS: dict[str, SetPlan] = {
    plan.name: plan
    for plan in (
        SetPlan("train", _NAMES, _KNOWN, _DAY, 160, (160, 120), 1),
        SetPlan("val", _NAMES, _KNOWN, _DAY, 40, (160, 120), 2),
        SetPlan("test-seen", _NAMES, _KNOWN, _DAY, 40, (160, 120), 3),
        SetPlan("test", _NAMES, _NEW, _DAY, 80, (160, 120), 4),
        SetPlan("night", _NAMES, _ALL, {"infrared": 1.0}, 40, (96, 72), 5),
        SetPlan("unlabelled", _NAMES, _KNOWN, {"day": 0.5, "infrared": 0.5}, 80, (96, 72), 6, labelled=False),
        SetPlan("look-alikes", _TWINS, _ALL, {"day": 1.0}, 40, (96, 72), 7),
        SetPlan("source", SOURCE_KINDS, _SOURCE, _ANY, 5, (96, 72), 8),
        SetPlan("source-train", SOURCE_KINDS, _SOURCE, _ANY, 64, (96, 72), 9),
    )
}
"""All sets by name. `source-train` is rendered for pretraining and not bundled."""


def plan_scenes(plan: SetPlan, kind: str) -> Iterator[Rendering]:
    """The scenes of one kind in a set, in bursts of one to three, each checked to show enough of the animal.

    Yields what the check rendered, at 96×72.
    """
    rng = np.random.default_rng([19, plan.seed, *kind.encode()])
    count, number = 0, 0
    lights, shares = list(plan.lights), list(plan.lights.values())
    start = int(rng.integers(len(plan.cameras)))
    while count < plan.each:
        camera = plan.cameras[(start + number) % len(plan.cameras)]
        light = str(rng.choice(lights, p=shares))
        frames = 1 if plan.name.startswith("source") else int(rng.integers(1, 4))
        first = _showable(kind, camera, int(rng.integers(2**31)), light)
        for scene in burst(first, frames):
            seen = render_parts(scene, PROBE)
            if count < plan.each and (scene.frame == 0 or shows(seen, 0.25)):
                count += 1
                yield seen
        number += 1


def _showable(kind: str, camera: int, seed: int, light: str) -> Scene:
    """The first scene from `seed` on that shows enough of the animal; after 24 tries, the one that shows most."""
    tries = []
    for attempt in range(24):
        seen = render_parts(sample_scene(kind, camera, seed + attempt, light), PROBE)
        tries.append(seen)
        if shows(seen, 0.45):
            return seen.scene
    return max(
        tries, key=lambda seen: min(seen.visible / 0.45, float(seen.mask.mean()) / 0.02, seen.contrast / 0.10)
    ).scene


def shows(seen: Rendering, least: float) -> bool:
    """Whether at least `least` of the animal is visible, on 2 % of the frame, with some contrast."""
    return seen.visible >= least and float(seen.mask.mean()) >= 0.02 and seen.contrast >= 0.10


def scene_of(row: dict[str, str]) -> Scene:
    """The scene behind a manifest row, to render it again or to change it."""
    first = sample_scene(row["species"], int(row["camera"]), int(row["seed"]), row["light"])
    return burst(first, int(row["frame"]) + 1)[-1]


def manifest_row(plan: SetPlan, scene: Scene, seen: Rendering, index: int) -> dict[str, str]:
    """A photo's line in `manifest.csv`: what a field worker notes, what the scene knows, and the caption attributes."""
    seed = scene.burst.partition("-")[2]
    return {
        "file": f"{index:05d}.jpg",
        "label": str(plan.kinds.index(scene.species)) if plan.labelled else "-1",
        "species": scene.species,
        "camera": str(scene.camera),
        "burst": scene.burst,
        "frame": str(scene.frame),
        "time": timestamp(scene).isoformat(),
        "light": scene.light,
        "weather": scene.weather,
        "season": scene.season,
        "fog": f"{scene.fog:.3f}",
        "cloud": f"{scene.cloud:.3f}",
        "pose": scene.pose.name,
        "yaw": f"{scene.yaw:.1f}",
        "distance": f"{scene.distance:.2f}",
        "visible": f"{seen.visible:.3f}",
        "share": f"{float(seen.mask.mean()):.4f}",
        "seed": str(int(seed)),
        **attributes(scene),
    }
