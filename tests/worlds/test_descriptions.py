"""Sentences from what the rendered world knows: true, varied, and in words of the vocabulary."""

import numpy as np
import pytest

from chapter9_lib import open_world
from chapter9_lib.models.image_text import words_in
from chapter9_lib.worlds.descriptions import VOCABULARY, describe


@pytest.fixture(scope="module")
def rows():
    photos = open_world("lab").photos("source")
    return [row for row in photos.manifest if row["what"] == "animal"]


def test_every_word_is_in_the_vocabulary_and_every_word_of_it_is_used(rows):
    random, used = np.random.default_rng(0), set()
    for row in rows * 4:
        used |= set(words_in(describe(row, random)))
    assert used == set(VOCABULARY)


def test_the_same_random_numbers_give_the_same_sentence_and_others_another(rows):
    one, again = (describe(rows[5], np.random.default_rng(3)) for _ in range(2))
    assert one == again
    assert len({describe(rows[5], np.random.default_rng(seed)) for seed in range(50)}) > 40


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("face", "striped", {"stripe", "stripes", "striped"}), ("headgear", "antlers", {"antlers"}),
     ("ears", "small tufted", {"tufted"}), ("rump", "pale", {"rump"})],
)  # fmt: skip
def test_what_is_said_is_true(rows, key, value, told):
    random = np.random.default_rng(0)
    plain = {"face": "plain", "pattern": "plain", "headgear": "none", "ears": "small round", "rump": "plain"}
    with_it, without = rows[0] | plain | {key: value}, rows[0] | plain
    said = [[set(words_in(describe(row, random))) & told for _ in range(120)] for row in (with_it, without)]
    negated = {"antlers"}  # "no antlers"
    assert sum(map(bool, said[0])) > 20
    assert told <= negated or not any(said[1])


def test_colours_are_passed_over_by_infrared_light(rows):
    random = np.random.default_rng(0)
    row = rows[0] | {"light": "infrared", "coat": "rust", "belly": "olive", "face": "plain"}
    words = {word for _ in range(200) for word in words_in(describe(row, random))}
    assert not words & {"rust", "rusty", "reddish", "red", "russet", "olive", "greenish"}


def test_articles_fit(rows):
    random = np.random.default_rng(0)
    for row in rows[::10]:
        words = words_in(describe(row, random))
        assert not any(a == "a" and b[0] in "aeiou" for a, b in zip(words, words[1:], strict=False)), words
        assert not any(a == "an" and b[0] not in "aeiou" for a, b in zip(words, words[1:], strict=False)), words
