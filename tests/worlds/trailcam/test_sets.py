"""The sets as the design's table has them, and the scenes that fill them."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from chapter9_lib.worlds.trailcam import sets
from chapter9_lib.worlds.trailcam.captions import ATTRIBUTES
from chapter9_lib.worlds.trailcam.render import render_parts
from chapter9_lib.worlds.trailcam.sets import MORE, SEEDS, SETS, encode, manifest_row, plan_scenes, scene_of, shows

BIG, SMALL = (160, 120), (96, 72)
TABLE = {
    "train": (800, range(1, 17), {"day", "dusk"}, BIG), "val": (200, range(1, 17), {"day", "dusk"}, BIG),
    "test-seen": (300, range(1, 17), {"day", "dusk"}, BIG), "test": (600, range(17, 25), {"day", "dusk"}, BIG),
    "night": (400, range(1, 25), {"infrared"}, SMALL), "unlabelled": (2000, range(1, 17), {"day", "infrared"}, SMALL),
    "look-alikes": (500, range(1, 17), {"day"}, SMALL), "look-alikes-test": (300, range(17, 25), {"day"}, SMALL),
    "source": (4000, None, {"day", "dusk", "infrared"}, SMALL),
    "source-train": (20_000, None, {"day", "dusk", "infrared"}, SMALL),
    "source-train-large": (200_000, None, {"day", "dusk", "infrared"}, SMALL),
    "described": (16_000, None, {"day", "dusk", "infrared"}, SMALL),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_set_is_what_the_table_says(name):
    photos, cameras, lights, size = TABLE[name]
    plan = SETS[name]
    assert plan.each * len(plan.kinds) == photos and set(plan.lights) == lights and plan.size == size
    assert set(plan.cameras) == set(cameras) if cameras else min(plan.cameras) >= 1000
    assert sum(plan.quotas().values()) == plan.each


def test_nothing_else_is_planned_and_no_two_sets_draw_alike():
    assert set(SETS) == set(TABLE)
    assert {name for name, plan in SETS.items() if not plan.bundled} == {
        "source-train",
        "source-train-large",
        "described",
    }
    assert len({plan.seed for plan in (*SETS.values(), MORE)}) == len(SETS) + 1


def test_quotas():
    assert SETS["unlabelled"].quotas() == {"day": 200, "infrared": 200}
    assert SETS["train"].quotas() == {"day": 125, "dusk": 35}
    assert replace(SETS["train"], lights={"day": 1, "dusk": 1, "infrared": 1}, each=4).quotas()["day"] == 2


@pytest.fixture(scope="module")
def seen():
    plan = replace(SETS["train"], each=12, cameras=(3, 9))
    return plan, list(plan_scenes(plan, "red fox"))


def test_bursts_of_one_to_three_with_moments_of_their_own(seen):
    plan, shots = seen
    rows = [manifest_row(plan, shot, index) for index, shot in enumerate(shots)]
    bursts = Counter(row["burst"] for row in rows)
    assert 1 < len(bursts) < len(rows) == 12 and max(bursts.values()) <= 3
    assert Counter(row["light"] for row in rows) == plan.quotas()
    assert len({(row["camera"], row["time"]) for row in rows}) == 12
    assert {row["camera"] for row in rows} == {"3", "9"}
    assert all(int(row["seed"]) < SEEDS + sets.TRIES for row in rows)


def test_every_photo_shows_enough(seen):
    plan, shots = seen
    for shot in shots:
        assert shows(shot, sets.LATER if shot.scene.frame else sets.FIRST, plan.fills)
        row = manifest_row(plan, shot, 0)
        assert float(row["visible"]) >= 0.25 and float(row["share"]) >= 0.02 and float(row["contrast"]) >= 0.1


def test_a_row_tells_everything_and_leads_back_to_the_scene(seen):
    plan, shots = seen
    for index, shot in enumerate(shots[:4]):
        row = manifest_row(plan, shot, index)
        assert {*ATTRIBUTES, "light", "weather", "season", "pose", "label", "burst"} <= set(row) and all(row.values())
        assert row["file"] == f"{index:05d}.jpg" and row["label"] == "0"
        again = render_parts(scene_of(row), SMALL)
        assert np.array_equal(np.asarray(again.image), np.asarray(shot.image))


def test_the_same_plan_gives_the_same_scenes_and_another_part_others(seen):
    plan, shots = seen
    few = replace(plan, each=2)
    first, again, other = (list(plan_scenes(few, "red fox", part)) for part in (0, 0, 1))
    assert [a.scene for a in first] == [b.scene for b in again] and first[0].scene != other[0].scene


def test_source_photos_come_one_by_one():
    shots = list(plan_scenes(replace(SETS["source"], each=3), "tent-1"))
    assert len({shot.scene.burst for shot in shots}) == 3 and all(shot.scene.camera >= 1000 for shot in shots)


def test_what_is_rendered_on_demand_is_never_a_scene_of_the_sets():
    shot = next(plan_scenes(MORE, "red fox"))
    assert int(manifest_row(MORE, shot, 0)["seed"]) >= 2**31 > SEEDS + sets.TRIES - 1


def test_a_site_that_never_shows_a_kind_is_named(monkeypatch):
    monkeypatch.setattr(sets, "TRIES", 2)
    monkeypatch.setattr(sets, "FIRST", 1.1)
    with pytest.raises(RuntimeError, match=r"Every site of .* shows too little of wild boar: none of 2 scenes"):
        next(plan_scenes(SETS["night"], "wild boar"))


def test_quality_decides_the_size_of_a_file(seen):
    photo = seen[1][0].image
    assert len(encode(photo, 40)) < len(encode(photo, 70)) < len(encode(photo, 90))
