"""The photo sets of the rendered world: which kinds, sites and lights each holds, and how a photo's row is written."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from .captions import attributes
from .kinds import SOURCE_KINDS, STRANGERS
from .render import Rendering, render_parts
from .scene import Scene, burst, sample_scene
from .sensor import timestamp
from .sites import SOURCE_SITES
from .species import LOOK_ALIKES, SPECIES

__all__ = ["MORE", "PROBE", "SETS", "VERSION", "SetPlan", "encode", "manifest_row", "plan_scenes", "scene_of", "shows"]

VERSION = "1.0"
"""Of the rendered world. Whatever changes a photo changes it."""

PROBE = (96, 72)
"""Width and height at which a scene is checked, and at which models see the photos."""

FIRST, LATER, CONTRAST = 0.45, 0.25, 0.10
"""The least visible share of the animal in the first photo of a burst and in the later ones, the least contrast."""

TRIES = 400
SEEDS = 2**31 - TRIES
"""Scenes of the sets have seeds below 2**31, those rendered on demand seeds from there up."""

_NAMES, _TWINS = tuple(a.name for a in SPECIES), tuple(a.name for a in LOOK_ALIKES)
_KNOWN, _NEW, _ALL = tuple(range(1, 17)), tuple(range(17, 25)), tuple(range(1, 25))
_SOURCE = tuple(range(SOURCE_SITES, SOURCE_SITES + 40))
_DAY = {"day": 0.78, "dusk": 0.22}
_ANY = {"day": 0.6, "dusk": 0.15, "infrared": 0.25}


@dataclass(frozen=True)
class SetPlan:
    """One set: `each` photos of every kind, over `cameras` and `lights` (shares), stored at `size` (width, height).

    `fills` is the least share of the frame that the animal must fill, `frames` the longest burst, `quality` the JPEG's
    (1–95), `seeds_from` the lowest seed of a scene. `labelled`: whether the manifest's labels are told; `bundled`:
    whether the package holds the photos.
    """

    name: str
    kinds: tuple[str, ...]
    cameras: tuple[int, ...]
    lights: Mapping[str, float] = field(hash=False)
    each: int
    size: tuple[int, int]
    seed: int
    fills: float = 0.035
    frames: int = 3
    quality: int = 70
    seeds_from: int = 0
    labelled: bool = True
    bundled: bool = True

    def quotas(self) -> dict[str, int]:
        """How many photos of each kind are taken in each light; they sum to `each`."""
        exact = {light: share * self.each / sum(self.lights.values()) for light, share in self.lights.items()}
        counts = {light: int(number) for light, number in exact.items()}
        left = sorted(exact, key=lambda light: counts[light] - exact[light])
        return counts | {light: counts[light] + 1 for light in left[: self.each - sum(counts.values())]}


SETS: dict[str, SetPlan] = {
    plan.name: plan
    for plan in (
        SetPlan("train", _NAMES, _KNOWN, _DAY, 160, (160, 120), 1, quality=75),
        SetPlan("val", _NAMES, _KNOWN, _DAY, 40, (160, 120), 2, quality=75),
        SetPlan("test-seen", _NAMES, _KNOWN, _DAY, 60, (160, 120), 3, quality=75),
        SetPlan("test", _NAMES, _NEW, _DAY, 120, (160, 120), 4, quality=75),
        SetPlan("night", _NAMES, _ALL, {"infrared": 1.0}, 80, PROBE, 5),
        SetPlan("unlabelled", _NAMES, _KNOWN, {"day": 0.5, "infrared": 0.5}, 400, PROBE, 6, labelled=False),
        SetPlan("look-alikes", _TWINS, _KNOWN, {"day": 1.0}, 100, PROBE, 7),
        SetPlan("look-alikes-test", _TWINS, _NEW, {"day": 1.0}, 60, PROBE, 10),
        SetPlan("source", SOURCE_KINDS, _SOURCE, _ANY, 20, PROBE, 8, fills=0.02, frames=1),
        SetPlan("source-train", SOURCE_KINDS, _SOURCE, _ANY, 100, PROBE, 9, fills=0.02, frames=1, bundled=False),
        SetPlan(
            "source-train-large", SOURCE_KINDS, _SOURCE, _ANY, 1000, PROBE, 11, fills=0.02, frames=1, bundled=False
        ),
        SetPlan("described", STRANGERS, _SOURCE, _ANY, 8, PROBE, 13, fills=0.02, frames=1, bundled=False),
    )
}
"""All sets by name. The last three are rendered for pretraining."""

MORE = SetPlan("more", _NAMES, _KNOWN, _DAY, 20, PROBE, 12, quality=82, seeds_from=2**31, bundled=False)
"""What `shards` renders on demand: one shard of it."""


def plan_scenes(plan: SetPlan, kind: str, part: int = 0) -> Iterator[Rendering]:
    """The scenes of one kind in a set, in bursts of one to three, each checked to show enough of the animal.

    Args:
        plan: the set.
        kind: one of its kinds.
        part: other numbers give other scenes by the same plan.

    Yields:
        `plan.each` renderings at 96×72, as the check made them; in each light as many as `plan.quotas()` says.

    A site that shows too little of the kind, however often one looks, is passed over.

    Raises:
        RuntimeError: when every site shows too little of it.
    """
    rng = np.random.default_rng([19, plan.seed, part, *kind.encode()])
    left, number, missed = plan.quotas(), int(rng.integers(len(plan.cameras))), 0
    while total := sum(left.values()):
        light = str(rng.choice(list(left), p=[count / total for count in left.values()]))
        seed, frames = plan.seeds_from + int(rng.integers(SEEDS)), int(rng.integers(1, plan.frames + 1))
        first = _showable(plan, kind, plan.cameras[number % len(plan.cameras)], seed, light)
        number, missed = number + 1, 0 if first else missed + 1
        if missed == len(plan.cameras):
            raise RuntimeError(
                f"Every site of {plan.name} shows too little of {kind}: none of {TRIES} scenes at each has {FIRST:.0%} "
                f"of it visible on {plan.fills:.1%} of the frame with a contrast of {CONTRAST:.0%}. Give the set "
                "other cameras, or the kind another size."
            )
        for seen in _shots(plan, first, min(frames, left[light])) if first else ():
            left[light] -= 1
            yield seen


def _shots(plan: SetPlan, first: Rendering, frames: int) -> Iterator[Rendering]:
    yield first
    for scene in burst(first.scene, frames)[1:]:
        seen = render_parts(scene, PROBE)
        if shows(seen, LATER, plan.fills):
            yield seen


def _showable(plan: SetPlan, kind: str, camera: int, seed: int, light: str) -> Rendering | None:
    """The first scene from `seed` on that shows enough of the animal; None where none of `TRIES` does."""
    for attempt in range(TRIES):
        seen = render_parts(sample_scene(kind, camera, seed + attempt, light), PROBE)
        if shows(seen, FIRST, plan.fills):
            return seen
    return None


def shows(seen: Rendering, visible: float, fills: float = 0.02) -> bool:
    """Whether this share of the animal is visible, on this share of the frame, with some contrast."""
    return seen.visible >= visible and float(seen.mask.mean()) >= fills and seen.contrast >= CONTRAST


def encode(photo: Image.Image, quality: int) -> bytes:
    """The photo as JPEG bytes; tables made to measure, for they are a good part of so small a file."""
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def scene_of(row: Mapping[str, str]) -> Scene:
    """The scene behind a manifest row, to render it again or to change it."""
    first = sample_scene(row["species"], int(row["camera"]), int(row["seed"]), row["light"])
    return burst(first, int(row["frame"]) + 1)[-1]


def manifest_row(plan: SetPlan, seen: Rendering, index: int) -> dict[str, str]:
    """A photo's line in `manifest.csv`: what a field worker notes, what the scene knows, and the caption attributes.

    `seen` is the scene at 96×72, the size that `visible`, `share` (of the frame) and `contrast` hold for.
    """
    scene = seen.scene
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
        "contrast": f"{seen.contrast:.3f}",
        "seed": str(int(scene.burst.partition("-")[2])),
        **attributes(scene),
    }
