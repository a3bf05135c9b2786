"""Winners of a measured decision table, and what a rule costs over its tasks."""

import pytest

from chapter9_lib.classroom import record
from chapter9_lib.classroom.deciding import chapter_advice, over_tasks, winners
from chapter9_lib.studies import Cell

SEEDS = {
    "frozen": [50.0, 60.0, 55.0], "full": [58.0, 69.0, 62.0], "gradual": [59.0, 66.0, 63.0],
    "scratch": [30.0, 31.0, 29.0],
}  # fmt: skip


def rows(scores, task="night", photos=50):
    return [
        {"keys": {"task": task, "photos": photos, "strategy": name, "split": split}, "values": values}
        for name, values in scores.items() for split in ("test", "diverged")
    ]  # fmt: skip


def test_the_best_is_named_with_those_that_seeds_cannot_tell_from_it(bundle):
    bundle("decisions", rows(SEEDS) + rows({"frozen": [90.0, 91.0, 92.0], "full": [40.0, 41.0, 42.0]}, "day", 200))
    found = winners(record("decisions"), split="test")
    night, day = found["night", 50], found["day", 200]
    assert night.strategy == "full" and night.level == ("gradual",) and list(night.behind)[-1] == "scratch"
    assert night.gain.mean == pytest.approx(8) and night.words == "+8 (6 to 10)"
    assert (day.strategy, day.gain, day.words, day.level) == ("frozen", None, "", ())


def test_the_chapters_way_is_compared_but_wins_nothing(bundle):
    bundle("decisions", rows(SEEDS | {"as the chapter says": [70.0, 79.0, 72.0]}))
    night = winners(record("decisions"), split="test")["night", 50]
    assert night.strategy == "full" and next(iter(night.behind)) == night.level[0] == "as the chapter says"
    assert night.behind["as the chapter says"].mean < 0


def test_after_one_seed_nobody_is_told_from_the_best(bundle):
    bundle("decisions", rows({name: values[:1] for name, values in SEEDS.items()}))
    one = winners(record("decisions"), split="test")["night", 50]
    assert one.strategy == "gradual" and set(one.level) == {"frozen", "full", "scratch"} and one.words == "+9"


def test_a_table_without_the_anchor_is_refused(bundle):
    bundle("decisions", rows({"full": [1.0, 2.0], "scratch": [0.0, 1.0]}))
    with pytest.raises(KeyError, match="frozen"):
        winners(record("decisions"), split="test")


def test_the_chapters_table():
    assert [chapter_advice(photos, far=False) for photos in (50, 999, 1000, 10_000)] == [
        "frozen", "frozen", "gradual", "full",
    ]  # fmt: skip
    assert [chapter_advice(photos, far=True) for photos in (800, 3000)] == ["frozen in views", "gradual"]


def test_tasks_are_counted_and_not_cells():
    cells = [Cell("one", photos, 0.5, {}) for photos in (50, 200, 800)] + [Cell("other", 50, 0.5, {})]
    found = over_tasks(cells, [0.0, 0.0, 3.0, 5.0])
    assert found.mean == pytest.approx(3) and found.n == 2 and str(found).endswith("2 tasks)")
    assert "+3 points" in str(over_tasks(cells, [0.0, 0.0, 3.0, 5.0], difference=True))
