"""What could be said of a photo: attributes in words, derived from the scene's ground truth."""

import numpy as np

from .animals import Colour
from .kinds import COLOURS
from .scene import Scene

__all__ = ["ATTRIBUTES", "attributes"]

ATTRIBUTES = ("coat", "pattern", "belly", "face", "ears", "tail", "legs", "body", "headgear", "facing", "nearness")


def attributes(scene: Scene) -> dict[str, str]:
    """One word or short phrase for each of `ATTRIBUTES`."""
    build, coat = scene.animal.build, scene.animal.coat
    if scene.animal.parts:
        plain = dict.fromkeys(ATTRIBUTES, "none")
        return plain | {"coat": _colour(coat.back), "pattern": coat.pattern, "nearness": _nearness(scene)}
    return {
        "coat": _colour(coat.back),
        "pattern": coat.pattern,
        "belly": _colour(coat.belly),
        "face": {"stripes": "striped", "dark": "dark mask", "pale": "pale mask"}.get(coat.mask, "plain"),
        "ears": _ears(build.ear / build.skull, build.ear_round, build.ear_tuft),
        "tail": _tail(build.tail / build.length, build.tail_radius * build.tail_bush / build.length, coat.tip_share),
        "legs": "long"
        if build.shoulder > 0.95 * build.length
        else "short"
        if build.shoulder < 0.65 * build.length
        else "medium",
        "body": "stocky"
        if build.chest > 0.27 * build.length
        else "slender"
        if build.chest < 0.22 * build.length
        else "medium",
        "headgear": "antlers" if build.antlers else "horns" if build.horns else "none",
        "facing": _facing(scene.yaw),
        "nearness": _nearness(scene),
    }


def _colour(colour: Colour) -> str:
    """The nearest named colour, compared after a square root (closer to what eyes do)."""
    gaps = {name: float(np.square(np.sqrt(colour) - np.sqrt(other)).sum()) for name, other in COLOURS.items()}
    return min(gaps, key=gaps.__getitem__)


def _ears(length: float, roundness: float, tuft: float) -> str:
    size = "long" if length > 1.7 else "small" if length < 0.6 else "medium"
    return f"{size} {'tufted' if tuft else 'round' if roundness > 0.6 else 'pointed'}"


def _tail(length: float, girth: float, tip: float) -> str:
    size = "long" if length > 0.6 else "short" if length < 0.35 else "medium"
    return f"{size} {'bushy' if girth > 0.10 else 'thin'}{' with a tip' if tip else ''}"


def _facing(yaw: float) -> str:
    return ("right", "away", "left", "camera")[int(((yaw + 45) % 360) // 90)]


def _nearness(scene: Scene) -> str:
    size = 0.5 * (scene.animal.build.shoulder + scene.animal.build.length)
    return "near" if scene.distance < 2.2 + 1.5 * size else "far" if scene.distance > 2.8 + 3.2 * size else "middle"
