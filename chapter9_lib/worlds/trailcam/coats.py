"""Fur: the colour of every point of an animal, from its part, its place on the resting body, and the coat."""

import numpy as np
import torch
from torch import Tensor

from .animals import Animal, Pose
from .cones import PARTS
from .faces import chin_colour, ear_colour, face_colour, head_frame, muzzle_colour
from .noise import noise
from .paint import mix, soft
from .trunk import hips

__all__ = ["coat_colour"]

_INDEX = {name: i for i, name in enumerate(PARTS)}


def coat_colour(animal: Animal, share: Tensor, rest: Tensor, up: Tensor) -> Tensor:
    """Albedo `(N, 3)` at N surface points.

    Args:
        animal: body and coat.
        share: how much each part owns the point, `(N, P)`.
        rest: the point on the standing animal, metres, `(N, 3)`.
        up: upward component of the surface normal, `(N,)`.
    """
    coat, at = animal.coat, head_frame(animal, rest)
    share = torch.nn.functional.normalize(share**3, p=1, dim=1)
    torso = _trunk(animal, rest, up)
    colours = {
        "torso": torso, "neck": _neck(animal, rest, up, torso), "head": face_colour(animal, at),
        "muzzle": muzzle_colour(animal, at), "jaw": chin_colour(animal, at), "ear": ear_colour(animal, at),
        "tail": _tail(animal, rest), "leg": _leg(animal, rest, torso), "foot": _feet(animal, rest),
        "antler": rest.new_tensor((0.30, 0.23, 0.16)), "tusk": rest.new_tensor((0.68, 0.62, 0.50)),
        "nose": rest.new_tensor(coat.nose), "eye": _eye(up),
    }  # fmt: skip
    stacked = torch.stack([colours[name].expand_as(rest) for name in PARTS], 1)
    colour = _rump(animal, (share[..., None] * stacked).sum(1), share, rest)
    colour = _pattern(animal, colour, share, rest, up)
    bare = share[:, [_INDEX[name] for name in ("nose", "eye", "antler", "tusk")]].sum(1)
    return mix(_fur(animal, colour, rest), colour, bare).clamp(0, 1)


def _trunk(animal: Animal, rest: Tensor, up: Tensor) -> Tensor:
    """Back to belly along a line on the flank, and paler where the surface looks down (countershading)."""
    coat, b = animal.coat, animal.build
    low = 1 - (b.chest + b.hump * 0.3) * 2 / b.shoulder
    line = low + coat.belly_line * (1 - low) * 1.2
    under = soft(line - rest[:, 1] / b.shoulder - 0.14 * up - 0.02, 0.07)
    shade = 1.0 + 0.10 * soft(-up, 1.0) - 0.18 * soft(up - 0.55, 0.5)
    return mix(rest.new_tensor(coat.back), rest.new_tensor(coat.belly), under) * shade[:, None]


def _neck(animal: Animal, rest: Tensor, up: Tensor, torso: Tensor) -> Tensor:
    """The back's colour, pale in front as far as the coat's `throat` says."""
    coat, b = animal.coat, animal.build
    angle = np.radians(np.clip(b.neck_angle, -62, 85))
    ahead = rest[:, 0] - b.length / 2 - 0.45 * b.chest
    rise = rest[:, 1] - b.shoulder - 0.2 * b.chest
    front = float(np.sin(angle)) * ahead - float(np.cos(angle)) * rise
    bib = soft(front - 0.35 * b.neck_radius, 0.8 * b.neck_radius) * soft(0.25 - up, 0.4) * max(coat.throat, 0.2)
    return mix(rest.new_tensor(coat.back).expand_as(rest), rest.new_tensor(coat.belly), bib)


def _leg(animal: Animal, rest: Tensor, torso: Tensor) -> Tensor:
    coat, b = animal.coat, animal.build
    height = rest[:, 1] / b.shoulder
    leg = mix(rest.new_tensor(coat.legs), rest.new_tensor((0.030, 0.026, 0.024)),
              soft(coat.sock - height, 0.10) * float(coat.sock > 0))  # fmt: skip
    elbow = 1 - 1.05 * b.chest / b.shoulder
    return mix(leg, torso, soft(height - elbow, 0.14))


def _feet(animal: Animal, rest: Tensor) -> Tensor:
    coat = animal.coat
    if animal.build.hooves or coat.sock > 0:
        return rest.new_tensor((0.022, 0.020, 0.019))
    return rest.new_tensor(coat.feet or coat.legs)


def _eye(up: Tensor) -> Tensor:
    """Dark, with a light that the sky leaves on its upper edge."""
    dark, glint = up.new_tensor((0.012, 0.010, 0.009)), up.new_tensor((0.55, 0.55, 0.55))
    return mix(dark, glint, soft(up - 0.72, 0.2))


def _tail(animal: Animal, rest: Tensor) -> Tensor:
    build, coat = animal.build, animal.coat
    root = hips(build, Pose()) + build.rump * np.array([-0.85, 0.30, 0])
    reach = (rest - rest.new_tensor(root)).norm(dim=-1) / max(build.tail, 0.02)
    tip = soft(reach - (1 - coat.tip_share) * 0.95, 0.10) * float(coat.tip_share > 0)
    return mix(rest.new_tensor(coat.tail), rest.new_tensor(coat.tail_tip), tip)


def _rump(animal: Animal, colour: Tensor, share: Tensor, rest: Tensor) -> Tensor:
    b, strength = animal.build, animal.coat.rump_patch
    if not strength:
        return colour
    behind = soft(-b.length / 2 - 0.80 * b.rump - rest[:, 0], 0.025)
    high = soft(rest[:, 1] - b.hip + 0.95 * b.rump, 0.06) * soft(b.hip + 0.85 * b.rump - rest[:, 1], 0.03)
    where = behind * high * sum(share[:, _INDEX[name]] for name in ("torso", "tail", "leg"))
    return mix(colour, colour.new_tensor((0.80, 0.76, 0.68)), (where * strength).clamp(0, 1))


def _pattern(animal: Animal, colour: Tensor, share: Tensor, rest: Tensor, up: Tensor) -> Tensor:
    coat = animal.coat
    if coat.pattern == "plain":
        return colour
    scale = coat.pattern_scale / (animal.build.length + 0.2)
    around = torch.atan2(rest[:, 2], rest[:, 1] - 0.6 * animal.build.shoulder) * 0.16
    wobble = noise(rest[:, 0] * 1.1, rest[:, 1] * 1.1) - 0.5
    if coat.pattern == "stripes":
        mark = soft(torch.sin((rest[:, 0] + 0.10 * wobble) * scale * 5.2) - 0.15, 0.35)
    elif coat.pattern == "spots":
        cells = torch.sin((rest[:, 0] + 0.09 * wobble) * scale * 5.0) * torch.sin(
            (rest[:, 1] + around + 0.12 * wobble) * scale * 5.0
        )
        mark = soft(cells.abs() - 0.62, 0.25)
    else:
        mark = soft(noise(rest[:, 0] * scale * 0.055 + 0.3, (rest[:, 1] + around) * scale * 0.055) - 0.56, 0.05)
    weights = {"torso": 1.0, "leg": 1.0, "foot": 0.4, "neck": 0.8, "tail": 0.5, "head": 0.25}
    where = sum(weight * share[:, _INDEX[name]] for name, weight in weights.items())
    amount = mark * where * soft(up + 0.75, 0.4) * coat.pattern_strength
    return mix(colour, colour.new_tensor(coat.pattern_colour), amount.clamp(0, 1))


def _fur(animal: Animal, colour: Tensor, rest: Tensor) -> Tensor:
    """Streaks along the body, and the salt and pepper of grizzled coats."""
    streak = noise(rest[:, 0] * 0.9 + rest[:, 2], rest[:, 1] * 3.4 + rest[:, 2] * 2.2) - 0.5
    pepper = noise(rest[:, 0] * 6.1 + rest[:, 2] * 4.1, rest[:, 1] * 9.3) - 0.5
    return colour * (1 + 0.35 * streak + 1.6 * animal.coat.grizzle * pepper)[:, None].clamp_min(0.15)
