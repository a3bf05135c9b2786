"""What could be said of a photo: attributes in words, derived from the scene's ground truth."""

import numpy as np

from .animals import Build, Coat, Colour
from .kinds import COLOURS
from .scene import Scene
from .things import PAINTS

__all__ = ["ATTRIBUTES", "attributes"]

ATTRIBUTES = (
    "what", "coat", "pattern", "belly", "face", "ears", "snout", "tail", "rump", "legs", "body", "headgear", "facing",
    "nearness",
)  # fmt: skip
_FACES = {"none": "plain", "stripes": "striped", "dark": "dark mask", "pale": "pale mask"}


def attributes(scene: Scene) -> dict[str, str]:
    """One word or short phrase for each of `ATTRIBUTES`; "none" where a thing has no such part.

    `what` is "animal", or the family of a thing, such as "bucket"; a thing's `coat` is its paint, its `belly` the
    paint of its lower part.
    """
    animal = scene.animal
    where = {"facing": _facing(scene.yaw), "nearness": _nearness(scene)}
    if not animal.parts:
        return {"what": "animal", **_worn(animal.coat), **_built(animal.build, animal.coat), **where}
    said = dict.fromkeys(ATTRIBUTES, "none")
    return said | where | {
        "what": animal.name.rpartition("-")[0],
        "coat": _colour(animal.coat.back, PAINTS),
        "pattern": animal.coat.pattern,
        "belly": _colour(animal.coat.belly, PAINTS),
        "facing": "none",
    }  # fmt: skip


def _worn(coat: Coat) -> dict[str, str]:
    return {
        "coat": _colour(coat.back, COLOURS),
        "pattern": coat.pattern,
        "belly": _colour(coat.belly, COLOURS),
        "face": _FACES[coat.mask],
    }


def _built(build: Build, coat: Coat) -> dict[str, str]:
    legs, girth = build.shoulder / build.length, build.chest / build.length
    return {
        "ears": _ears(build.ear / build.skull, build.ear_round, build.ear_tuft),
        "snout": _level(build.snout / build.skull, 0.9, 1.7, ("short", "medium", "long")),
        "tail": _tail(build.tail / build.length, build.tail_radius * build.tail_bush / build.length, coat.tip_share),
        "rump": "pale" if coat.rump_patch > 0.5 else "plain",
        "legs": _level(legs, 0.65, 0.95, ("short", "medium", "long")),
        "body": _level(girth, 0.22, 0.27, ("slender", "medium", "stocky")),
        "headgear": "antlers" if build.antlers else "horns" if build.horns else "none",
    }


def _level(value: float, low: float, high: float, words: tuple[str, str, str]) -> str:
    return words[int(value >= low) + int(value > high)]


def _colour(colour: Colour, names: dict[str, Colour]) -> str:
    """The nearest named colour, compared after a square root (closer to what eyes do)."""
    gaps = {name: float(np.square(np.sqrt(colour) - np.sqrt(other)).sum()) for name, other in names.items()}
    return min(gaps, key=gaps.__getitem__)


def _ears(length: float, roundness: float, tuft: float) -> str:
    size = _level(length, 0.6, 1.7, ("small", "medium", "long"))
    return f"{size} {'tufted' if tuft else 'round' if roundness > 0.6 else 'pointed'}"


def _tail(length: float, girth: float, tip: float) -> str:
    size = _level(length, 0.35, 0.6, ("short", "medium", "long"))
    return f"{size} {'bushy' if girth > 0.10 else 'thin'}{' with a tip' if tip else ''}"


def _facing(yaw: float) -> str:
    return ("right", "away", "left", "camera")[int(((yaw + 45) % 360) // 90)]


def _nearness(scene: Scene) -> str:
    size = 0.5 * (scene.animal.build.shoulder + scene.animal.build.length)
    return "near" if scene.distance < 2.2 + 1.5 * size else "far" if scene.distance > 2.8 + 3.2 * size else "middle"
