"""Photos on demand: always the same series, whole shards, each rendered once."""

import errno
import time
from collections import Counter, namedtuple
from dataclasses import replace

import pytest

from chapter9_lib.worlds import open_world
from chapter9_lib.worlds.trailcam import shards


@pytest.fixture
def world(monkeypatch, tmp_path):
    """The lab with shards of five photos, each species once, at one camera."""
    monkeypatch.setenv("CHAPTER9_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(shards, "MORE", replace(shards.MORE, each=1, cameras=(3, 9)))
    return open_world("lab")


@pytest.fixture
def rendered(monkeypatch):
    """Names of the shards rendered in this process."""
    names, render = [], shards.render_shard
    monkeypatch.setattr(shards, "render_shard", lambda *job: (names.append(job[2].name), render(*job))[1])
    return names


def test_a_series_that_grows_and_is_kept(world, rendered, tmp_path, capfd):
    first = world.more_photos(7, workers=0)
    assert len(first) == 7 and first.classes == world.species and first[0][0].size == (96, 72)
    assert rendered == ["shard-00000", "shard-00001"]
    assert set(first.cameras) <= {"3", "9"} and set(first.light) <= {"day", "dusk"}
    assert [first.classes[label] for label in first.labels] == [row["species"] for row in first.manifest]
    assert Counter(first.labels.tolist()) == {0: 2, 1: 2, 2: 1, 3: 1, 4: 1}
    more = world.more_photos(12, workers=0)
    assert more.paths[:7] == first.paths and rendered[2:] == ["shard-00002"]
    assert world.more_photos(3).paths == first.paths[:3] and len(rendered) == 3
    assert all(path.is_relative_to(tmp_path / "home" / "rendered") for path in more.paths)
    assert len({path.read_bytes() for path in more.paths}) == 12
    assert capfd.readouterr().err == "", "the progress bar keeps quiet where TQDM_DISABLE is set"


def test_side_by_side_gives_the_same_photos(world):
    there = [path.read_bytes() for path in world.more_photos(10, workers=0).paths]
    for shard in {path.parent for path in world.more_photos(10).paths}:
        shard.rename(shard.with_name(f"{shard.name}-old"))
    assert [path.read_bytes() for path in world.more_photos(10, workers=2).paths] == there


def test_every_light_is_a_series_of_its_own(world):
    night, day = (world.more_photos(2, light, workers=0) for light in ("infrared", "day"))
    assert set(night.light) == {"infrared"} and set(day.light) == {"day"}
    mixed = world.more_photos(5, workers=0)
    scenes = [(row["species"], row["camera"], row["seed"]) for own in (night, day, mixed) for row in own.manifest]
    assert len(set(scenes)) == 9


def test_a_broken_shard_is_rendered_again(world, rendered):
    photos = world.more_photos(5, workers=0)
    before = photos.paths[2].read_bytes()
    photos.paths[2].unlink()
    assert world.more_photos(5, workers=0).paths[2].read_bytes() == before and len(rendered) == 2


def test_an_interruption_leaves_no_half_shard(world, monkeypatch, tmp_path):
    scenes = shards.plan_scenes

    def interrupted(plan, kind, part):
        if kind == "wild boar" and part == 1:
            raise KeyboardInterrupt
        return scenes(plan, kind, part)

    monkeypatch.setattr(shards, "plan_scenes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        world.more_photos(10, workers=0)
    left = [path.name for path in (tmp_path / "home" / "rendered").glob("*/*/*")]
    assert left == ["shard-00000"]
    monkeypatch.setattr(shards, "plan_scenes", scenes)
    assert len(world.more_photos(10, workers=0)) == 10


@pytest.mark.parametrize(("arguments", "words"), [
    ((0,), "count is 0.*50,000"), ((50_001,), "count is 50001"), ((5, "dawn"), "'dawn'.*'dusk'"),
])  # fmt: skip
def test_what_cannot_be_asked_for(world, arguments, words):
    with pytest.raises(ValueError, match=words):
        world.more_photos(*arguments)


def test_a_full_disk(world, monkeypatch):
    monkeypatch.setattr(shards.shutil, "disk_usage", lambda path: namedtuple("Usage", "total used free")(9, 9, 100))
    with pytest.raises(OSError, match="disk is full.*CHAPTER9_HOME") as caught:
        world.more_photos(5, workers=0)
    assert caught.value.errno == errno.ENOSPC


def test_a_disk_that_fills_up_on_the_way(world, monkeypatch, tmp_path):
    def full(*job):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shards, "render_shard", full)
    with pytest.raises(OSError, match="disk is full.*What is rendered is kept"):
        world.more_photos(5, workers=0)


def test_a_home_that_cannot_be_written_to(world, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHAPTER9_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(PermissionError, match="CHAPTER9_HOME"):
        world.more_photos(5, workers=0)


def test_leftovers_of_killed_processes_go_after_a_day(world, monkeypatch):
    folder = world.more_photos(5, workers=0).paths[0].parents[1]
    (folder / ".shard-00009.x.part").mkdir()
    now = time.time()
    world.more_photos(6, workers=0)
    assert (folder / ".shard-00009.x.part").exists()
    monkeypatch.setattr(time, "time", lambda: now + 90_000)
    world.more_photos(11, workers=0)
    assert not (folder / ".shard-00009.x.part").exists()
