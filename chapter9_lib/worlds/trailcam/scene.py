"""A scene: everything that decides one photo, as data. `sample_scene` draws one, `render` turns it into pixels."""

from dataclasses import dataclass, field, replace

import numpy as np

from .animals import Animal, Pose
from .kinds import SOURCE_KINDS, STRANGERS, kind
from .sites import SOURCE_SITES, site
from .species import LOOK_ALIKES, SPECIES, individual

__all__ = ["Scene", "burst", "find_animal", "sample_scene"]

SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True)
class Scene:
    """One photo before it is rendered.

    Attributes:
        animal: the individual in view, body and coat.
        camera: number of the site.
        seed: seeds the sensor noise and the weather's particles.
        light: `day`, `dusk` or `infrared`.
        hour: local time in hours, 0–24.
        day: day of the year, 1–365.
        fog: 0 (clear) to 1 (ten metres of sight).
        cloud: 0 (blue sky) to 1 (overcast).
        rain, snowfall, snow_cover: 0 to 1.
        distance: metres from the camera to the animal.
        offset: sideways place in the frame, −1 (left edge) to 1.
        yaw: heading in degrees, 0 to the right, 90 away from the camera.
        pose: how the animal stands.
        speed: how far it moves during the exposure, in metres, seen sideways.
        frame: number of the photo in its burst, from 0; `burst` names the burst.
    """

    animal: Animal
    camera: int
    seed: int
    light: str = "day"
    hour: float = 10.0
    day: int = 180
    fog: float = 0.0
    cloud: float = 0.3
    rain: float = 0.0
    snowfall: float = 0.0
    snow_cover: float = 0.0
    distance: float = 3.0
    offset: float = 0.0
    yaw: float = 0.0
    pose: Pose = field(default_factory=Pose)
    speed: float = 0.0
    frame: int = 0
    burst: str = ""

    @property
    def species(self) -> str:
        """The kind of animal in view."""
        return self.animal.name

    @property
    def season(self) -> str:
        """winter (December to February), spring, summer or autumn."""
        return SEASONS[((self.day + 30) % 365) * 4 // 365]

    @property
    def weather(self) -> str:
        """The word a field worker would note: snowfall, rain, fog, overcast or clear."""
        for name in ("snowfall", "rain", "fog"):
            if getattr(self, name) > 0.25:
                return name
        return "overcast" if self.cloud > 0.6 else "clear"


def find_animal(name: str) -> Animal:
    """The kind with this name: a species, a look-alike, a source kind or a stranger.

    Raises:
        ValueError: for an unknown name, listing the species.
    """
    for animal in (*SPECIES, *LOOK_ALIKES):
        if animal.name == name:
            return animal
    if name in SOURCE_KINDS or name in STRANGERS:
        return kind(name)
    raise ValueError(f"No kind is called {name!r}. Species: {', '.join(a.name for a in SPECIES)}.")


def sample_scene(species: str, camera: int, seed: int, light: str = "day") -> Scene:
    """A random scene of one kind at one site, the same for the same arguments.

    Args:
        species: name of a species, look-alike, source kind or stranger.
        camera: site number: 1–24, or from `SOURCE_SITES` up for the source world.
        seed: any whole number.
        light: `day`, `dusk` or `infrared`.

    Raises:
        ValueError: for an unknown species or light.
    """
    if light not in ("day", "dusk", "infrared"):
        raise ValueError(f"No light is called {light!r}: use 'day', 'dusk' or 'infrared'.")
    rng = np.random.default_rng([11, seed, camera, *species.encode()])
    day = int(rng.integers(1, 366))
    scene = Scene(find_animal(species), camera, seed, light, day=day, burst=f"{camera:02d}-{seed:06d}")
    scene = replace(
        scene, animal=individual(scene.animal, rng, scene.season, vary=0.6 if camera >= SOURCE_SITES else 1.0)
    )
    scene = _place(_weather(replace(scene, hour=_hour(rng, light, day)), rng), rng)
    return _composed(scene) if camera >= SOURCE_SITES else scene


def _composed(scene: Scene) -> Scene:
    """Source photos are taken by people: nearer the middle, a little closer, in better weather."""
    return replace(scene, offset=0.6 * scene.offset, distance=0.85 * scene.distance, fog=0.5 * scene.fog)


def _hour(rng: np.random.Generator, light: str, day: int) -> float:
    half = 6 + 2.2 * np.sin(2 * np.pi * (day - 80) / 365)
    if light == "day":
        return float(rng.uniform(12 - half + 1.2, 12 + half - 1.2))
    edge = 12 + rng.choice([-1, 1]) * (half + rng.uniform(-0.2, 0.4))
    return float(edge) if light == "dusk" else float((rng.uniform(12 + half + 1, 36 - half - 1)) % 24)


def _weather(scene: Scene, rng: np.random.Generator) -> Scene:
    draw, cold = rng.random(), scene.season == "winter"
    fog = float(0.25 + 0.5 * rng.beta(1.5, 2.2)) if draw < 0.16 else 0.0
    wet = float(rng.uniform(0.3, 1)) if 0.16 <= draw < 0.30 else 0.0
    cover = float(rng.uniform(0.4, 1)) if cold and rng.random() < 0.55 else 0.0
    cloud = float(np.clip(rng.beta(0.7, 0.7) + (wet + fog) * 0.5, 0, 1))
    return replace(
        scene, fog=fog, rain=0.0 if cold else wet, snowfall=wet if cold else 0.0, snow_cover=cover, cloud=cloud
    )


_POSES = ("standing", "walking", "walking", "feeding", "alert", "trotting")


def _place(scene: Scene, rng: np.random.Generator) -> Scene:
    place = site(scene.camera)
    size = 0.5 * (scene.animal.build.shoulder + scene.animal.build.length)
    lowest = np.radians(place.camera.tilt) + np.arctan(0.75 * np.tan(np.radians(place.camera.fov) / 2))
    nearest = max(1.1 + 1.4 * size, 0.95 * place.camera.height / np.tan(lowest))
    farthest = min(nearest + 1.2 + 3.6 * size, place.bank - 0.8)
    distance = float(np.exp(rng.uniform(np.log(nearest), np.log(farthest))))
    heading = rng.choice([0, 180]) + rng.normal(0, 28) if rng.random() < 0.72 else rng.uniform(0, 360)
    name = "still" if scene.animal.parts else str(rng.choice(_POSES))
    moving = {"walking": 0.16, "trotting": 0.26}.get(name, 0.0)
    pose = Pose(
        name=name,
        phase=float(rng.random()),
        stride=moving,
        neck_lift={"feeding": -78.0, "alert": 14.0}.get(name, 0.0) + float(rng.normal(0, 6)),
        head_yaw=float(rng.normal(0, 42 if name == "alert" else 14)),
        head_pitch=-22.0 if name == "feeding" else float(rng.normal(0, 8)),
        tail_lift=float(rng.normal(0, 12)),
        tail_swing=float(rng.normal(0, 14)),
        crouch=0.05 if name == "trotting" else 0.0,
    )
    offset = float(np.clip(rng.normal(0, 0.42), -1.05, 1.05))
    speed = moving * size * (0.25 if scene.light == "day" else 0.6) * float(rng.random())
    return replace(scene, distance=distance, offset=offset, yaw=float(heading % 360), pose=pose, speed=speed)


def burst(scene: Scene, frames: int) -> list[Scene]:
    """The scene and what the camera sees in the seconds after: the animal walks on, turns its head,
    the noise changes."""
    rng = np.random.default_rng([12, scene.seed, scene.camera])
    shots = [scene]
    for frame in range(1, frames):
        last = shots[-1]
        step = (0.10 + 0.22 * rng.random()) * (1.0 if last.pose.stride else 0.3)
        yaw = np.radians(last.yaw)
        pose = replace(last.pose, phase=(last.pose.phase + 0.27 + 0.1 * rng.random()) % 1,
                       head_yaw=last.pose.head_yaw + float(rng.normal(0, 16)),
                       neck_lift=last.pose.neck_lift + float(rng.normal(0, 5)))  # fmt: skip
        shots.append(replace(
            last, frame=frame, seed=scene.seed * 8 + frame + 1_000_003, pose=pose, hour=last.hour + 0.0006,
            offset=last.offset + float(np.cos(yaw)) * step, distance=max(1.3,
            last.distance + float(np.sin(yaw)) * step * 1.5),
        ))  # fmt: skip
    return shots
