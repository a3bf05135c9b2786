"""The source world's kinds: procedurally drawn creatures and objects, the ImageNet of the lab.

`creature-…` kinds are random animals (build, coat and pattern), `thing-…` kinds are objects made of the same round
cones: bottles, stools, mushrooms, signs. The two families are far apart, as living and man-made kinds are. No kind is
a target species: a creature whose build and colour come close to one is drawn again.
"""

from functools import cache

import numpy as np

from .animals import Animal, Build, Coat, Colour
from .species import SPECIES
from .things import thing

__all__ = ["COLOURS", "SOURCE_KINDS", "kind"]

CREATURES, THINGS = 100, 40
SOURCE_KINDS: tuple[str, ...] = (
    *(f"creature-{i:03d}" for i in range(CREATURES)),
    *(f"thing-{i:03d}" for i in range(THINGS)),
)
"""Names of all source kinds, in label order."""

COLOURS: dict[str, Colour] = {
    "black": (0.035, 0.032, 0.030), "grey": (0.24, 0.24, 0.24), "white": (0.70, 0.68, 0.65),
    "brown": (0.17, 0.10, 0.06), "tan": (0.42, 0.30, 0.18), "cream": (0.62, 0.53, 0.40),
    "rust": (0.36, 0.14, 0.05), "golden": (0.50, 0.33, 0.09), "bluish": (0.16, 0.20, 0.28), "olive": (0.20, 0.20, 0.09),
}  # fmt: skip


@cache
def kind(name: str) -> Animal:
    """The source kind with this name; always the same."""
    number = SOURCE_KINDS.index(name)
    if number >= CREATURES:
        return thing(name, np.random.default_rng([18, number]), number % 10)
    for attempt in range(50):
        animal = _creature(name, np.random.default_rng([13, number, attempt]))
        if min(_likeness(animal, species) for species in SPECIES) > 0.55:
            return animal
    raise RuntimeError(f"No body unlike the target species was found for {name}.")


def _likeness(one: Animal, other: Animal) -> float:
    """Distance between two kinds in build (log ratios) and back colour."""
    names = ("length", "shoulder", "chest", "neck", "snout", "ear", "tail")
    build = [np.log((getattr(one.build, n) + 0.05) / (getattr(other.build, n) + 0.05)) for n in names]
    colour = 2.0 * (np.sqrt(one.coat.back) - np.sqrt(other.coat.back))
    return float(np.sqrt(np.mean(np.square(build)) + np.mean(np.square(colour))))


def _creature(name: str, rng: np.random.Generator) -> Animal:
    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    size, legs, stout = between(0.28, 0.75), between(0.45, 1.35), between(0.7, 1.45)
    shoulder = size * legs
    chest = min(size * 0.27 * stout, shoulder * 0.42)
    head = size * between(0.11, 0.21)
    has = rng.random(6)
    build = Build(
        length=size, shoulder=shoulder, hip=shoulder * between(0.85, 1.15), chest=chest,
        waist=chest * between(0.7, 1.15),
        rump=chest * between(0.8, 1.15), hump=chest * between(0.3, 0.8) if has[0] < 0.2 else 0.0,
        depth=between(0.9, 1.5),
        neck=size * between(0.15, 0.65), neck_angle=float(rng.uniform(-5, 72)), neck_radius=chest * between(0.35, 0.7),
        skull=head, snout=head * between(0.4, 2.6), snout_radius=head * between(0.25, 0.6),
        snout_drop=float(rng.uniform(0.1, 0.5)), cheek=head * between(0.4, 1.2) if has[1] < 0.3 else 0.0,
        ear=head * between(0.3, 2.8), ear_width=head * between(0.3, 0.65), ear_splay=float(rng.uniform(5, 75)),
        ear_round=float(rng.uniform(0.1, 1.0)), ear_tuft=head * 0.5 if has[2] < 0.12 else 0.0,
        tail=size * between(0.06, 1.1), tail_radius=size * between(0.02, 0.09), tail_bush=between(0.6, 1.9),
        tail_droop=float(rng.uniform(-45, 85)), leg_radius=size * between(0.035, 0.075),
        foot=size * between(0.035, 0.085),
        antlers=size * between(0.3, 0.8) if has[3] < 0.14 else 0.0,
        horns=size * between(0.2, 0.5) if 0.14 <= has[3] < 0.28 else 0.0, fur=between(0.002, 0.022),
    )  # fmt: skip
    return Animal(name, build, _coat(rng))


def _coat(rng: np.random.Generator) -> Coat:
    names = list(COLOURS)

    def colour(chance: float, otherwise: Colour) -> Colour:
        drawn = COLOURS[names[rng.integers(0, len(names))]]
        picked = drawn if rng.random() < chance else otherwise
        level = rng.uniform(0.8, 1.2)
        return (picked[0] * level, picked[1] * level, picked[2] * level)

    back = colour(1.0, (0, 0, 0))
    face = colour(0.3, back)
    tail = colour(0.25, back)
    return Coat(
        back=back, belly=colour(0.5, back), belly_line=float(rng.uniform(0.05, 0.5)), legs=colour(0.35, back),
        sock=float(rng.uniform(0.2, 0.8)) if rng.random() < 0.25 else 0.0, face=face, muzzle=colour(0.4, face),
        ears=colour(0.4, back), tail=tail, tail_tip=colour(0.7, tail),
        tip_share=float(rng.uniform(0.15, 0.5)) if rng.random() < 0.35 else 0.0,
        rump_patch=float(rng.random() < 0.15), throat=float(rng.random() < 0.3),
        mask=str(rng.choice(["none", "none", "none", "stripes", "dark", "pale"])),
        pattern=str(rng.choice(["plain", "plain", "spots", "stripes", "patches"])), pattern_colour=colour(1.0, back),
        pattern_scale=float(rng.uniform(5, 16)), pattern_strength=float(rng.uniform(0.6, 1)),
        grizzle=float(rng.uniform(0.05, 0.6)), infrared=float(rng.uniform(0.3, 0.65)),
    )  # fmt: skip
