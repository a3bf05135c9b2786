"""Soils and floors: colours in linear RGB, and the small pieces that lie on them."""

from dataclasses import dataclass

__all__ = ["GROUNDS", "Ground"]

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Ground:
    """What the ground is made of: linear RGB from `dark` to `light`, patches of `other`, and a tile of small pieces."""

    dark: Colour
    light: Colour
    other: Colour
    tile: str
    patches: float = 0.4
    bump: float = 1.0


GROUNDS: dict[str, Ground] = {
    "beech litter": Ground((0.10, 0.060, 0.035), (0.34, 0.22, 0.125), (0.14, 0.10, 0.06), "leaves", 0.35),
    "oak litter": Ground((0.085, 0.060, 0.040), (0.28, 0.21, 0.13), (0.07, 0.080, 0.030), "leaves", 0.30),
    "needles": Ground((0.075, 0.045, 0.030), (0.19, 0.12, 0.075), (0.052, 0.064, 0.020), "needles", 0.45),
    "earth": Ground((0.085, 0.062, 0.045), (0.25, 0.19, 0.135), (0.16, 0.12, 0.08), "clods", 0.40),
    "mud": Ground((0.045, 0.036, 0.027), (0.13, 0.105, 0.075), (0.06, 0.075, 0.025), "clods", 0.45),
    "turf": Ground((0.034, 0.045, 0.014), (0.155, 0.170, 0.064), (0.20, 0.155, 0.085), "blades", 0.35),
    "gravel": Ground((0.085, 0.080, 0.070), (0.31, 0.285, 0.25), (0.13, 0.11, 0.075), "pebbles", 0.40, 1.6),
    "sand": Ground((0.36, 0.29, 0.19), (0.56, 0.47, 0.33), (0.42, 0.34, 0.23), "clods", 0.30),
    "heath": Ground((0.095, 0.070, 0.050), (0.23, 0.17, 0.12), (0.13, 0.065, 0.085), "needles", 0.50),
    "stone": Ground((0.19, 0.19, 0.19), (0.42, 0.41, 0.39), (0.24, 0.25, 0.20), "pebbles", 0.40, 1.6),
    "snow": Ground((0.62, 0.66, 0.74), (0.80, 0.83, 0.88), (0.55, 0.56, 0.58), "clods", 0.10, 0.5),
    "lawn": Ground((0.034, 0.068, 0.015), (0.145, 0.22, 0.055), (0.15, 0.19, 0.060), "blades", 0.30),
    "boards": Ground((0.15, 0.090, 0.050), (0.40, 0.27, 0.16), (0.30, 0.20, 0.12), "boards", 0.20, 0.5),
    "bricks": Ground((0.22, 0.10, 0.070), (0.42, 0.24, 0.17), (0.30, 0.22, 0.18), "bricks", 0.25),
    "plaster": Ground((0.50, 0.47, 0.42), (0.66, 0.63, 0.57), (0.45, 0.43, 0.40), "clods", 0.25, 0.3),
}
