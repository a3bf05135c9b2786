"""What could be said of a photo: attributes in words, derived from the scene's ground truth."""

from collections.abc import Mapping
from functools import cache

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
_TO_CONES = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
_FROM_CONES = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip
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
    legs, girth = build.shoulder / build.length, 2 * build.chest / (build.length + build.shoulder)
    return {
        "ears": _ears(build.ear / build.skull, build.ear_round, build.ear_tuft),
        "snout": _level(build.snout / build.skull, 0.9, 1.7, ("short", "medium", "long")),
        "tail": _tail(build.tail / build.length, build.tail_radius * build.tail_bush / build.length, coat.tip_share),
        "rump": "pale" if coat.rump_patch > 0.5 else "plain",
        "legs": _level(legs, 0.65, 0.95, ("short", "medium", "long")),
        "body": _level(girth, 0.275, 0.325, ("slender", "medium", "stocky")),
        "headgear": "antlers" if build.antlers else "horns" if build.horns else "none",
    }


def _level(value: float, low: float, high: float, words: tuple[str, str, str]) -> str:
    return words[int(value >= low) + int(value > high)]


def _colour(colour: Colour, names: Mapping[str, Colour]) -> str:
    """The nearest named colour; names go by hue first, so hue counts three times as much as lightness."""
    return min(names, key=lambda name: float(np.linalg.norm((_oklab(colour) - _oklab(names[name])) * [1, 3, 3])))


@cache
def _oklab(colour: Colour) -> np.ndarray:
    """Lightness, green to red, blue to yellow, as eyes see them (Ottosson 2020, https://bottosson.github.io)."""
    return _FROM_CONES @ np.cbrt(_TO_CONES @ np.array(colour))


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
