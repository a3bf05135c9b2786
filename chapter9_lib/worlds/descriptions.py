"""What a person might say of a photo: sentences from the attributes that the rendered world knows of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from chapter9_lib.models.image_text import words_in

__all__ = ["VOCABULARY", "describe"]

Attributes = Mapping[str, str]
Phrases = Sequence[str]

_COLOURS: dict[str, Phrases] = {
    "black": ("black", "dark"), "grey": ("grey", "gray"), "white": ("white",), "brown": ("brown",),
    "tan": ("tan", "sandy", "yellowish"), "cream": ("cream", "cream coloured"),
    "rust": ("rust", "rusty", "reddish", "red", "russet"), "golden": ("golden", "yellow"),
    "bluish": ("bluish", "blue"), "olive": ("olive", "greenish"),
}  # fmt: skip
_BODIES = {"slender": ("slender", "slim", "lean"), "stocky": ("stocky", "heavy", "thickset")}
_LEGS = {"short": ("short legs",), "long": ("long legs",)}
_HEIGHTS = {"short": ("low",), "long": ("tall",)}
_PATTERNS: dict[str, Phrases] = {
    "plain": ("a plain coat", "no pattern"), "spots": ("a spotted coat", "spots", "spots on its coat"),
    "stripes": ("a striped coat", "stripes on its body"), "patches": ("a patched coat", "patches", "blotches"),
}  # fmt: skip
_FACES: dict[str, Phrases] = {
    "plain": ("a plain face",), "striped": ("a striped face", "stripes on its face", "a stripe on its face"),
    "dark mask": ("a dark mask", "a dark masked face"), "pale mask": ("a pale mask", "a pale masked face"),
}  # fmt: skip
_SHAPES: dict[str, Phrases] = {
    "pointed": ("pointed", "sharp"), "round": ("round", "rounded"), "tufted": ("tufted",),
}  # fmt: skip
_SNOUTS = ("snout", "muzzle", "nose")
_RUMPS = {"pale": ("a pale rump", "a white rump", "a pale patch on its rump")}
_HEADGEAR: dict[str, Phrases] = {
    "antlers": ("antlers", "antlers on its head"), "horns": ("horns", "two horns"), "none": ("no antlers", "no horns"),
}  # fmt: skip
_LIGHTS = {"day": ("by day", "in daylight"), "dusk": ("at dusk",), "infrared": ("at night", "by night", "in the dark")}
_WEATHERS = {"fog": ("in fog", "in the fog"), "rain": ("in the rain",), "snowfall": ("in falling snow",)}
_FACING: dict[str, Phrases] = {
    "left": ("facing left", "looking to the left"), "right": ("facing right", "looking to the right"),
    "camera": ("facing the camera", "seen from the front"), "away": ("facing away", "seen from behind"),
}  # fmt: skip
_NEARNESS = {"near": ("near the camera", "close up"), "far": ("far away", "in the distance")}
_NOUNS = ("animal", "creature", "beast")
_STARTS = ("", "a photo of ", "a trail camera photo of ", "there is ", "we see ")
_JOINS = (" with ", " that has ", ", ")


def describe(attributes: Attributes, random: np.random.Generator) -> str:
    """A sentence that says some of it, in some order, in some of the words there are for it.

    The colours of a photo by infrared light are passed over, as they can't be seen.

    Args:
        attributes: of one photo of an animal, as its manifest row tells them.
        random: which attributes are mentioned, and how.
    """
    seen = dict(attributes)
    if seen.get("light") == "infrared":
        seen |= {"coat": "", "belly": ""}
    marks = [mark for mark in _marks(seen, random) if random.random() < 0.5]
    marks = [marks[at] for at in random.permutation(len(marks))][:4]
    places = [_pick(random, phrases) for phrases in _places(seen) if random.random() < 0.2]
    listed = ", ".join(marks[:-1]) + " and " + marks[-1] if len(marks) > 1 else "".join(marks)
    said = _noun(seen, random) + (_pick(random, _JOINS) + listed if listed else "")
    return " ".join([_pick(random, _STARTS) + said, *places])


def _noun(seen: Attributes, random: np.random.Generator) -> str:
    """Such as "a low stocky grey creature"."""
    tables = (_HEIGHTS.get(seen.get("legs", "")), _BODIES.get(seen.get("body", "")), _COLOURS.get(seen["coat"]))
    said = [_pick(random, phrases) for phrases, share in zip(tables, (0.4, 0.5, 0.7), strict=True)
            if phrases and random.random() < share]  # fmt: skip
    said.append(_pick(random, _NOUNS))
    return " ".join([_article(said[0]), *said])


def _marks(seen: Attributes, random: np.random.Generator) -> list[str]:
    """Everything that may be said after "with", each thing in words drawn for it."""
    found = [_pick(random, table[seen[key]]) for key, table in _TABLES.items() if seen.get(key) in table]
    for part, names in (("coat", ("coat", "fur")), ("belly", ("belly", "underside"))):
        if seen[part] in _COLOURS:
            colour = _pick(random, _COLOURS[seen[part]])
            found.append(f"{_article(colour)} {colour} {_pick(random, names)}")
    if (ears := seen.get("ears", "none")) != "none":
        size, shape = ears.split()
        found.append(" ".join([*_size(size, random), _pick(random, _SHAPES[shape]), "ears"]))
    if seen.get("snout") in ("short", "long"):
        found.append(f"a {seen['snout']} {_pick(random, _SNOUTS)}")
    if (tail := seen.get("tail", "none")) != "none":
        size, girth, *tip = tail.split()
        end = " with a tip of another colour" if tip and random.random() < 0.5 else ""
        found.append(" ".join(["a", *_size(size, random), girth, "tail"]) + end)
    return found


_TABLES: dict[str, dict[str, Phrases]] = {
    "pattern": _PATTERNS, "face": _FACES, "legs": _LEGS, "rump": _RUMPS, "headgear": _HEADGEAR,
}  # fmt: skip


def _size(size: str, random: np.random.Generator) -> list[str]:
    return [] if size == "medium" or random.random() < 0.25 else [size]


def _places(seen: Attributes) -> list[Phrases]:
    tables = {"light": _LIGHTS, "weather": _WEATHERS, "facing": _FACING, "nearness": _NEARNESS}
    return [table[seen[key]] for key, table in tables.items() if seen.get(key) in table]


def _pick(random: np.random.Generator, phrases: Phrases) -> str:
    return phrases[int(random.integers(len(phrases)))]


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _all_words() -> tuple[str, ...]:
    tables = [_COLOURS, _BODIES, _LEGS, _HEIGHTS, _PATTERNS, _FACES, _SHAPES, _RUMPS, _HEADGEAR, _LIGHTS, _WEATHERS,
              _FACING, _NEARNESS]  # fmt: skip
    phrases = [phrase for table in tables for some in table.values() for phrase in some]
    rest = "an and that has with of another colour tip coat fur belly underside ears tail long short small bushy thin"
    return tuple(sorted(set(words_in(" ".join([*phrases, *_SNOUTS, *_NOUNS, *_STARTS, *_JOINS, rest])))))


VOCABULARY: tuple[str, ...] = _all_words()
"""Every word that `describe` may use."""
