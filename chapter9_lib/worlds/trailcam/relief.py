"""The lie of the land: slopes around the plain where animals walk, and trails across it."""

from dataclasses import dataclass

import numpy as np

from .habitats import Habitat

__all__ = ["Slope", "Trail", "draw_slopes", "draw_trails"]


@dataclass(frozen=True)
class Slope:
    """Ground that rises by `rise` per metre beyond a line `offset` metres away in direction `angle` (0 is ahead)."""

    angle: float
    offset: float
    rise: float
    ground: str
    rugged: float = 0.3

    def way(self) -> np.ndarray:
        """Unit vector uphill on the map, `(x, z)`."""
        return np.array([np.sin(np.radians(self.angle)), np.cos(np.radians(self.angle))])

    def lift(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Height of the slope over the plain at `(x, z)`, metres, never negative."""
        way = self.way()
        return np.maximum(0, (x * way[0] + z * way[1] - self.offset) * self.rise)


@dataclass(frozen=True)
class Trail:
    """A strip `half` metres wide to each side, `offset` metres off, running ahead (`angle` 0) or across (90)."""

    kind: str
    angle: float
    offset: float
    half: float
    swing: float

    def worn(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """How worn the ground at `(x, z)` is, 0 to 1; ruts leave a green strip between them."""
        c, s = np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))
        across, along = c * x + s * (z - 5), s * x + c * z
        off = np.abs(across - self.offset - self.swing * np.sin(along / 2.3)) / self.half
        if self.kind == "ruts":
            return np.exp(-(((off - 0.8) / 0.3) ** 2))
        return np.clip((1.15 - off) * 3.5, 0, 1)


def draw_slopes(habitat: Habitat, rng: np.random.Generator) -> tuple[tuple[Slope, ...], float]:
    """Random slopes as `habitat` has them, the one that ends the plain first, and how many metres ahead it does."""
    ground = habitat.slope_ground or habitat.ground
    bank = float(rng.uniform(4.9, 6.2))
    made = {
        "bank": Slope(float(rng.normal(0, 7)), bank, float(rng.uniform(0.9, 1.7)), ground, 0.35),
        "wall": Slope(float(rng.normal(0, 12)), bank + 1.0, 60.0, ground, 0.0),
        "corner": Slope(float(rng.choice([-72, 72])), float(rng.uniform(2.8, 3.6)), 60.0, ground, 0.0),
        "left": Slope(float(rng.uniform(-80, -55)), float(rng.uniform(2.4, 3.4)), float(rng.uniform(0.3, 0.8)), ground),
        "right": Slope(float(rng.uniform(55, 80)), float(rng.uniform(2.4, 3.4)), float(rng.uniform(0.3, 0.8)), ground),
        "hill": Slope(float(rng.uniform(-40, 40)), float(rng.uniform(7, 14)), float(rng.uniform(0.03, 0.28)), ground),
    }
    ends = habitat.slopes[0] in ("bank", "wall")
    return tuple(made[name] for name in habitat.slopes), bank + (habitat.slopes[0] == "wall") if ends else 1e3


def draw_trails(habitat: Habitat, rng: np.random.Generator) -> tuple[Trail, ...]:
    """Random trails as `habitat` has them."""
    angle = float(rng.uniform(65, 115)) if rng.random() < 0.6 else float(rng.uniform(-35, 35))
    half = {"path": 0.45, "ruts": 0.9, "stream": 0.7}
    offset = float(rng.uniform(-0.8, 0.8))
    return tuple(Trail(t, angle, offset, half[t] * float(rng.uniform(0.8, 1.3)), 0.25) for t in habitat.trails)
