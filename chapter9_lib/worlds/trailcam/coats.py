"""Fur: the colour of every point of an animal, from its part, its place on the resting body, and the coat."""

import torch
from torch import Tensor

from .animals import Animal, Colour
from .noise import noise
from .skeleton import PARTS

__all__ = ["coat_colour"]

_TORSO, _NECK, _HEAD, _MUZZLE, _EAR, _TAIL, _LEG, _ANTLER, _NOSE, _EYE = range(len(PARTS))


def coat_colour(animal: Animal, share: Tensor, rest: Tensor, up: Tensor) -> Tensor:
    """Albedo `(N, 3)` at N surface points.

    Args:
        animal: body and coat.
        share: how much each part owns the point, `(N, P)`.
        rest: the point on the standing animal, metres, `(N, 3)`.
        up: upward component of the surface normal, `(N,)`.
    """
    coat, build = animal.coat, animal.build

    def paint(colour: Colour) -> Tensor:
        return rest.new_tensor(colour)

    height = rest[:, 1] / build.shoulder
    low = 1 - (build.chest + build.hump * 0.3) * 2 / build.shoulder
    under = _soft(low + coat.belly_line * (1 - low) * 1.2 - height + 0.10 * (-up), 0.05)
    torso = _mix(paint(coat.back), paint(coat.belly), under)
    neck = _mix(paint(coat.back), paint(coat.belly), _soft(-up - 0.15, 0.25) * max(coat.throat, 0.3))
    leg = _mix(paint(coat.legs), paint((0.035, 0.03, 0.028)), _soft(coat.sock - height, 0.06) * float(coat.sock > 0))
    leg = _mix(leg, torso, _soft(height - 0.62, 0.08))
    tail = _mix(paint(coat.tail), paint(coat.tail_tip), _tail_tip(animal, rest))
    head = _face(animal, rest)
    colours = torch.stack([
        torso, neck, head, _muzzle(animal, rest, up), _ears(animal, rest), tail, leg,
        paint((0.33, 0.27, 0.20)).expand_as(torso), paint((0.02, 0.018, 0.018)).expand_as(torso),
        paint((0.015, 0.012, 0.010)).expand_as(torso),
    ], 1)  # fmt: skip
    colour = (share[..., None] * colours).sum(1)
    colour = _rump(animal, colour, share, rest)
    return _fur(animal, _pattern(animal, colour, share, rest, up), rest).clamp(0, 1)


def _soft(value: Tensor, width: float) -> Tensor:
    return (value / width + 0.5).clamp(0, 1)


def _mix(one: Tensor, other: Tensor, weight: Tensor) -> Tensor:
    return one + (other - one) * weight[:, None]


def _tail_tip(animal: Animal, rest: Tensor) -> Tensor:
    build, share = animal.build, animal.coat.tip_share
    reach = (-build.length / 2 - 0.75 * build.rump - rest[:, 0]) ** 2
    drop = (build.hip + 0.45 * build.rump - rest[:, 1]) ** 2
    return _soft((reach + drop).sqrt() / max(build.tail, 0.02) - (1 - share) * 0.93, 0.10) * float(share > 0)


def _head_frame(animal: Animal, rest: Tensor) -> Tensor:
    """Points in units of the skull's radius, from its centre on the standing animal: `(N, 3)`."""
    b = animal.build
    angle = torch.deg2rad(torch.tensor(min(max(b.neck_angle, -60.0), 85.0)))
    x = b.length / 2 + 0.35 * b.chest + torch.cos(angle) * b.neck
    y = b.shoulder + 0.25 * b.chest + torch.sin(angle) * b.neck
    return (rest - rest.new_tensor([float(x), float(y), 0.0])) / b.skull


def _face(animal: Animal, rest: Tensor) -> Tensor:
    coat = animal.coat
    at = _head_frame(animal, rest)
    colour = _mix(
        rest.new_tensor(coat.face).expand_as(rest), rest.new_tensor(coat.muzzle), _soft(-at[:, 1] - 0.30, 0.3)
    )
    return _masked(animal, colour, at)


def _ears(animal: Animal, rest: Tensor) -> Tensor:
    """The face's colour at the root, the coat's ear colour from half way up."""
    coat, at = animal.coat, _head_frame(animal, rest)
    half = 0.75 + 0.35 * animal.build.ear / animal.build.skull
    return _mix(rest.new_tensor(coat.face).expand_as(rest), rest.new_tensor(coat.ears), _soft(at[:, 1] - half, 0.35))


def _muzzle(animal: Animal, rest: Tensor, up: Tensor) -> Tensor:
    coat = animal.coat
    at = _head_frame(animal, rest)
    colour = _mix(rest.new_tensor(coat.face).expand_as(rest), rest.new_tensor(coat.muzzle), _soft(-up + 0.15, 0.4))
    return _masked(animal, colour, at)


def _masked(animal: Animal, colour: Tensor, at: Tensor) -> Tensor:
    mask = animal.coat.mask
    if mask == "none":
        return colour
    if mask == "stripes":
        around = torch.atan2(at[:, 2].abs(), at[:, 1] + 0.12 * at[:, 0].clamp_min(0) + 0.15)
        band = _soft(0.40 - (around - 0.95).abs(), 0.18)
        return _mix(colour, colour.new_tensor(animal.coat.pattern_colour), band)
    around = _soft(0.62 - ((at[:, 0] - 0.9) ** 2 + (at[:, 1] - 0.1) ** 2).sqrt(), 0.25)
    tone = (0.02, 0.018, 0.016) if mask == "dark" else (0.72, 0.70, 0.66)
    return _mix(colour, colour.new_tensor(tone), around)


def _rump(animal: Animal, colour: Tensor, share: Tensor, rest: Tensor) -> Tensor:
    b, strength = animal.build, animal.coat.rump_patch
    if not strength:
        return colour
    behind = _soft(-b.length / 2 - 0.62 * b.rump - rest[:, 0], 0.05 * b.length)
    where = behind * (share[:, _TORSO] + share[:, _TAIL] + share[:, _LEG] * _soft(rest[:, 1] / b.hip - 0.7, 0.1))
    return _mix(colour, colour.new_tensor((0.72, 0.68, 0.60)), (where * strength).clamp(0, 1))


def _pattern(animal: Animal, colour: Tensor, share: Tensor, rest: Tensor, up: Tensor) -> Tensor:
    coat = animal.coat
    if coat.pattern == "plain":
        return colour
    scale = coat.pattern_scale / (animal.build.length + 0.2)
    around = torch.atan2(rest[:, 2], rest[:, 1] - 0.6 * animal.build.shoulder) * 0.16
    wobble = noise(rest[:, 0] * 1.1, rest[:, 1] * 1.1) - 0.5
    if coat.pattern == "stripes":
        mark = _soft(torch.sin((rest[:, 0] + 0.10 * wobble) * scale * 5.2) - 0.15, 0.35)
    elif coat.pattern == "spots":
        cells = torch.sin((rest[:, 0] + 0.09 * wobble) * scale * 5.0) * torch.sin(
            (rest[:, 1] + around + 0.12 * wobble) * scale * 5.0
        )
        mark = _soft(cells.abs() - 0.62, 0.25)
    else:
        mark = _soft(noise(rest[:, 0] * scale * 0.055 + 0.3, (rest[:, 1] + around) * scale * 0.055) - 0.56, 0.05)
    where = share[:, _TORSO] + share[:, _LEG] + 0.8 * share[:, _NECK] + 0.5 * share[:, _TAIL] + 0.25 * share[:, _HEAD]
    fade = _soft(up + 0.75, 0.4)
    return _mix(
        colour, colour.new_tensor(coat.pattern_colour), (mark * where * fade * coat.pattern_strength).clamp(0, 1)
    )


def _fur(animal: Animal, colour: Tensor, rest: Tensor) -> Tensor:
    """Streaks along the body, and the salt and pepper of grizzled coats."""
    streak = noise(rest[:, 0] * 0.55 + rest[:, 2], rest[:, 1] * 2.6 + rest[:, 2] * 1.7) - 0.5
    pepper = noise(rest[:, 0] * 4.1 + rest[:, 2] * 3.1, rest[:, 1] * 4.3) - 0.5
    return colour * (1 + 0.5 * streak + 2.0 * animal.coat.grizzle * pepper)[:, None].clamp_min(0.15)
