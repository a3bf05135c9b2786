"""Faces: brow, muzzle, chin, ears and masks, painted in the head's own frame with edges that survive a small photo."""

import numpy as np
import torch
from torch import Tensor

from .animals import Animal, Pose
from .heads import head_turn
from .paint import mix, soft
from .trunk import poll

__all__ = ["chin_colour", "ear_colour", "face_colour", "head_frame", "muzzle_colour"]


def head_frame(animal: Animal, rest: Tensor) -> Tensor:
    """Points in the head's frame on the standing animal, in units of the skull's radius from its centre: `(N, 3)`."""
    build = animal.build
    turn = rest.new_tensor(head_turn(build))
    return (rest - rest.new_tensor(poll(build, Pose()))) @ turn / build.skull


def face_colour(animal: Animal, at: Tensor) -> Tensor:
    """Skull and brow: the face's colour, the chin's on the cheeks."""
    coat = animal.coat
    colour = mix(at.new_tensor(coat.face).expand_as(at), at.new_tensor(coat.chin or coat.muzzle),
                 soft(-at[:, 1] - 0.38, 0.25) * soft(at[:, 0] + 0.15, 0.3))  # fmt: skip
    return _masked(animal, colour, at)


def muzzle_colour(animal: Animal, at: Tensor) -> Tensor:
    """The bridge of the nose in the face's colour, its sides in the muzzle's."""
    coat, b = animal.coat, animal.build
    side = soft(_bridge(animal, at) + 0.15 * b.snout_radius / b.skull - at[:, 1], 0.25)
    colour = mix(at.new_tensor(coat.face).expand_as(at), at.new_tensor(coat.muzzle), side)
    return _masked(animal, colour, at)


def _bridge(animal: Animal, at: Tensor) -> Tensor:
    """Height of the middle line from the skull to the nose, in skull radii, `(N,)`."""
    x = at[:, 0]
    return -0.3 * x.clamp(0, 0.5) - animal.build.snout_drop * (x - 0.7).clamp_min(0)


def chin_colour(animal: Animal, at: Tensor) -> Tensor:
    """Jaw and cheeks."""
    coat = animal.coat
    return at.new_tensor(coat.chin or coat.muzzle).expand_as(at)


def ear_colour(animal: Animal, at: Tensor) -> Tensor:
    """Backs in the coat's ear colour from half way up, the hollow in front paler, tufts as the backs."""
    coat, b = animal.coat, animal.build
    face = at.new_tensor(coat.face).expand_as(at)
    length = b.ear / b.skull
    back = mix(face, at.new_tensor(coat.ears), soft(at[:, 1] - 0.75 - 0.30 * length, 0.3))
    ahead = at[:, 0] + 0.30 + 0.12 * (at[:, 1] - 0.6) + 0.45 * (at[:, 2].abs() - 0.6)
    angle = np.radians(0.5 * b.head_angle)
    ahead = ahead - float(np.tan(angle)) * (at[:, 1] - 0.6)
    hollow = soft(ahead - 0.04, 0.10) * soft(at[:, 1] - 0.85, 0.1)
    return mix(back, at.new_tensor(coat.inside or coat.face), hollow)


def _masked(animal: Animal, colour: Tensor, at: Tensor) -> Tensor:
    mask = animal.coat.mask
    if mask == "none":
        return colour
    if mask == "stripes":
        axis = _bridge(animal, at) - 0.05
        around = torch.atan2(at[:, 2].abs(), at[:, 1] - axis)
        band = soft(0.36 - (around - 0.98).abs(), 0.16)
        return mix(colour, colour.new_tensor(animal.coat.pattern_colour), band)
    around = soft(0.62 - ((at[:, 0] - 0.9) ** 2 + (at[:, 1] - 0.1) ** 2).sqrt(), 0.25)
    tone = (0.02, 0.018, 0.016) if mask == "dark" else (0.72, 0.70, 0.66)
    return mix(colour, colour.new_tensor(tone), around)
