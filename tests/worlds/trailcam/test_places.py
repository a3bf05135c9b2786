"""Places: every site is itself, the same every time, changes with the seasons, and leaves room for an animal."""

from dataclasses import replace

import numpy as np
import pytest

from chapter9_lib.worlds.trailcam import SOURCE_SITES, render_parts, sample_scene, site
from chapter9_lib.worlds.trailcam.bark import FURROWED
from chapter9_lib.worlds.trailcam.camera import Camera
from chapter9_lib.worlds.trailcam.habitats import SCENERY, WOODS
from chapter9_lib.worlds.trailcam.layers import Layers
from chapter9_lib.worlds.trailcam.relief import Slope, Trail
from chapter9_lib.worlds.trailcam.sites import layers_of
from chapter9_lib.worlds.trailcam.solids import boulder, box, draw_solids
from chapter9_lib.worlds.trailcam.strokes import Strokes, draw, strokes
from chapter9_lib.worlds.trailcam.terrain import shade_feet, shade_under
from chapter9_lib.worlds.trailcam.tiles import tile

SIZE = (96, 72)
GROUP = range(1, 25)
SEASONS = ("winter", "spring", "summer", "autumn")


def empty(height: int = 60, width: int = 80) -> Layers:
    shape = (height, width)
    return Layers(np.zeros((*shape, 3)), np.zeros((*shape, 3)), np.full(shape, np.inf), np.zeros(shape, int))


def test_cameras_of_the_test_stand_in_woods_of_the_same_kinds() -> None:
    known, new = {site(n).habitat.name for n in range(1, 17)}, {site(n).habitat.name for n in range(17, 25)}
    assert known == {w.name for w in WOODS} and new <= known and len(new) == 8


def test_source_sites_draw_from_a_wider_range() -> None:
    names = {site(SOURCE_SITES + i).habitat.name for i in range(40)}
    assert len(names & {s.name for s in SCENERY}) >= 8 and len(names & {w.name for w in WOODS}) >= 3


@pytest.mark.parametrize("number", [*GROUP, SOURCE_SITES, SOURCE_SITES + 7])
def test_a_site_is_sound_in_every_season(number: int) -> None:
    for season in SEASONS:
        layers = layers_of(number, season, 64, 48)
        assert layers.albedo.dtype == np.float32 and 0 <= layers.albedo.min() and layers.albedo.max() <= 1
        assert np.allclose(np.linalg.norm(layers.normal, axis=-1)[layers.material > 0], 1, atol=1e-3)
        assert (layers.depth > 0).all() and (np.isfinite(layers.depth) == (layers.material != Layers.SKY)).all()


def test_the_same_site_twice_is_the_same_and_two_sites_of_a_kind_are_not() -> None:
    once = layers_of(4, "summer", *SIZE)
    again = layers_of.__wrapped__(4, "summer", *SIZE)
    assert np.array_equal(once.albedo, again.albedo) and np.array_equal(once.depth, again.depth)
    twin = next(n for n in GROUP if n != 4 and site(n).habitat == site(4).habitat)
    assert site(twin).camera != site(4).camera
    assert np.abs(layers_of(twin, "summer", *SIZE).albedo - once.albedo).mean() > 0.03


def test_leaves_fall_in_winter_and_spruces_keep_theirs() -> None:
    def leaves(wanted: bool) -> list[int]:
        return [
            sum((layers_of(n, season, *SIZE).material == Layers.LEAF).sum() for n in GROUP if site(n).conifer == wanted)
            for season in ("winter", "summer")
        ]

    bare, green = leaves(False)
    assert bare < 0.8 * green
    bare, green = leaves(True)
    assert bare > 0.8 * green


@pytest.mark.parametrize("number", GROUP)
def test_an_animal_three_metres_ahead_is_seen(number: int) -> None:
    scene = replace(sample_scene("roe deer", number, 1), distance=3.2, offset=0.0, fog=0.0, day=200)
    assert render_parts(scene, SIZE).visible > 0.5


def test_snow_lies_on_a_log_and_not_under_it() -> None:
    log = strokes(np.array([[-2.0, 0.5, 4]]), np.array([[0, 0.5, 4.0]]), np.array([[2.0, 0.5, 4]]), (0.3, 0.3),
                  np.full(3, 0.2), Layers.BARK, style=FURROWED)  # fmt: skip
    layers = empty()
    draw(log, Camera(0.5, 0, 0, 50), layers)
    rows = np.flatnonzero(np.isfinite(layers.depth[:, 40]))
    assert layers.normal[rows[0] + 1, 40, 1] > 0.6 and layers.normal[rows[-1] - 1, 40, 1] < -0.6
    assert layers.depth[rows[len(rows) // 2], 40] == pytest.approx(3.7, abs=0.03)


def test_the_nearest_stroke_hides_the_others_and_none_leaves_holes() -> None:
    def post(z: float, tone: float) -> Strokes:
        low, middle, high = (np.array([[0, y, z]]) for y in (-1.0, 0.0, 1.0))
        return strokes(low, middle, high, (0.1, 0.1), np.full(3, tone), Layers.BARK, rough=0.0)

    layers = empty()
    draw(Strokes.join([post(2.0, 0.9), post(3.0, 0.1)]), Camera(0.0, 0, 0, 50), layers)
    middle = layers.albedo[10:50, 38:42, 0]
    assert (middle > 0.5).all()


def test_strokes_behind_the_camera_and_no_strokes_draw_nothing() -> None:
    layers = empty()
    back = strokes(
        np.array([[0, 0, -2.0]]), np.array([[0, 1, -2.0]]), np.array([[0, 2, -2.0]]), (0.1, 0.1), np.ones(3), 1
    )
    draw(Strokes.join([]), Camera(), layers)
    draw(back, Camera(), layers)
    assert not np.isfinite(layers.depth).any()


def test_solids_have_faces_at_the_right_depth() -> None:
    camera, layers = Camera(0.5, 0, 0, 50), empty()
    rays = camera.rays(80, 60).numpy().astype(float)
    crate = box(np.array([0, 0.5, 4.0]), np.array([0.5, 0.3, 0.5]), np.full(3, 0.3))
    draw_solids([crate, boulder(np.random.default_rng(0), np.array([0, 0.5, 7.0]), np.full(3, 0.4), np.full(3, 0.3))],
                camera, rays, layers)  # fmt: skip
    assert layers.depth[30, 40] == pytest.approx(3.5, abs=1e-6) and layers.normal[30, 40, 2] < -0.8
    assert layers.material[30, 40] == Layers.BARK and not np.isfinite(layers.depth[5, 5])


@pytest.mark.parametrize("name", ["leaves", "needles", "pebbles", "blades", "clods"])
def test_tiles_repeat_without_a_seam(name: str) -> None:
    tone = tile(name)[..., 0]
    inside, across = np.abs(np.diff(tone, axis=1)).mean(), np.abs(tone[:, 0] - tone[:, -1]).mean()
    assert tone.shape == (512, 512) and 0 <= tone.min() and tone.max() <= 1 and across < 4 * inside + 0.1


def test_the_ground_is_darker_under_plants_and_where_trunks_stand() -> None:
    z, x = np.meshgrid(np.linspace(2, 6, 40), np.linspace(-2, 2, 40), indexing="ij")
    spot = np.stack([x, 0 * x, z], -1)
    layers = Layers(np.ones((40, 40, 3)), np.zeros((40, 40, 3)), z.copy(), np.full((40, 40), Layers.GROUND))
    shade_under(layers, spot, np.random.default_rng(0).normal([1.0, 4.0], 0.2, (400, 2)))
    assert layers.albedo[20, 30, 0] < 0.7 and layers.albedo[20, 5, 0] == pytest.approx(1)
    shade_feet(layers, spot, np.array([[-1.0, 4.0, 0.2]]))
    assert layers.albedo[20, 10, 0] < 0.6 and layers.albedo[2, 2, 0] == pytest.approx(1)


def test_ruts_leave_a_strip_between_them() -> None:
    ruts = Trail("ruts", 0.0, 0.0, 1.0, 0.0)
    assert ruts.worn(np.array([0.8]), np.array([4.0])) > 0.9 and ruts.worn(np.zeros(1), np.array([4.0])) < 0.1


def test_a_slope_lifts_only_what_lies_beyond_its_foot() -> None:
    slope = Slope(0.0, 6.0, 0.5, "earth")
    assert np.allclose(slope.lift(np.zeros(3), np.array([2.0, 6.0, 8.0])), [0, 0, 1])
