"""From a build and a pose to about fifty round cones, every cone in pose and at rest."""

import numpy as np

from .animals import Animal, Build, Pose
from .cones import LEFT, PARTS, ConeList, Cones, perpendicular
from .heads import add_head, head_turn
from .limbs import add_legs
from .trunk import add_tail, add_trunk

__all__ = ["PARTS", "Cones", "skeleton"]


def skeleton(animal: Animal, pose: Pose) -> Cones:
    """The cones of an `animal` in this `pose`."""
    if animal.parts:
        return _thing(animal)
    build = animal.build
    posed, rest = _assemble(build, pose), _assemble(build, Pose())
    radii = np.array(posed.radii)
    return Cones(
        np.array(posed.a), np.array(posed.b), radii[:, 0], radii[:, 1], np.array(posed.flat), np.array(posed.thin),
        np.array(posed.part), np.array(rest.a), np.array(rest.b), 0.07 * build.chest + 0.003,
        head_turn(build) @ head_turn(build, pose).T,
    )  # fmt: skip


def _assemble(build: Build, pose: Pose) -> ConeList:
    cones = ConeList()
    add_trunk(cones, build, pose)
    add_head(cones, build, pose)
    add_tail(cones, build, pose)
    add_legs(cones, build, pose)
    return cones


def _thing(animal: Animal) -> Cones:
    rows = np.array(animal.parts)
    size = animal.build.shoulder
    a, b = rows[:, 0:3] * size, rows[:, 3:6] * size + [1e-4, 0, 0]
    flat = np.array([perpendicular(axis, LEFT) for axis in b - a])
    torso = np.full(len(rows), PARTS.index("torso"))
    return Cones(a, b, rows[:, 6] * size, rows[:, 7] * size, flat, rows[:, 8], torso, a, b, 0.012 * size)
