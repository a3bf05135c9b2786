"""Words for photos: colours by their names, animals as field guides describe them, things by their family."""

from collections import Counter

import pytest

from chapter9_lib.worlds.trailcam.captions import ATTRIBUTES, attributes
from chapter9_lib.worlds.trailcam.kinds import COLOURS, SOURCE_KINDS
from chapter9_lib.worlds.trailcam.scene import sample_scene
from chapter9_lib.worlds.trailcam.species import SPECIES
from chapter9_lib.worlds.trailcam.things import FAMILIES, PAINTS


@pytest.fixture(scope="module")
def usual():
    """The most frequent word of each attribute, by species."""
    said = {a.name: [attributes(sample_scene(a.name, 3, seed)) for seed in range(40)] for a in SPECIES}
    return {
        name: {word: Counter(row[word] for row in rows).most_common(1)[0][0] for word in ATTRIBUTES}
        for name, rows in said.items()
    }


@pytest.mark.parametrize(("species", "words"), [
    ("red fox", {"coat": "rust", "ears": "medium pointed", "tail": "long bushy with a tip", "face": "plain"}),
    ("roe deer", {"body": "slender", "legs": "long", "rump": "pale", "ears": "long pointed", "snout": "long"}),
    ("wild boar", {"coat": "black", "body": "stocky", "snout": "long", "headgear": "none", "belly": "black"}),
    ("European badger", {"coat": "grey", "face": "striped", "legs": "short", "body": "stocky", "belly": "black"}),
    ("Eurasian lynx", {"ears": "medium tufted", "pattern": "spots", "snout": "short"}),
])  # fmt: skip
def test_species_are_described_as_field_guides_do(usual, species, words):
    assert {word: usual[species][word] for word in words} == words


def test_no_two_species_are_described_alike(usual):
    lasting = [word for word in ATTRIBUTES if word not in ("facing", "nearness")]
    for one, other in ((a.name, b.name) for a in SPECIES for b in SPECIES if a != b):
        assert sum(usual[one][word] != usual[other][word] for word in lasting) >= 4, (one, other)


@pytest.mark.parametrize(("kind", "camera"), [("bucket-1", 1003), ("tent-4", 1010)])
def test_a_thing_is_called_by_its_family_and_paint(kind, camera):
    said = attributes(sample_scene(kind, camera, 1))
    assert said["what"] == kind.split("-")[0] in FAMILIES and said["coat"] in PAINTS and said["belly"] in PAINTS
    assert said["tail"] == said["face"] == said["facing"] == "none" and tuple(said) == ATTRIBUTES


def test_lighter_and_darker_coats_keep_their_names():
    from chapter9_lib.worlds.trailcam.captions import _colour

    for names in (COLOURS, PAINTS):
        for name, colour in names.items():
            for level in (0.88, 1.12):
                assert _colour(tuple(min(1.0, value * level) for value in colour), names) == name


def test_every_word_for_a_species_is_said_of_source_kinds_too():
    source = [attributes(sample_scene(kind, 1000 + i % 40, i)) for i, kind in enumerate(SOURCE_KINDS * 5)]
    said = {word: {row[word] for row in source} for word in ATTRIBUTES}
    for animal in SPECIES:
        for seed in range(20):
            own = attributes(sample_scene(animal.name, 3, seed))
            assert not {word: value for word, value in own.items() if value not in said[word]}, animal.name
