"""Photos: the same scene gives the same pixels, and every knob of a scene does what its name says."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from chapter9_lib.worlds.trailcam import (
    LOOK_ALIKES,
    SPECIES,
    Scene,
    burst,
    find_animal,
    render,
    render_parts,
    sample_scene,
)
from chapter9_lib.worlds.trailcam.captions import ATTRIBUTES, attributes
from chapter9_lib.worlds.trailcam.light import light_of
from chapter9_lib.worlds.trailcam.sensor import timestamp

SIZE = (96, 72)


@pytest.fixture(scope="module")
def fox() -> Scene:
    scene = sample_scene("red fox", 9, 4)
    return replace(
        scene, hour=11.0, day=170, fog=0.0, rain=0.0, snowfall=0.0, cloud=0.2, distance=3.0, offset=0.0, yaw=20.0
    )


def pixels(scene: Scene) -> np.ndarray:
    return np.asarray(render(scene, SIZE), np.float32)


def test_a_scene_renders_to_the_same_pixels_every_time(fox: Scene) -> None:
    assert sample_scene("red fox", 9, 4) == sample_scene("red fox", 9, 4)
    assert np.array_equal(pixels(fox), pixels(fox))
    assert isinstance(render(fox, SIZE), Image.Image) and render(fox, SIZE).size == SIZE


def test_another_seed_is_another_scene() -> None:
    assert sample_scene("red fox", 9, 4) != sample_scene("red fox", 9, 5)


def test_fog_hides(fox: Scene) -> None:
    clear, foggy = render_parts(fox, SIZE), render_parts(replace(fox, fog=0.9), SIZE)
    assert foggy.contrast < 0.7 * clear.contrast


def test_distance_shrinks_the_animal(fox: Scene) -> None:
    near, far = (float(render_parts(replace(fox, distance=d), SIZE).mask.mean()) for d in (2.5, 5.0))
    assert near > 2.5 * far > 0


def test_an_animal_half_out_of_the_frame_is_half_visible(fox: Scene) -> None:
    inside, edge, outside = (render_parts(replace(fox, offset=o), SIZE).visible for o in (0.0, 1.0, 2.5))
    assert inside > 0.8 and 0.15 < edge < 0.85 and outside == 0


def test_a_running_animal_smears_over_its_outline_and_is_as_visible(fox: Scene) -> None:
    still, running = (render_parts(replace(fox, speed=speed), SIZE) for speed in (0.0, 0.45))
    assert running.mask.sum() == pytest.approx(still.mask.sum(), rel=0.06)
    assert (running.mask > 0.02).sum() > 1.15 * (still.mask > 0.02).sum()
    assert running.visible == pytest.approx(still.visible, abs=0.06)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
@pytest.mark.parametrize("light", ["day", "dusk", "infrared"])
def test_a_gpu_renders_the_same_photo(light: str) -> None:
    scene = sample_scene("Eurasian lynx", 5, 3, light)
    ours, theirs = (np.asarray(render(scene, SIZE, device), np.float32) for device in ("cpu", "cuda"))
    assert np.abs(ours - theirs).mean() < 0.5


def test_infrared_is_grey_and_day_is_not(fox: Scene) -> None:
    night = pixels(replace(fox, light="infrared", hour=23.0))
    top = night[8:60]
    assert np.abs(top[..., 0] - top[..., 2]).max() == 0
    assert np.abs(pixels(fox)[..., 0] - pixels(fox)[..., 2]).mean() > 3


def test_flash_falls_off_with_distance(fox: Scene) -> None:
    night = replace(fox, light="infrared", hour=23.0, seed=1)
    near, far = (render_parts(replace(night, distance=d), SIZE) for d in (2.0, 4.5))
    level = [float((r.light.mean(0).numpy() * r.mask).sum() / r.mask.sum()) for r in (near, far)]
    assert level[0] > 2 * level[1]


def test_the_sun_follows_the_hour(fox: Scene) -> None:
    noon, morning = light_of(fox), light_of(replace(fox, hour=5.5))
    assert float(noon.to_sun[1]) > float(morning.to_sun[1])
    warmth = [float(light.sun[0] / light.sun[2].clamp_min(1e-6)) for light in (morning, noon)]
    assert warmth[0] > warmth[1]


def test_snow_brightens_the_ground(fox: Scene) -> None:
    bare, white = (render_parts(replace(fox, snow_cover=c), SIZE).light[:, 55:65].mean() for c in (0.0, 1.0))
    assert float(white) > 1.5 * float(bare)


def test_a_burst_moves_the_animal_and_keeps_the_place(fox: Scene) -> None:
    walking = replace(fox, pose=replace(fox.pose, name="walking", stride=0.16))
    frames = burst(walking, 3)
    assert [f.frame for f in frames] == [0, 1, 2] and len({f.burst for f in frames}) == 1
    assert frames[0].offset != frames[2].offset and frames[0].animal is frames[2].animal
    assert (timestamp(frames[2]) - timestamp(frames[0])).total_seconds() < 20
    sky = [pixels(f)[8:16] for f in frames]
    assert np.abs(sky[0] - sky[2]).mean() < 12


@pytest.mark.parametrize("animal", [*SPECIES, *LOOK_ALIKES], ids=lambda a: a.name)
def test_every_attribute_is_said_of_every_species(animal: object) -> None:
    said = attributes(sample_scene(animal.name, 3, 1))  # type: ignore[attr-defined]
    assert tuple(said) == ATTRIBUTES and all(said.values())


def test_species_are_described_as_field_guides_do() -> None:
    said = {a.name: attributes(sample_scene(a.name, 3, 1)) for a in SPECIES}
    assert said["European badger"]["face"] == "striped" and said["European badger"]["legs"] == "short"
    assert "bushy with a tip" in said["red fox"]["tail"] and said["wild boar"]["coat"] == "black"
    assert "tufted" in said["Eurasian lynx"]["ears"] and said["Eurasian lynx"]["pattern"] == "spots"


@pytest.mark.parametrize(("make", "words"), [
    (lambda: find_animal("unicorn"), "unicorn.*red fox"),
    (lambda: sample_scene("red fox", 1, 1, "ultraviolet"), "ultraviolet.*infrared"),
])  # fmt: skip
def test_unknown_names_are_named_with_the_choices(make: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()  # type: ignore[operator]
