"""The five species of the wildlife group, and five look-alike subspecies of the roe deer.

Measures follow field guides (shoulder height, body and tail length); colours are linear RGB.
"""

from dataclasses import replace

import numpy as np

from .animals import Animal, Build, Coat, Colour

__all__ = ["LOOK_ALIKES", "SPECIES", "individual"]

_FOX = Animal(
    "red fox",
    Build(
        length=0.32, shoulder=0.32, hip=0.33, chest=0.082, waist=0.063, rump=0.074, depth=1.30, neck=0.13,
        neck_angle=36, neck_radius=0.052, skull=0.068, snout=0.100, snout_radius=0.016, snout_drop=0.22, cheek=0.05,
        ear=0.100, ear_width=0.036, ear_splay=18, ear_round=0.08, tail=0.4, tail_radius=0.052, tail_bush=1.25,
        tail_droop=44, leg_radius=0.0165, foot=0.0165, fur=0.004, head_angle=18, nose=0.75, carpus=0.20, hock=0.30,
    ),
    Coat(
        back=(0.33, 0.15, 0.06), belly=(0.70, 0.64, 0.58), belly_line=0.18, legs=(0.30, 0.13, 0.05), sock=0.42,
        face=(0.36, 0.17, 0.07), muzzle=(0.72, 0.67, 0.61), chin=(0.78, 0.74, 0.69), ears=(0.030, 0.026, 0.024),
        inside=(0.55, 0.45, 0.36), tail=(0.31, 0.15, 0.065), tail_tip=(0.80, 0.77, 0.72), tip_share=0.22, throat=1.0,
        grizzle=0.3, infrared=0.60,
    ),
)  # fmt: skip
_DEER = Animal(
    "roe deer",
    Build(
        length=0.5, shoulder=0.575, hip=0.605, chest=0.138, waist=0.112, rump=0.128, depth=1.45, neck=0.30,
        neck_angle=56, neck_radius=0.046, skull=0.058, snout=0.115, snout_radius=0.023, snout_drop=0.10, ear=0.140,
        ear_width=0.036, ear_splay=46, ear_round=0.22, tail=0.03, tail_radius=0.02, tail_bush=0.8, leg_radius=0.0165,
        foot=0.020, fur=0.002, head_angle=28, narrow=1.15, nose=0.80, carpus=0.32, hock=0.40, hooves=True,
    ),
    Coat(
        back=(0.31, 0.155, 0.072), belly=(0.50, 0.38, 0.26), belly_line=0.12, legs=(0.32, 0.18, 0.095),
        face=(0.27, 0.17, 0.10), muzzle=(0.24, 0.17, 0.12), chin=(0.62, 0.57, 0.50), ears=(0.24, 0.17, 0.12),
        inside=(0.50, 0.43, 0.36), tail=(0.6, 0.54, 0.46), tail_tip=(0.6, 0.54, 0.46), rump_patch=0.75, throat=0.25,
        grizzle=0.07, infrared=0.55,
    ),
)  # fmt: skip
_BOAR = Animal(
    "wild boar",
    Build(
        length=0.64, shoulder=0.5, hip=0.465, chest=0.225, waist=0.19, rump=0.155, hump=0.11, depth=1.45, neck=0.14,
        neck_angle=2, neck_radius=0.132, skull=0.115, snout=0.29, snout_radius=0.048, snout_drop=0.12, ear=0.14,
        ear_width=0.042, ear_splay=28, ear_round=0.15, tail=0.24, tail_radius=0.012, tail_bush=1.5, tail_droop=80,
        leg_radius=0.027, foot=0.026, fur=0.008, head_angle=30, narrow=1.25, nose=1.0, tusks=0.028, carpus=0.20,
        hock=0.28, hooves=True,
    ),
    Coat(
        back=(0.064, 0.051, 0.041), belly=(0.055, 0.044, 0.036), belly_line=0.1, legs=(0.026, 0.022, 0.019),
        face=(0.1, 0.083, 0.068), muzzle=(0.080, 0.066, 0.056), chin=(0.07, 0.057, 0.047),
        ears=(0.040, 0.033, 0.028), inside=(0.09, 0.075, 0.063), tail=(0.05, 0.04, 0.033),
        tail_tip=(0.02, 0.018, 0.016), tip_share=0.25, grizzle=0.40, infrared=0.30, nose=(0.15, 0.105, 0.095),
    ),
)  # fmt: skip
_BADGER = Animal(
    "European badger",
    Build(
        length=0.42, shoulder=0.2, hip=0.21, chest=0.105, waist=0.125, rump=0.120, depth=0.95, neck=0.145,
        neck_angle=8, neck_radius=0.06, skull=0.074, snout=0.115, snout_radius=0.026, snout_drop=0.12, ear=0.036,
        ear_width=0.024, ear_splay=38, ear_round=0.85, tail=0.14, tail_radius=0.026, tail_bush=1.0, tail_droop=50,
        leg_radius=0.030, foot=0.028, fur=0.009, head_angle=16, nose=0.75, carpus=0.16, hock=0.20, fringe=0.018,
    ),
    Coat(
        back=(0.215, 0.198, 0.172), belly=(0.030, 0.026, 0.024), belly_line=0.42, legs=(0.024, 0.021, 0.019),
        face=(0.82, 0.80, 0.76), muzzle=(0.80, 0.78, 0.74), chin=(0.70, 0.68, 0.64), ears=(0.04, 0.035, 0.03),
        inside=(0.05, 0.045, 0.04), tail=(0.3, 0.285, 0.265), tail_tip=(0.42, 0.4, 0.37), throat=1.0, mask="stripes",
        pattern_colour=(0.014, 0.012, 0.011), grizzle=0.35, infrared=0.42,
    ),
)  # fmt: skip
_LYNX = Animal(
    "Eurasian lynx",
    Build(
        length=0.52, shoulder=0.47, hip=0.522, chest=0.13, waist=0.115, rump=0.134, depth=1.35, neck=0.145,
        neck_angle=34, neck_radius=0.076, skull=0.092, snout=0.045, snout_radius=0.038, snout_drop=0.15, cheek=0.075,
        ear=0.085, ear_width=0.038, ear_splay=22, ear_round=0.10, ear_tuft=0.05, tail=0.16, tail_radius=0.030,
        tail_bush=1.15, tail_droop=48, leg_radius=0.035, foot=0.038, fur=0.008, head_angle=10, narrow=0.98, nose=0.42,
        carpus=0.18, hock=0.28,
    ),
    Coat(
        back=(0.36, 0.235, 0.125), belly=(0.66, 0.60, 0.52), belly_line=0.22, legs=(0.42, 0.30, 0.18),
        face=(0.37, 0.25, 0.14), muzzle=(0.54, 0.45, 0.36), chin=(0.54, 0.46, 0.37), ears=(0.025, 0.022, 0.020),
        inside=(0.50, 0.43, 0.36), tail=(0.38, 0.27, 0.16), tail_tip=(0.016, 0.014, 0.013), tip_share=0.42, throat=0.8,
        pattern="spots", pattern_colour=(0.065, 0.042, 0.027), pattern_scale=7.5, pattern_strength=0.55, grizzle=0.15,
        infrared=0.62, nose=(0.16, 0.09, 0.075),
    ),
)  # fmt: skip

SPECIES: tuple[Animal, ...] = (_FOX, _DEER, _BOAR, _BADGER, _LYNX)
"""The five target species, in label order."""


def _subspecies(
    name: str, warm: float, light: float, ear: float, patch: float, leg: float, neck: float, throat: float
) -> Animal:
    build, coat = _DEER.build, _DEER.coat

    def tone(colour: Colour) -> Colour:
        return (colour[0] * warm * light, colour[1] * light, colour[2] * light / warm)

    return Animal(
        name,
        replace(build, ear=build.ear * ear, shoulder=build.shoulder * leg, hip=build.hip * leg, neck=build.neck * neck),
        replace(
            coat, back=tone(coat.back), legs=tone(coat.legs), face=tone(coat.face), rump_patch=patch, throat=throat
        ),
    )


LOOK_ALIKES: tuple[Animal, ...] = (
    _subspecies("lowland roe", 1.00, 1.00, 1.00, 0.75, 1.00, 1.00, 0.25),
    _subspecies("mountain roe", 0.80, 0.70, 0.70, 0.60, 0.88, 0.88, 0.00),
    _subspecies("marsh roe", 1.25, 0.95, 1.05, 0.20, 1.14, 1.02, 0.25),
    _subspecies("island roe", 1.00, 1.15, 1.45, 0.55, 0.82, 0.85, 1.00),
    _subspecies("steppe roe", 0.85, 1.30, 0.85, 0.40, 1.05, 1.26, 0.60),
)
"""Five subspecies that differ in coat tone, the length of ear, leg and neck, rump patch and throat only: by two to
four times as much as individuals of one of them do."""

_ROES = {animal.name for animal in (_DEER, *LOOK_ALIKES)}
_PROPORTIONS = ("length", "shoulder", "chest", "waist", "rump", "neck", "skull", "snout", "ear", "tail")
_LENGTHS = (*_PROPORTIONS, "hump", "neck_radius", "snout_radius", "cheek", "ear_width", "ear_tuft", "tail_radius",
            "leg_radius", "foot", "dip", "fringe", "tusks")  # fmt: skip
_WINTER: dict[str, dict[str, Colour]] = {
    "red fox": {"back": (0.95, 1.05, 1.3), "tail": (0.95, 1.05, 1.3)},
    "roe deer": {
        "back": (0.62, 0.95, 1.45),
        "legs": (0.65, 0.95, 1.35),
        "face": (0.8, 0.97, 1.2),
        "belly": (0.75, 0.95, 1.2),
    },
    "wild boar": {"back": (0.85, 0.85, 0.85), "belly": (0.85, 0.85, 0.85)},
    "European badger": {"back": (1.1, 1.1, 1.08)},
    "Eurasian lynx": {
        "back": (0.95, 1.08, 1.35),
        "legs": (0.95, 1.05, 1.25),
        "face": (0.95, 1.05, 1.25),
        "tail": (0.95, 1.08, 1.35),
    },
}
"""What the winter coat multiplies the summer coat's linear RGB with: roe deer turn from red to grey-brown."""
_WOOL = {"winter": 1.0, "spring": 0.6, "summer": 0.0, "autumn": 0.4}


def _dressed(animal: Animal, season: str) -> Animal:
    """The animal in the coat of the `season`: colours by `_WINTER`, and thicker fur and tail in the cold."""
    ratios = _WINTER.get("roe deer" if animal.name in _ROES else animal.name)
    if ratios is None:
        return animal
    wool, b, c = _WOOL[season], animal.build, animal.coat
    colours = {
        part: tuple(value * (1 + wool * (ratio - 1)) for value, ratio in zip(getattr(c, part), by, strict=True))
        for part, by in ratios.items()
    }
    thick = 1 + 0.06 * wool
    build = replace(b, fur=b.fur * (0.8 + 0.5 * wool), chest=b.chest * thick, waist=b.waist * thick,
                    neck_radius=b.neck_radius * thick, tail_radius=b.tail_radius * thick)  # fmt: skip
    return replace(animal, build=build, coat=replace(c, **colours))


def individual(animal: Animal, rng: np.random.Generator, season: str, *, vary: float = 1.0) -> Animal:
    """One individual of a kind in the coat of the `season`: size ±12 %, proportions ±6 %, coat ±22 % in brightness.

    These are twice the standard deviation, and nothing lies further off; white fur varies least. Roebucks carry antlers
    except in winter.
    """

    def jitter(value: float, share: float) -> float:
        return float(value * np.clip(1 + vary * rng.normal(0, share / 2), 1 - share, 1 + share))

    animal = _dressed(animal, season)
    b, c = animal.build, animal.coat
    size = jitter(1.0, 0.12)
    lengths = {name: getattr(b, name) * size for name in _LENGTHS}
    lengths |= {name: jitter(lengths[name], 0.06) for name in _PROPORTIONS}
    lengths["hip"] = b.hip / b.shoulder * lengths["shoulder"]
    antlers = b.antlers
    if animal.name in _ROES and rng.random() < 0.45 and season != "winter":
        antlers = float(rng.uniform(0.10, 0.20))
    light = jitter(1.0, 0.22)
    warm = jitter(1.0, 0.10)

    def tinge(colour: Colour) -> Colour:
        red, green, blue = colour
        much = 1 - min(1.0, green / 0.8)
        return (min(1.0, red * (light * warm) ** much), min(1.0, green * light**much),
                min(1.0, blue * (light / warm) ** much))  # fmt: skip

    coat = replace(
        c,
        **{name: tinge(getattr(c, name)) for name in ("back", "belly", "legs", "face", "tail")},
        pattern_strength=jitter(c.pattern_strength, 0.3),
        pattern_scale=jitter(c.pattern_scale, 0.15),
    )
    return replace(animal, build=replace(b, antlers=antlers, **lengths), coat=coat)
