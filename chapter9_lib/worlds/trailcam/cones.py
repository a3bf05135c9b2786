"""Round cones, the bricks of every body: the batch a skeleton hands on, and the list it is gathered in."""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["HEAD_PARTS", "LEFT", "PARTS", "ConeList", "Cones", "perpendicular"]

PARTS = ("torso", "neck", "head", "muzzle", "ear", "tail", "leg", "antler", "nose", "eye", "foot", "tusk", "jaw")
HEAD_PARTS = ("head", "muzzle", "jaw", "nose", "eye", "ear", "antler", "tusk")
"""What turns with the head."""

LEFT = np.array([0.0, 0.0, 1.0])


@dataclass
class Cones:
    """C capsules with a linearly changing radius, in the animal's frame: x ahead, y up, z to its left, feet at y = 0.

    `a`, `b`: end points `(C, 3)`; `ra`, `rb`: radii `(C,)`; `flat`: unit vectors `(C, 3)` along which a cone is
    thinner by `thin` `(C,)`; `part`: index into `PARTS`; `rest_a`, `rest_b`: the same ends in the standing pose, which
    coat patterns are tied to. `blend` is the width in metres over which neighbours melt together. `unturn` `(3, 3)`
    turns directions on the posed head to where they point on the resting one.
    """

    a: np.ndarray
    b: np.ndarray
    ra: np.ndarray
    rb: np.ndarray
    flat: np.ndarray
    thin: np.ndarray
    part: np.ndarray
    rest_a: np.ndarray
    rest_b: np.ndarray
    blend: float
    unturn: np.ndarray = field(default_factory=lambda: np.eye(3))


@dataclass
class ConeList:
    """Cones in the order in which a body is assembled, the same order for every pose of it."""

    a: list[np.ndarray] = field(default_factory=list)
    b: list[np.ndarray] = field(default_factory=list)
    radii: list[tuple[float, float]] = field(default_factory=list)
    flat: list[np.ndarray] = field(default_factory=list)
    thin: list[float] = field(default_factory=list)
    part: list[int] = field(default_factory=list)

    def add(
        self, part: str, a: np.ndarray, b: np.ndarray, ra: float, rb: float, thin: float = 1.0, flat: np.ndarray = LEFT
    ) -> None:
        """A cone of `part` from `a` (radius `ra`, metres) to `b` (`rb`), `thin` times thinner along `flat`."""
        self.a.append(np.asarray(a, float))
        self.b.append(np.asarray(b, float) + [1e-4, 0, 0])
        self.radii.append((ra, rb))
        self.flat.append(perpendicular(self.b[-1] - self.a[-1], flat))
        self.thin.append(thin)
        self.part.append(PARTS.index(part))


def perpendicular(axis: np.ndarray, wish: np.ndarray) -> np.ndarray:
    """The unit vector across `axis` that is nearest to `wish`."""
    axis = axis / max(np.linalg.norm(axis), 1e-9)
    rest = wish - axis * (wish @ axis)
    size = np.linalg.norm(rest)
    return rest / size if size > 1e-6 else perpendicular(axis, np.array([axis[1], axis[2], axis[0]]) + 0.1)
