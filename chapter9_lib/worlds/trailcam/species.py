"""The five species of the wildlife group, and five look-alike subspecies of the roe deer.

Measures follow field guides (shoulder height, body and tail length); colours are linear RGB.
"""

from dataclasses import replace

import numpy as np

from .animals import Animal, Build, Coat

__all__ = ["LOOK_ALIKES", "SPECIES", "individual"]

_FOX = Animal(
    "red fox",
    Build(
        length=0.40, shoulder=0.37, hip=0.38, chest=0.092, waist=0.075, rump=0.085, depth=1.25, neck=0.15,
        neck_angle=32, neck_radius=0.058, skull=0.060, snout=0.095, snout_radius=0.019, snout_drop=0.35, cheek=0.045,
        ear=0.088, ear_width=0.034, ear_splay=20, ear_round=0.12, tail=0.42, tail_radius=0.055, tail_bush=1.35,
        tail_droop=38, leg_radius=0.019, foot=0.021, fur=0.008,
    ),
    Coat(
        back=(0.46, 0.17, 0.045), belly=(0.62, 0.55, 0.48), belly_line=0.22, legs=(0.40, 0.15, 0.05), sock=0.62,
        face=(0.47, 0.18, 0.05), muzzle=(0.66, 0.60, 0.54), ears=(0.05, 0.04, 0.035), tail=(0.42, 0.16, 0.05),
        tail_tip=(0.72, 0.68, 0.63), tip_share=0.22, throat=1.0, grizzle=0.22, infrared=0.60,
    ),
)  # fmt: skip
_DEER = Animal(
    "roe deer",
    Build(
        length=0.62, shoulder=0.66, hip=0.70, chest=0.150, waist=0.125, rump=0.145, depth=1.4, neck=0.34,
        neck_angle=58, neck_radius=0.060, skull=0.072, snout=0.125, snout_radius=0.028, snout_drop=0.35, ear=0.145,
        ear_width=0.042, ear_splay=48, ear_round=0.25, tail=0.03, tail_radius=0.02, tail_bush=0.8, leg_radius=0.022,
        foot=0.020, fur=0.005,
    ),
    Coat(
        back=(0.33, 0.175, 0.085), belly=(0.42, 0.31, 0.21), belly_line=0.15, legs=(0.33, 0.20, 0.11),
        face=(0.27, 0.17, 0.10), muzzle=(0.30, 0.22, 0.16), ears=(0.24, 0.17, 0.12), tail=(0.7, 0.66, 0.6),
        tail_tip=(0.7, 0.66, 0.6), rump_patch=1.0, throat=0.25, grizzle=0.18, infrared=0.55,
    ),
)  # fmt: skip
_BOAR = Animal(
    "wild boar",
    Build(
        length=0.72, shoulder=0.60, hip=0.52, chest=0.235, waist=0.195, rump=0.185, hump=0.13, depth=1.5, neck=0.17,
        neck_angle=-8, neck_radius=0.165, skull=0.125, snout=0.27, snout_radius=0.050, snout_drop=0.42, ear=0.115,
        ear_width=0.045, ear_splay=32, ear_round=0.25, tail=0.24, tail_radius=0.015, tail_bush=1.3, tail_droop=78,
        leg_radius=0.032, foot=0.030, fur=0.013,
    ),
    Coat(
        back=(0.060, 0.047, 0.037), belly=(0.085, 0.068, 0.055), belly_line=0.1, legs=(0.030, 0.024, 0.020),
        face=(0.085, 0.068, 0.055), muzzle=(0.10, 0.08, 0.07), ears=(0.050, 0.040, 0.033), tail=(0.05, 0.04, 0.033),
        tail_tip=(0.02, 0.018, 0.016), tip_share=0.2, grizzle=0.55, infrared=0.30,
    ),
)  # fmt: skip
_BADGER = Animal(
    "European badger",
    Build(
        length=0.46, shoulder=0.235, hip=0.245, chest=0.125, waist=0.150, rump=0.135, depth=0.95, neck=0.13,
        neck_angle=6, neck_radius=0.085, skull=0.080, snout=0.135, snout_radius=0.030, snout_drop=0.22, ear=0.030,
        ear_width=0.022, ear_splay=42, ear_round=0.85, tail=0.15, tail_radius=0.034, tail_bush=1.0, tail_droop=50,
        leg_radius=0.034, foot=0.030, fur=0.014,
    ),
    Coat(
        back=(0.17, 0.163, 0.152), belly=(0.035, 0.030, 0.028), belly_line=0.40, legs=(0.028, 0.025, 0.023),
        face=(0.74, 0.72, 0.68), muzzle=(0.70, 0.67, 0.63), ears=(0.06, 0.055, 0.05), tail=(0.45, 0.43, 0.40),
        tail_tip=(0.5, 0.48, 0.45), mask="stripes", pattern_colour=(0.018, 0.016, 0.015), grizzle=0.5, infrared=0.42,
    ),
)  # fmt: skip
_LYNX = Animal(
    "Eurasian lynx",
    Build(
        length=0.54, shoulder=0.58, hip=0.62, chest=0.160, waist=0.135, rump=0.165, depth=1.25, neck=0.13,
        neck_angle=34, neck_radius=0.098, skull=0.100, snout=0.040, snout_radius=0.042, snout_drop=0.25, cheek=0.11,
        ear=0.095, ear_width=0.046, ear_splay=22, ear_round=0.10, ear_tuft=0.055, tail=0.18, tail_radius=0.034,
        tail_bush=1.0, tail_droop=52, leg_radius=0.041, foot=0.046, fur=0.010,
    ),
    Coat(
        back=(0.34, 0.225, 0.125), belly=(0.58, 0.51, 0.43), belly_line=0.26, legs=(0.42, 0.31, 0.20),
        face=(0.38, 0.27, 0.17), muzzle=(0.62, 0.56, 0.50), ears=(0.06, 0.085, 0.07), tail=(0.38, 0.28, 0.18),
        tail_tip=(0.02, 0.018, 0.016), tip_share=0.42, throat=0.8, pattern="spots", pattern_colour=(0.10, 0.065, 0.04),
        pattern_scale=9.0, pattern_strength=0.55, grizzle=0.2, infrared=0.62,
    ),
)  # fmt: skip

SPECIES: tuple[Animal, ...] = (_FOX, _DEER, _BOAR, _BADGER, _LYNX)
"""The five target species, in label order."""


def _subspecies(name: str, warm: float, ear: float, patch: float, leg: float, neck: float) -> Animal:
    build, coat = _DEER.build, _DEER.coat
    back = (coat.back[0] * warm, coat.back[1], coat.back[2] / warm)
    return Animal(
        name,
        replace(build, ear=build.ear * ear, shoulder=build.shoulder * leg, hip=build.hip * leg, neck=build.neck * neck),
        replace(coat, back=back, rump_patch=patch),
    )


LOOK_ALIKES: tuple[Animal, ...] = (
    _subspecies("lowland roe", 1.00, 1.00, 1.00, 1.00, 1.00),
    _subspecies("mountain roe", 0.86, 0.80, 0.95, 0.94, 0.95),
    _subspecies("marsh roe", 1.12, 1.05, 0.55, 1.08, 1.02),
    _subspecies("island roe", 1.02, 1.22, 0.80, 0.90, 0.92),
    _subspecies("steppe roe", 0.94, 0.92, 0.70, 1.03, 1.14),
)
"""Five subspecies that differ in ear, leg and neck length, coat warmth and rump patch only."""


def individual(animal: Animal, rng: np.random.Generator, season: str, *, vary: float = 1.0) -> Animal:
    """One individual of a kind: size ±12 %, each measure a further ±6 %, coat ±22 % in brightness; roebucks' antlers.

    Twice the standard deviation; nothing lies further off.
    """

    def jitter(value: float, share: float) -> float:
        return float(value * np.clip(1 + vary * rng.normal(0, share / 2), 1 - share, 1 + share))

    b, c = animal.build, animal.coat
    size = jitter(1.0, 0.12)
    lengths = {n: jitter(getattr(b, n) * size, 0.06) for n in
               ("length", "shoulder", "chest", "waist", "rump", "neck", "skull", "snout", "ear", "tail")}  # fmt: skip
    lengths["hip"] = b.hip / b.shoulder * lengths["shoulder"]
    antlers = b.antlers
    if animal.name in {a.name for a in (_DEER, *LOOK_ALIKES)} and rng.random() < 0.45 and season != "winter":
        antlers = float(rng.uniform(0.10, 0.20))
    light = jitter(1.0, 0.22)
    warm = jitter(1.0, 0.10)

    def tinge(colour: tuple[float, float, float]) -> tuple[float, float, float]:
        return (min(1.0, colour[0] * light * warm), min(1.0, colour[1] * light), min(1.0, colour[2] * light / warm))

    lengths = {n: value for n, value in lengths.items() if value > 0}
    coat = replace(
        c,
        **{name: tinge(getattr(c, name)) for name in ("back", "belly", "legs", "face", "tail")},
        pattern_strength=jitter(c.pattern_strength, 0.3),
        pattern_scale=jitter(c.pattern_scale, 0.15),
    )
    return replace(animal, build=replace(b, antlers=antlers, **lengths), coat=coat)
