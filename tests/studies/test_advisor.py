"""Advice read off measured cells."""

from dataclasses import replace

import pytest

from chapter9_lib.studies import Cell, advise_from, advised_strategy, kept_out_advice
from chapter9_lib.studies.advisor import STRATEGIES, expected_regrets


def cells():
    """Few photos of near tasks: frozen is best. Many: all thawed. Far tasks: from scratch, when there are many."""
    return [
        Cell("near", 100, 0.7, {"frozen": 80, "full": 76, "scratch": 40}),
        Cell("near", 3000, 0.7, {"frozen": 84, "full": 92, "scratch": 70}),
        Cell("far", 100, 0.0, {"frozen": 40, "full": 50, "scratch": 49}),
        Cell("far", 3000, 0.0, {"frozen": 50, "full": 80, "scratch": 90}),
    ]


@pytest.mark.parametrize(("photos", "known", "wanted"), [
    (100, 0.7, "frozen"), (3000, 0.7, "full"), (100, 0.0, "full"), (3000, 0.0, "scratch"), (60, 0.9, "frozen"),
])  # fmt: skip
def test_the_winner_of_a_cell_is_advised_in_it_and_beside_it(photos, known, wanted):
    advice = advise_from(cells(), photos, known)
    assert advice.strategy == wanted and f"advice: {wanted}" in str(advice)
    assert str(photos) in advice.reasons[0] and f"{known:.0%}" in advice.reasons[0]


def test_of_two_that_cannot_be_told_apart_the_cheaper_is_advised():
    close = [Cell("near", 500, 0.5, {"frozen": 80.0, "full": 80.9, "scratch": 30})]
    advice = advise_from(close, 500, 0.5)
    assert advice.strategy == "frozen" and "costs less" in advice.reasons[-1]
    wider = [Cell("near", 500, 0.5, {"frozen": 80.0, "full": 81.1, "scratch": 30})]
    assert advise_from(wider, 500, 0.5).strategy == "full"


def test_it_says_what_would_change_its_mind():
    few = advise_from(cells(), 100, 0.7)
    assert any("you had 1000 photos: full" in one for one in few.change)
    assert any("knew less" in one for one in few.change)
    assert advise_from(cells()[:1], 100, 0.7).change == ()


def test_what_was_tried_only_far_away_is_not_advised():
    found = [*cells(), Cell("elsewhere", 10_000, -3.0, {"frozen": 10, "adapters": 99})]
    assert "adapters" not in expected_regrets(found, 100, 0.7)
    near, far = Cell("near", 100, 0.6, {"frozen": 90, "full": 92}), {"frozen": 40, "full": 45, "self-supervised": 60}
    assert advise_from([near, Cell("far", 100, 0.3, far)], 100, 0.6).strategy == "full"
    assert advise_from([near, Cell("far", 100, 0.3, far)], 100, 0.2).strategy == "self-supervised"
    assert list(expected_regrets(cells(), 100, 0.7).values()) == sorted(expected_regrets(cells(), 100, 0.7).values())


def test_of_two_unknown_tasks_the_one_that_looks_as_unlike_is_followed():
    alike, unlike = {"frozen": 40, "deep stages afresh": 30}, {"frozen": 40, "deep stages afresh": 70}
    found = [Cell("fine coats", 200, 0.1, alike, 0.01), Cell("sounds", 200, 0.1, unlike, 0.25)]
    assert advise_from(found, 200, 0.1, 0.02).strategy == "frozen"
    far = advise_from(found, 200, 0.1, 0.2)
    assert far.strategy == "deep stages afresh" and "shift its norms by 0.2 nats" in far.reasons[0]
    assert far.change == ("they shifted its norms less, by 0.013 nats: frozen",)
    assert [advised_strategy(found, 200, 0.1, shift) for shift in (0.02, 0.2)] == ["frozen", "deep stages afresh"]
    blind = [replace(cell, shift=None) for cell in found]
    assert advise_from(found, 200, 0.1).expected == advise_from(blind, 200, 0.1, 0.2).expected
    third = Cell("fine feathers", 200, 0.1, {"frozen": 40, "deep stages afresh": 30}, 0.012)
    assert kept_out_advice([*found, third])[2] == "frozen" and kept_out_advice([*blind, third])[2] != "frozen"


def test_a_map_is_refused_what_an_advice_is_refused():
    for some, photos in (([], 10), (cells(), 0), ([Cell("odd", 9, 0.5, {"full": 3})], 9)):
        with pytest.raises(ValueError, match="at least one of each|no score for"):
            advised_strategy(some, photos, 0.5)


def test_an_advice_for_a_kept_out_task_has_seen_none_of_its_cells():
    found = cells()
    assert kept_out_advice(found) == ["full", "scratch", "frozen", "full"]
    lower = [Cell(cell.task, cell.photos, cell.known, {name: score - 30 for name, score in cell.scores.items()})
             if cell.task == "far" else cell for cell in found]  # fmt: skip
    assert kept_out_advice(lower)[2:] == kept_out_advice(found)[2:]


def test_where_the_advice_was_not_tried_the_best_of_the_rest_is_taken():
    tried = {"frozen": 50, "full": 55, "self-supervised": 70}
    found = [Cell("one", 100, 0.4, tried), Cell("other", 100, 0.4, {"frozen": 60, "full": 58})]
    assert kept_out_advice(found) == ["frozen", "full"]
    with pytest.raises(ValueError, match="One task only"):
        kept_out_advice(found[:1])


def test_regret_is_the_distance_to_the_best():
    cell = cells()[0]
    assert cell.regret("frozen") == 0 and cell.regret("scratch") == 40
    with pytest.raises(KeyError):
        cell.regret("adapters")
    assert set(cell.scores) <= set(STRATEGIES)


def test_nothing_measured_gives_no_advice():
    with pytest.raises(ValueError, match="0 measured cells"):
        advise_from([], 100, 0.5)
    with pytest.raises(ValueError, match="no score for 'frozen'"):
        advise_from([Cell("odd", 9, 0.5, {"full": 3})], 9, 0.5)
    with pytest.raises(ValueError, match="0 photos"):
        advise_from(cells(), 0, 0.5)


def test_who_has_few_strategies_is_told_the_best_of_these():
    advice = advise_from(cells(), 3000, 0.0)
    assert advice.strategy == "scratch" and advice.best_of(["frozen", "full"]) == "full"
    tied = replace(advice, expected={"scratch": 0.0, "full": 4.2, "frozen": 5.0, "gradual": 9.0})
    assert tied.best_of({"full", "frozen", "gradual"}) == "frozen"
    with pytest.raises(ValueError, match="anything is known"):
        advice.best_of(["adapters"])


INCOMPLETE = [
    Cell("thawing gains much", 100, 0.5, {"frozen": 50, "full": 90, "full with norms alive": 85, "adapters": 70}),
    Cell("and here little", 100, 0.5, {"frozen": 50, "full": 60, "adapters": 58}),
    Cell("or in between", 100, 0.5, {"frozen": 40, "full": 66, "full with norms alive": 62, "scratch": 30}),
]


def test_strategies_are_compared_in_cells_that_tried_both():
    assert expected_regrets(INCOMPLETE, 100, 0.5) == pytest.approx(
        {"full": 0, "full with norms alive": 4.5, "adapters": 11, "frozen": (40 + 10 + 26) / 3}
    )


def test_what_was_never_tried_beside_the_best_is_not_compared():
    apart = [Cell("a", 100, 0.5, {"frozen": 50, "full": 90}), Cell("b", 100, 0.5, {"frozen": 50, "adapters": 60})]
    assert list(expected_regrets(apart, 100, 0.5)) == ["full", "frozen"]
