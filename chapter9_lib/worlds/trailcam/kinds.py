"""The source world's kinds: procedurally drawn creatures and man-made things, the ImageNet of the lab.

`creature-…` kinds are random animals: traits that captions name (coat colour, pattern, face mask, headgear, …) are
dealt from decks, so that each occurs often; measures are drawn at random. The other kinds are things, named after
their family: `bucket-0`, `chair-3`. No kind is a target species: a creature that comes close to one is drawn again.

Beside these two hundred there are any number of creatures that nobody has a class for, `stranger-00000` and so on: the
photos that go with descriptions in words show strangers.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from .animals import Animal, Build, Coat, Colour
from .species import SPECIES
from .things import FAMILIES, thing

__all__ = ["COLOURS", "SOURCE_HALVES", "SOURCE_KINDS", "STRANGERS", "kind", "difference"]

_EACH = 5
_CREATURES = tuple(f"creature-{i:03d}" for i in range(_EACH * len(FAMILIES)))
_THINGS = tuple(f"{family}-{i}" for family in FAMILIES for i in range(_EACH))

SOURCE_KINDS: tuple[str, ...] = _CREATURES + _THINGS
"""Names of all source kinds, in label order."""

SOURCE_HALVES: dict[str, tuple[str, ...]] = {"living": _CREATURES, "man-made": _THINGS}
"""Two dissimilar halves of equal size (Yosinski et al. 2014, arXiv 1411.1792, split ImageNet into natural and made)."""

STRANGERS: tuple[str, ...] = tuple(f"stranger-{i:05d}" for i in range(2000))
"""Creatures of no source kind."""

COLOURS: dict[str, Colour] = {
    "black": (0.035, 0.032, 0.030), "grey": (0.20, 0.20, 0.20), "white": (0.70, 0.68, 0.65),
    "brown": (0.17, 0.10, 0.06), "tan": (0.42, 0.30, 0.18), "cream": (0.62, 0.53, 0.40),
    "rust": (0.36, 0.14, 0.05), "golden": (0.50, 0.33, 0.09), "bluish": (0.16, 0.20, 0.28), "olive": (0.20, 0.20, 0.09),
}  # fmt: skip

_DECKS: dict[str, dict[str, int]] = {
    "colour": dict.fromkeys(COLOURS, 10),
    "pattern": {"plain": 40, "spots": 20, "stripes": 20, "patches": 20},
    "mask": {"none": 55, "stripes": 15, "dark": 15, "pale": 15},
    "headgear": {"none": 64, "antlers": 18, "horns": 18},
    "ears": {"bare": 84, "tufted": 16},
    "tail": {"even": 62, "tipped": 38},
    "rump": {"even": 82, "pale": 18},
    "legs": {"even": 75, "socks": 25},
    "feet": {"paws": 60, "hooves": 40},
    "flanks": {"smooth": 80, "fringed": 20},
    "nose": {"dark": 65, "pink": 35},
    "cheeks": {"flat": 70, "full": 30},
    "withers": {"flat": 80, "humped": 20},
}
"""How many of the hundred creatures have which trait."""

_UNLIKE_TARGETS, _UNLIKE_OTHERS = 0.55, 0.25
_DARK, _PALE = ("black", "brown", "bluish", "olive"), ("white", "cream")


def kind(name: str) -> Animal:
    """The source kind or stranger with this name; always the same.

    Raises:
        ValueError: for a name that is none of `SOURCE_KINDS` or `STRANGERS`.
        RuntimeError: when no body unlike the target species is found.
    """
    if name in STRANGERS:
        return _stranger(STRANGERS.index(name))
    if name not in SOURCE_KINDS:
        raise ValueError(f"No source kind is called {name!r}: see SOURCE_KINDS, from {SOURCE_KINDS[0]} on.")
    number = SOURCE_KINDS.index(name)
    if number < len(_CREATURES):
        return _creatures()[number]
    return _thing(number - len(_CREATURES))


@cache
def _thing(number: int) -> Animal:
    return thing(_THINGS[number], *divmod(number, _EACH))


@cache
def _stranger(number: int) -> Animal:
    for attempt in range(200):
        rng = np.random.default_rng([15, number, attempt])
        traits = {trait: str(rng.choice(_deck(trait))) for trait in _DECKS}
        animal = _creature(STRANGERS[number], rng, traits)
        if _apart(animal, SPECIES) > _UNLIKE_TARGETS:
            return animal
    raise RuntimeError(f"No body unlike the target species was found for {STRANGERS[number]} in 200 tries.")


@cache
def _creatures() -> tuple[Animal, ...]:
    """One after the other, each unlike the target species and unlike those before it."""
    found: list[Animal] = []
    for number, name in enumerate(_CREATURES):
        traits = {trait: _deck(trait)[number] for trait in _DECKS}
        for attempt in range(200):
            animal = _creature(name, np.random.default_rng([13, number, attempt]), traits)
            if _apart(animal, SPECIES) > _UNLIKE_TARGETS and _apart(animal, found) > _UNLIKE_OTHERS:
                found.append(animal)
                break
        else:
            raise RuntimeError(f"No body unlike the others was found for {name} in 200 tries, with {traits}.")
    return tuple(found)


def difference(one: Animal, other: Animal) -> float:
    """How far two animals are apart to the eye: proportions (log ratios), size at half weight, coat colours.

    Individuals of a species lie about 0.06 from their kind, the target species 0.65 to 1 from each other.
    """
    return _apart(one, [other])


def _apart(animal: Animal, others: Sequence[Animal]) -> float:
    look = _look(animal)
    return min((float(np.linalg.norm(look - _look(other))) for other in others), default=np.inf)


@cache
def _look(animal: Animal) -> np.ndarray:
    build, coat = animal.build, animal.coat
    body = [getattr(build, n) / build.length for n in ("shoulder", "chest", "neck", "skull", "tail")]
    head = [getattr(build, n) / build.skull for n in ("snout", "ear")]
    shape = np.array([*np.log(np.array([*body, *head]) + 0.08), 0.5 * np.log(build.length)])
    colour = 2.0 * np.sqrt([*coat.back, *coat.face])
    return np.concatenate([shape / np.sqrt(len(shape)), colour / np.sqrt(len(colour))])


@cache
def _deck(trait: str) -> tuple[str, ...]:
    cards = [card for card, count in _DECKS[trait].items() for _ in range(count)]
    return tuple(np.random.default_rng([14, *trait.encode()]).permutation(cards).tolist())


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _creature(name: str, rng: np.random.Generator, traits: Mapping[str, str]) -> Animal:
    def between(low: float, high: float) -> float:
        return _between(rng, low, high)

    size, legs, stout = between(0.28, 0.75), between(0.45, 1.35), between(0.7, 1.45)
    shoulder = size * legs
    chest = min(size * 0.27 * stout, shoulder * 0.42)
    head = size * between(0.11, 0.21)
    build = Build(
        length=size, shoulder=shoulder, hip=shoulder * between(0.85, 1.15), chest=chest,
        waist=chest * between(0.7, 1.15), rump=chest * between(0.8, 1.15),
        hump=chest * between(0.3, 0.8) if traits["withers"] == "humped" else 0.0, depth=between(0.9, 1.5),
        neck=size * between(0.15, 0.65), neck_angle=float(rng.uniform(-5, 72)), neck_radius=chest * between(0.35, 0.7),
        skull=head, snout=head * between(0.4, 2.6), snout_radius=head * between(0.25, 0.6),
        snout_drop=float(rng.uniform(0.1, 0.5)), cheek=head * between(0.4, 1.2) if traits["cheeks"] == "full" else 0.0,
        ear=head * between(0.3, 2.8), ear_width=head * between(0.3, 0.65), ear_splay=float(rng.uniform(5, 75)),
        ear_round=float(rng.uniform(0.1, 1.0)), ear_tuft=head * 0.6 if traits["ears"] == "tufted" else 0.0,
        tail=size * between(0.06, 1.1), tail_radius=size * between(0.02, 0.12), tail_bush=between(0.6, 1.9),
        tail_droop=float(rng.uniform(-45, 85)), leg_radius=size * between(0.035, 0.075),
        foot=size * between(0.035, 0.085),
        antlers=size * between(0.3, 0.8) if traits["headgear"] == "antlers" else 0.0,
        horns=size * between(0.2, 0.5) if traits["headgear"] == "horns" else 0.0, fur=between(0.002, 0.012),
        dip=chest * between(0.02, 0.2), fringe=chest * 0.3 if traits["flanks"] == "fringed" else 0.0,
        head_angle=float(rng.uniform(5, 35)), narrow=between(0.95, 1.3), nose=between(0.4, 1.0),
        carpus=between(0.15, 0.34), hock=between(0.2, 0.42), hooves=traits["feet"] == "hooves",
    )  # fmt: skip
    return Animal(name, build, _coat(rng, traits))


def _coat(rng: np.random.Generator, traits: Mapping[str, str]) -> Coat:
    def shade(name: str) -> Colour:
        level = rng.uniform(0.85, 1.15)
        return tuple(float(value * level) for value in COLOURS[name])  # type: ignore[return-value]

    def colour(chance: float, otherwise: str, unlike: tuple[str, ...] = ()) -> str:
        """Another colour with this chance; one that can be told from `unlike` in any case."""
        fits = [name for name in COLOURS if all(_told_apart(name, other) for other in unlike)]
        return str(rng.choice(fits)) if otherwise not in fits or rng.random() < chance else otherwise

    back = traits["colour"]
    marks = colour(1.0, back, (back,))
    shown = {"stripes": (marks,), "dark": _DARK, "pale": _PALE}.get(traits["mask"], ())
    face, tail = colour(0.3, back, shown), colour(0.25, back)
    names = {
        "back": back, "belly": colour(0.5, back), "legs": colour(0.35, back), "face": face, "tail": tail,
        "muzzle": colour(0.4, face), "ears": colour(0.4, back), "tail_tip": colour(1.0, tail, (tail,)),
        "pattern_colour": marks,
    }  # fmt: skip
    return Coat(
        **{part: shade(name) for part, name in names.items()},
        belly_line=float(rng.uniform(0.05, 0.5)),
        sock=float(rng.uniform(0.2, 0.8)) if traits["legs"] == "socks" else 0.0,
        tip_share=float(rng.uniform(0.2, 0.5)) if traits["tail"] == "tipped" else 0.0,
        rump_patch=float(traits["rump"] == "pale"), throat=float(rng.random() < 0.3),
        nose=(0.018, 0.016, 0.015) if traits["nose"] == "dark" else (0.16, 0.10, 0.09),
        mask=traits["mask"], pattern=traits["pattern"], pattern_scale=float(rng.uniform(5, 16)),
        pattern_strength=float(rng.uniform(0.6, 1)), grizzle=float(rng.uniform(0.05, 0.6)),
        infrared=float(rng.uniform(0.3, 0.65)),
    )  # fmt: skip


def _told_apart(one: str, other: str) -> bool:
    return float(np.abs(np.sqrt(COLOURS[one]) - np.sqrt(COLOURS[other])).max()) > 0.2
