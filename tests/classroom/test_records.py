import math
import random
from statistics import fmean, stdev

import numpy as np
import pytest

from chapter9_lib.classroom import record
from chapter9_lib.classroom.field_notes import field_rows
from chapter9_lib.classroom.gaps import gaps
from chapter9_lib.classroom.intervals import paired_difference, t_interval
from chapter9_lib.classroom.records import Measured
from chapter9_lib.student import t_quantile

BORROWED, SCRATCH = [82, 80, 81, 79, 83], [60, 61, 65, 58, 66]


@pytest.fixture
def curve(bundle):
    rows = [
        {"keys": {"method": "borrowed", "photos": 100, "split": "test"}, "values": BORROWED},
        {"keys": {"method": "scratch", "photos": 100, "split": "test"}, "values": SCRATCH},
        {"keys": {"method": "scratch", "photos": 200, "split": "test"}, "values": [70, 72], "seeds": [4, 1]},
        {"keys": {"method": "once", "photos": 200, "split": "test"}, "values": [70], "seeds": [9]},
    ]
    bundle("learning-curve", rows)
    return record("learning-curve")


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 10, 19, 30, 101])
def test_t_quantile_against_scipy(freedom):
    stats = pytest.importorskip("scipy.stats")
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
    assert t_quantile(freedom, 0.5) == pytest.approx(stats.t.ppf(0.75, freedom), rel=1e-9)


def test_t_quantile_from_the_table():
    assert [round(t_quantile(n), 3) for n in (1, 2, 4, 9, 30)] == [12.706, 4.303, 2.776, 2.262, 2.042]
    with pytest.raises(ValueError, match="at least 1 degree"):
        t_quantile(0)


def test_intervals_cover_as_often_as_they_say():
    draw = random.Random(0)
    hits = 0
    for _ in range(2000):
        low, high = t_interval([draw.gauss(5, 2) for _ in range(5)])
        hits += low < 5 < high
    assert 0.935 < hits / 2000 < 0.965


def test_folds_of_several_cuts_share_their_photos():
    half = t_quantile(14) * stdev(range(15)) * math.sqrt(1 / 15 + 1 / 4)
    assert t_interval(list(range(15)), overlap=1 / 4) == pytest.approx((7 - half, 7 + half))
    draw, narrow, wide = random.Random(1), 0, 0
    for _ in range(400):
        photos, folds = [draw.gauss(5, 2) for _ in range(100)], []
        for _ in range(3):  # each cut makes five folds of the same photos
            draw.shuffle(photos)
            folds += [fmean(photos[start : start + 20]) for start in range(0, 100, 20)]
        ways = (t_interval(folds), t_interval(folds, overlap=1 / 4))
        narrow, wide = (hits + (low < 5 < high) for hits, (low, high) in zip((narrow, wide), ways, strict=True))
    assert narrow / 400 < 0.85 and wide / 400 > 0.95


def test_one_value_has_no_interval():
    assert t_interval([3.0]) is None and paired_difference([3.0], [1.0]) == (2.0, None)


def test_value_by_hand(curve):
    measured = curve.value(method="borrowed", photos=100)
    half = 2.7764451 * math.sqrt(2.5) / math.sqrt(5)
    assert measured.mean == 81 and measured.n == 5
    assert measured.interval == pytest.approx((81 - half, 81 + half))
    assert str(measured) == "81 % (95 % interval 79–83, 5 seeds)"


def test_difference_is_paired_by_seed(curve):
    gap = curve.difference({"method": "borrowed", "photos": 100}, {"method": "scratch", "photos": 100})
    gaps = [22, 19, 16, 21, 17]
    spread = math.sqrt(sum((g - 19) ** 2 for g in gaps) / 4)
    half = 2.7764451 * spread / math.sqrt(5)
    assert gap.mean == 19 and gap.interval == pytest.approx((19 - half, 19 + half)) and gap.clear
    stats = pytest.importorskip("scipy.stats")
    low, high = stats.ttest_rel(BORROWED, SCRATCH).confidence_interval(0.95)
    assert gap.interval == pytest.approx((low, high))
    assert str(gap).startswith("+19 points (95 % interval 16–22")


def test_differences_go_over_the_values_of_a_key(curve):
    gaps = curve.differences("photos", {"method": "scratch"}, {"method": "borrowed", "photos": 100})
    assert list(gaps) == [100, 200]
    assert gaps[100] == curve.difference({"method": "scratch", "photos": 100}, {"method": "borrowed", "photos": 100})
    both = curve.differences("photos", {"method": "borrowed"}, {"method": "scratch"}, both=True)
    assert both == {100: curve.difference({"method": "borrowed", "photos": 100}, {"method": "scratch", "photos": 100})}
    with pytest.raises(KeyError, match="nobody"):
        curve.differences("photos", {"method": "nobody"}, {"method": "scratch", "photos": 100})


def test_share_is_how_far_one_gets_from_the_floor_to_the_other(bundle):
    bundle("ways", [{"keys": {"recipe": "a"}, "values": [60, 40]}, {"keys": {"recipe": "b"}, "values": [100, 60]}])
    ways = record("ways")
    assert ways.share({"recipe": "a"}, {"recipe": "b"}, floor=20).mean == 50
    assert ways.share({"recipe": "a"}, {"recipe": "b"}).mean == pytest.approx((60 + 200 / 3) / 2)
    assert ways.share({"recipe": "b"}, {"recipe": "b"}, floor=20).interval == (100, 100)
    with pytest.raises(ValueError, match="not above 60"):
        ways.share({"recipe": "a"}, {"recipe": "b"}, floor=60)


def test_how_much_of_a_gap_is_closed_is_a_ratio_of_means(bundle):
    heights = {"none": [20, 30, 25, 28], "some": [50, 60, 58, 56], "all": [80, 70, 79, 75]}
    bundle("gap", [{"keys": {"way": way}, "values": values} for way, values in heights.items()])
    none, some, whole = ({"way": way} for way in heights)
    found, gaps = record("gap").closed(some, none, whole), np.array([60, 40, 54, 47])
    gained = np.array([30, 30, 33, 28])
    ratio = gained.sum() / gaps.sum()
    spread = 3.182446 * np.std(gained - ratio * gaps, ddof=1) / 2 / gaps.mean()
    assert found.mean == pytest.approx(100 * ratio)
    assert found.interval == pytest.approx((100 * (ratio - spread), 100 * (ratio + spread)), abs=1e-3)
    assert record("gap").closed(whole, none, whole).interval == pytest.approx((100, 100))
    with pytest.raises(ValueError, match="no gap to close"):
        record("gap").closed(some, whole, none)


def test_difference_uses_only_shared_seeds_and_matches_them_by_number(curve):
    gap = curve.difference({"method": "scratch", "photos": 200}, {"method": "scratch", "photos": 100})
    assert gap.n == 2 and gap.mean == pytest.approx(((70 - 66) + (72 - 61)) / 2)
    with pytest.raises(ValueError, match="share no seed"):
        curve.difference({"method": "once"}, {"method": "scratch", "photos": 200})


def test_table_filters(curve):
    assert [row["photos"] for row in curve.table(method="scratch")] == [100, 200]
    assert set(curve.table(method="once")[0]) >= {"method", "photos", "mean", "interval", "n", "values"}


def test_unknown_keys_and_ambiguous_ones_are_told_apart(curve):
    with pytest.raises(KeyError, match="No condition.*'photos': \\[100, 200\\]"):
        curve.value(method="borrowed", photos=150)
    with pytest.raises(ValueError, match="2 conditions .* name one"):
        curve.value(method="scratch")


def test_unknown_record_offers_the_nearest(curve):
    with pytest.raises(FileNotFoundError, match="Did you mean 'learning-curve'"):
        record("learnig-curve")


def test_damaged_record_is_named(bundle):
    folder = bundle("broken", [{"keys": {}, "values": [1, 2]}])
    (folder / "records" / "broken.json").write_text("{")
    with pytest.raises(ValueError, match="'broken' is damaged"):
        record("broken")


def test_stamp_says_where_it_comes_from(curve):
    for part in ("2026-01-02", "a CPU, 2 cores", "torch 2.4.0", "lab world 1 (01234567)", "Again: measure"):
        assert part in curve.stamp()
    curve.machine["gpu"] = "a card"
    assert "on a card (a CPU, 2 cores)" in curve.stamp() and "but" not in curve.stamp()
    curve.other_machines.append({"machine": {"cpu": "slow", "cores": 1}, "versions": {"torch": "2.3.1"}, "runs": 6})
    assert "; but 6 of the runs on slow, 1 cores; torch 2.3.1; lab world" in curve.stamp()


@pytest.mark.parametrize(
    ("measured", "text"),
    [
        (Measured(81, (78, 84), 5), "81 % (95 % interval 78–84, 5 seeds)"),
        (Measured(99.34, (99.0, 99.7), 5), "99.3 % (95 % interval 99.0–99.7, 5 seeds)"),
        (Measured(-2.4, (-5.2, 0.6), 5, difference=True), "−2 points (95 % interval −5 to 1, 5 seeds)"),
        (Measured(-2.4, (-5.2, 0.4), 5, difference=True), "−2.4 points (95 % interval −5.2 to 0.4, 5 seeds)"),
        (Measured(-2.4, (-5, 0), 5, difference=True), "−2 points (95 % interval −5 to 0, 5 seeds)"),
        (Measured(1.5, (-0.8, 3.8), 5, difference=True, bar=-1), "+1.5 points (95 % interval −0.8 to 3.8, 5 seeds)"),
        (Measured(2, (0.00001, 4), 5, difference=True), "+2.0000 points (95 % interval 0.0000–4.0000, 5 seeds)"),
        (Measured(81, None, 1), "81 % (one run, no interval)"),
        (Measured(12.5, (10, 15), 3, "s"), "12 s (95 % interval 10–15, 3 seeds)"),
    ],
)
def test_measured_reads_well(measured, text):
    assert str(measured) == text


def test_gaps_are_rows_of_paired_differences(curve):
    [row] = gaps(curve, "borrowed", "scratch", split="test")
    paired = curve.difference({"method": "borrowed"}, {"method": "scratch", "photos": 100})
    assert row == {"label": "100 photos", "method": "borrowed", "mean": paired.mean, "interval": paired.interval}
    assert gaps(curve, "borrowed", "scratch")[0]["label"] == "100 photos, test"
    with pytest.raises(ValueError, match="no condition with both 'borrowed' and 'scratch'"):
        gaps(curve, "borrowed", "scratch", split="night")


def test_field_rows_have_one_order_and_a_title_each(bundle):
    methods = ("borrowed", "logistic-regression", "scratch", "lab-borrowed")
    bundle("field", [{"keys": {"method": method}, "values": [80, 82]} for method in methods])
    rows = field_rows(record("field"))
    assert [row["method"] for row in rows] == ["scratch", "lab-borrowed", "borrowed", "logistic-regression"]
    assert all(row["label"] and row["mean"] == 81 for row in rows)
    bundle("field", [{"keys": {"method": "unheard of"}, "values": [80, 82]}])
    with pytest.raises(KeyError, match="unheard of"):
        field_rows(record("field"))


def test_the_bundled_field_record_has_titles():
    assert len(field_rows(record("field-trailcam"))) == len(record("field-trailcam").conditions)


def test_the_best_of_each_method(bundle):
    rows = [{"keys": {"method": m, "rate": r, "photos": 100}, "values": [v, v + 1]}
            for m, r, v in [("a", 0.1, 50), ("a", 0.01, 60), ("b", 0.1, 30), ("b", 0.01, 20)]]  # fmt: skip
    bundle("rates", rows)
    assert record("rates").best("rate", photos=100) == {"a": 0.01, "b": 0.1}
    with pytest.raises(KeyError, match="rates"):
        record("rates").best("rate", photos=7)
