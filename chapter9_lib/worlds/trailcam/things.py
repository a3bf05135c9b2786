"""Man-made things of the source world: shapes of twenty families, in paints and patterns of their own."""

import numpy as np

from .animals import Animal, Build, Coat, Colour
from .shapes import SHAPES

__all__ = ["FAMILIES", "PAINTS", "thing"]

FAMILIES: tuple[str, ...] = tuple(SHAPES)

PAINTS: dict[str, Colour] = {
    "red": (0.55, 0.05, 0.04), "blue": (0.04, 0.12, 0.50), "yellow": (0.62, 0.48, 0.05), "green": (0.05, 0.30, 0.10),
    "white": (0.70, 0.70, 0.68), "black": (0.035, 0.035, 0.045), "orange": (0.60, 0.24, 0.04),
    "purple": (0.28, 0.06, 0.34), "brown": (0.25, 0.17, 0.10), "teal": (0.10, 0.40, 0.42),
}  # fmt: skip
"""Names of paints and their linear RGB."""

_PATTERNS = ("plain", "stripes", "spots", "patches", "two-tone")


def thing(name: str, family: int, variant: int) -> Animal:
    """A thing of one of the `FAMILIES`; the five variants of a family differ in paint, pattern and proportions."""
    rng = np.random.default_rng([18, family, variant])
    paints = np.random.default_rng([21, family]).permutation(list(PAINTS))
    pattern = str(np.random.default_rng([22, family]).permutation(_PATTERNS)[variant])
    parts = tuple(tuple(map(float, cone)) for cone in SHAPES[FAMILIES[family]](rng))
    coat = _painted(PAINTS[paints[variant]], PAINTS[paints[5 + variant]], pattern, rng)
    height = float(np.exp(rng.uniform(np.log(0.45), np.log(0.95))))
    build = Build(
        length=height * 0.6, shoulder=height, hip=height, chest=height * 0.3, waist=height * 0.3, tail=0.0, fur=0.0005
    )
    return Animal(name, build, coat, parts)


def _painted(first: Colour, second: Colour, pattern: str, rng: np.random.Generator) -> Coat:
    below = second if pattern == "two-tone" else first
    return Coat(
        back=first, belly=below, belly_line=0.25, legs=first, face=first, muzzle=first, ears=first, tail=first,
        tail_tip=first, pattern="plain" if pattern == "two-tone" else pattern, pattern_colour=second,
        pattern_scale=float(rng.uniform(3, 8)), pattern_strength=0.95, grizzle=float(rng.uniform(0, 0.2)),
        infrared=float(rng.uniform(0.2, 0.6)),
    )  # fmt: skip
