"""The source world's kinds: two halves, every caption attribute often enough, none of them a target species."""

from collections import Counter

import numpy as np
import pytest
import torch

from chapter9_lib.worlds.trailcam.animals import Pose
from chapter9_lib.worlds.trailcam.captions import attributes
from chapter9_lib.worlds.trailcam.kinds import SOURCE_HALVES, SOURCE_KINDS, STRANGERS, difference, kind
from chapter9_lib.worlds.trailcam.march import Body
from chapter9_lib.worlds.trailcam.scene import Scene, find_animal
from chapter9_lib.worlds.trailcam.skeleton import skeleton
from chapter9_lib.worlds.trailcam.species import SPECIES
from chapter9_lib.worlds.trailcam.things import FAMILIES, PAINTS


@pytest.fixture(scope="module")
def said():
    """What is said of each kind as it is, before individuals vary: {half: [attributes]}."""
    scenes = {half: [Scene(kind(name), 1000, 0) for name in names] for half, names in SOURCE_HALVES.items()}
    return {half: [attributes(scene) for scene in own] for half, own in scenes.items()}


def count(rows, attribute, word):
    return sum(word in row[attribute] for row in rows)


def test_two_halves_of_equal_size_make_up_all_kinds():
    living, made = SOURCE_HALVES["living"], SOURCE_HALVES["man-made"]
    assert len(living) == len(made) == 100 and living + made == SOURCE_KINDS
    assert len(set(SOURCE_KINDS)) == 200 and not {a.name for a in SPECIES} & set(SOURCE_KINDS)
    assert not any(kind(name).parts for name in living) and all(kind(name).parts for name in made)
    assert kind("chair-3") is kind("chair-3") is find_animal("chair-3")


def test_twenty_families_of_things_and_all_are_different(said):
    assert len(FAMILIES) == 20
    assert Counter(row["what"] for row in said["man-made"]) == dict.fromkeys(FAMILIES, 5)
    assert len({kind(name).parts for name in SOURCE_HALVES["man-made"]}) == 100
    looks = {(row["what"], row["coat"]) for row in said["man-made"]}
    assert len(looks) == 100, "no two kinds of a family wear the same paint"
    assert {row["coat"] for row in said["man-made"]} == set(PAINTS)
    patterns = Counter((row["what"], row["pattern"], row["coat"] == row["belly"]) for row in said["man-made"])
    assert set(patterns.values()) == {1}, "nor the same pattern"


@pytest.mark.parametrize("name", FAMILIES)
def test_things_stand_on_the_ground_and_are_as_high_as_they_say(name):
    for variant in range(5):
        thing = kind(f"{name}-{variant}")
        body, height = Body.stack([skeleton(thing, Pose())]), thing.build.shoulder

        def nearest(level, body=body, height=height):
            x, z = torch.meshgrid(*[torch.linspace(-1.2, 1.2, 61) * height] * 2, indexing="ij")
            points = torch.stack([x, torch.full_like(x, level * height), z], -1).reshape(1, -1, 3)
            return float(body.distance(points).min()) / height

        assert nearest(0.0) < 0.05 < nearest(-0.4), thing.name
        assert nearest(0.9) < 0.05 < nearest(1.45), thing.name
        assert len(thing.parts) <= 24 and 0.4 < height < 1.0


@pytest.mark.parametrize(("attribute", "word", "least"), [
    *(("coat", colour, 3) for colour in ("black", "grey", "white", "brown", "tan", "cream", "rust", "golden", "olive")),
    ("pattern", "stripes", 15), ("pattern", "spots", 15), ("pattern", "patches", 15), ("pattern", "plain", 30),
    ("face", "striped", 12), ("face", "dark mask", 12), ("face", "pale mask", 12), ("face", "plain", 40),
    ("ears", "tufted", 12), ("ears", "long", 12), ("ears", "small", 12), ("ears", "round", 12), ("ears", "pointed", 12),
    ("snout", "long", 12), ("snout", "short", 12), ("rump", "pale", 12),
    ("tail", "bushy", 12), ("tail", "thin", 12), ("tail", "long", 12), ("tail", "short", 12), ("tail", "tip", 25),
    ("legs", "short", 12), ("legs", "long", 12), ("body", "slender", 12), ("body", "stocky", 12),
    ("headgear", "antlers", 12), ("headgear", "horns", 12), ("headgear", "none", 40),
])  # fmt: skip
def test_every_attribute_occurs_often_among_the_creatures(said, attribute, word, least):
    assert count(said["living"], attribute, word) >= least


def test_marks_can_be_seen():
    def gap(one, other):
        return np.abs(np.sqrt(one) - np.sqrt(other)).max()

    for name in SOURCE_HALVES["living"]:
        coat = kind(name).coat
        assert gap(coat.back, coat.pattern_colour) > 0.1, name
        assert not coat.tip_share or gap(coat.tail, coat.tail_tip) > 0.1, name
        shown = {"stripes": coat.pattern_colour, "dark": (0.02,) * 3, "pale": (0.7,) * 3}.get(coat.mask)
        assert shown is None or gap(coat.face, shown) > 0.1, name


def test_no_creature_comes_close_to_a_species_or_to_another():
    creatures = [kind(name) for name in SOURCE_HALVES["living"]]
    assert min(difference(one, species) for one in creatures for species in SPECIES) > 0.55
    pairs = [difference(one, other) for i, one in enumerate(creatures) for other in creatures[:i]]
    assert min(pairs) > 0.25
    assert difference(SPECIES[0], SPECIES[0]) == 0


def test_an_unknown_kind():
    with pytest.raises(ValueError):
        kind("unicorn-0")


def test_strangers_are_many_and_none_is_a_target_species():
    strangers = [kind(name) for name in STRANGERS[:60]]
    assert len({animal.build for animal in strangers}) == 60 and not any(animal.parts for animal in strangers)
    assert min(difference(animal, target) for animal in strangers for target in SPECIES) > 0.55
    assert find_animal(STRANGERS[3]) is strangers[3] and not set(STRANGERS) & set(SOURCE_KINDS)
    coats = [animal.coat for animal in strangers]
    assert len({coat.pattern for coat in coats}) == len({coat.mask for coat in coats}) == 4
