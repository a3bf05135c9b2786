"""The parts under the renderer: noise, camera, strokes, cones."""

import numpy as np
import pytest
import torch

from chapter9_lib.worlds.trailcam.animals import Animal, Pose
from chapter9_lib.worlds.trailcam.camera import Camera
from chapter9_lib.worlds.trailcam.kinds import SOURCE_KINDS, kind
from chapter9_lib.worlds.trailcam.limbs import foot_path
from chapter9_lib.worlds.trailcam.march import Body, march
from chapter9_lib.worlds.trailcam.noise import noise, noise_texture
from chapter9_lib.worlds.trailcam.skeleton import PARTS, Cones, skeleton
from chapter9_lib.worlds.trailcam.species import SPECIES, individual


def ball(radius: float, centre: tuple[float, float, float] = (0, 0, 0)) -> Cones:
    one = np.array([centre], float)
    unit, size = np.array([[0, 0, 1.0]]), np.array([radius])
    return Cones(one, one + [1e-4, 0, 0], size, size, unit, np.ones(1), np.zeros(1, int), one, one + [1e-4, 0, 0], 0.01)


def test_noise_repeats_after_one_period_and_stays_in_range() -> None:
    u, v = torch.rand(2, 1000, generator=torch.Generator().manual_seed(0))
    values = noise(u, v)
    assert torch.allclose(values, noise(u + 1, v - 2), atol=1e-3)
    assert 0 <= float(values.min()) < 0.2 and 0.8 < float(values.max()) <= 1
    assert noise_texture(3, 8).shape == (512, 512)


def test_a_ray_through_a_pixel_projects_back_to_it() -> None:
    camera = Camera(height=0.9, tilt=8, roll=3, fov=47)
    rays = camera.rays(64, 48).numpy()
    points = rays * 4.0 + [0, camera.height, 0]
    x, y, depth = camera.project(points, 64, 48)
    assert np.allclose(x, np.arange(64)[None] + 0.5, atol=1e-3)
    assert np.allclose(y, np.arange(48)[:, None] + 0.5, atol=1e-3)
    assert (depth > 0).all()


def test_marching_a_ball_gives_the_depth_that_geometry_gives() -> None:
    body = Body.stack([ball(0.4)])
    rays = torch.tensor([[[0.0, 0, 1], [0.0, 0.25, 0.9682], [0, 1.0, 0]]])
    hit = march(body, torch.tensor([[0.0, 0, -1.5]]), rays, torch.tensor([[0.002]]), steps=60)
    slanted = 1.5 * 0.9682 - np.sqrt(0.4**2 - 1.5**2 * (1 - 0.9682**2))
    assert torch.allclose(hit.depth[0, :2], torch.tensor([1.1, slanted], dtype=torch.float32), atol=0.01)
    assert hit.cover[0].tolist() == [1.0, 1.0, 0.0]


def test_a_batch_of_bodies_measures_as_each_alone() -> None:
    cones = [skeleton(animal, Pose()) for animal in SPECIES[:3]]
    points = torch.rand(3, 50, 3, generator=torch.Generator().manual_seed(1)) - 0.3
    together = Body.stack(cones).distance(points)
    for i, one in enumerate(cones):
        assert torch.allclose(together[i], Body.stack([one]).distance(points[i : i + 1])[0], atol=1e-4)


POSES = [
    Pose(), Pose("walking", 0.3, 0.16), Pose("trotting", 0.6, 0.26, crouch=0.05), Pose("feeding", 0.8, 0, -78, 0, -22),
    Pose("alert", 0.1, 0, 14, 40),
]  # fmt: skip


@pytest.mark.parametrize("pose", POSES, ids=lambda p: p.name)
@pytest.mark.parametrize("animal", SPECIES, ids=lambda a: a.name)
def test_feet_stand_on_the_ground_and_limbs_hang_together(animal: Animal, pose: Pose) -> None:
    cones = skeleton(animal, pose)
    lowest = np.minimum(cones.a[:, 1] - cones.ra, cones.b[:, 1] - cones.rb).min()
    assert -0.02 < lowest < 0.02 and len(cones.ra) <= 56
    body = Body.stack([cones])
    for a, b in zip(cones.a, cones.b, strict=True):
        middle = torch.tensor((a + b) / 2, dtype=torch.float32).view(1, 1, 3)
        assert float(body.distance(middle)) < 0, "a cone's middle must lie inside the body"


@pytest.mark.parametrize(("gait", "together"), [("walking", 1), ("trotting", 2)])
def test_feet_leave_the_ground_in_the_order_of_the_gait(gait: str, together: int) -> None:
    limbs = [("hind", 1), ("fore", 1), ("hind", -1), ("fore", -1)]
    lifted = [[foot_path(Pose(gait, p, 0.2), *limb)[1] > 0 for limb in limbs] for p in np.arange(0.0125, 1, 0.025)]
    assert max(map(sum, lifted)) <= 2 and np.any(lifted, 0).all()
    up = np.transpose(lifted)
    starts = [int(np.flatnonzero(feet & ~np.roll(feet, 1))[0]) for feet in up]
    assert len(set(starts)) == 4 // together
    if gait == "trotting":
        assert starts[0] == starts[3] and starts[1] == starts[2], "diagonal pairs move together"


def test_a_foot_goes_back_on_the_ground_and_ahead_in_the_air() -> None:
    path = [foot_path(Pose("walking", p, 0.2), "fore", 1) for p in np.arange(0, 1, 0.02)]
    for (here, lift), (there, after) in zip(path, path[1:], strict=False):
        if lift == after == 0:
            assert there < here
        elif lift > 0 and after > 0:
            assert there > here


def test_a_feeding_animal_brings_its_nose_to_the_ground() -> None:
    for animal in SPECIES:
        cones = skeleton(animal, Pose("feeding", 0, 0, -78, 0, -22))
        nose = cones.a[cones.part == PARTS.index("nose"), 1].min()
        assert -0.01 < nose < 0.65 * animal.build.shoulder, animal.name


def test_roe_deer_are_red_in_summer_and_grey_brown_in_winter() -> None:
    red, grey = (individual(SPECIES[1], np.random.default_rng(0), season).coat.back for season in ("summer", "winter"))
    assert red[0] / red[2] > 1.8 * grey[0] / grey[2]


def test_a_turned_head_moves_the_head_and_nothing_else() -> None:
    still, turned = (skeleton(SPECIES[0], Pose(head_yaw=yaw)) for yaw in (0.0, 60.0))
    moved = np.abs(still.a - turned.a).max(1) > 1e-6
    assert moved.any() and not moved[still.part == 0].any() and not moved[still.part == 6].any()


def test_no_source_kind_is_a_target_species() -> None:
    names = {a.name for a in SPECIES}
    assert len(set(SOURCE_KINDS)) == len(SOURCE_KINDS) and not names & set(SOURCE_KINDS)
    builds = {kind(name).build for name in SOURCE_KINDS[:30]}
    assert len(builds) == 30 and not builds & {a.build for a in SPECIES}


@pytest.mark.parametrize("yaw", [-40.0, 35.0])
def test_a_face_keeps_its_paint_when_the_head_turns(yaw: float) -> None:
    """A point that moves with the head keeps its place on the resting body, which coats are painted on."""
    badger = SPECIES[3]
    at_rest, turned = skeleton(badger, Pose()), skeleton(badger, Pose(head_yaw=yaw))
    nose, moved = (cones.a[cones.part == PARTS.index("nose")][0] for cones in (at_rest, turned))
    beside = np.array([-0.5, 0.3, 0.4]) * badger.build.skull
    points = [nose + beside, moved + turned.unturn.T @ beside]
    places = [
        Body.stack([cones]).blends(torch.tensor(point, dtype=torch.float32).view(1, 1, 3))[1]
        for cones, point in zip((at_rest, turned), points, strict=True)
    ]
    assert torch.allclose(places[0], places[1], atol=0.006)
