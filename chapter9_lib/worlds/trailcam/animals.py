"""Animals as numbers: how a body is built (`Build`), what it wears (`Coat`), how it stands (`Pose`)."""

from dataclasses import dataclass

__all__ = ["Animal", "Build", "Coat", "Colour", "Pose"]

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Build:
    """Body measures in metres, angles in degrees.

    `length` runs from shoulder to hip, `shoulder` and `hip` are heights of those joints above the ground: the withers
    lie `chest` higher. `depth`, `narrow`: how many times trunk and head are higher than wide. `dip` lowers the middle
    of the back, `fringe` hangs fur under the flanks. `head_angle` is how far the face points down at rest. `nose`: the
    nose pad's radius as a share of the muzzle's. `carpus`, `hock`: heights of these joints as shares of the leg's;
    `stance`: the feet's distance as a share of the shoulders'.
    """

    length: float = 0.60
    shoulder: float = 0.45
    hip: float = 0.45
    chest: float = 0.13
    waist: float = 0.10
    rump: float = 0.12
    hump: float = 0.0
    depth: float = 1.2
    neck: float = 0.20
    neck_angle: float = 45.0
    neck_radius: float = 0.07
    skull: float = 0.07
    snout: float = 0.12
    snout_radius: float = 0.032
    snout_drop: float = 0.25
    cheek: float = 0.0
    ear: float = 0.09
    ear_width: float = 0.030
    ear_splay: float = 25.0
    ear_round: float = 0.3
    ear_tuft: float = 0.0
    tail: float = 0.35
    tail_radius: float = 0.04
    tail_bush: float = 1.0
    tail_droop: float = 45.0
    leg_radius: float = 0.030
    foot: float = 0.028
    antlers: float = 0.0
    horns: float = 0.0
    fur: float = 0.006
    dip: float = 0.0
    fringe: float = 0.0
    head_angle: float = 15.0
    narrow: float = 1.05
    nose: float = 0.65
    tusks: float = 0.0
    carpus: float = 0.22
    hock: float = 0.30
    stance: float = 0.85
    hooves: bool = False


@dataclass(frozen=True)
class Coat:
    """Colours (linear RGB) by part, then a pattern on top.

    `pattern`: plain, spots, stripes, patches; `mask`: none, stripes (a badger's), dark (a raccoon's), pale;
    `infrared` is how bright the coat shines under an infrared flash. `chin` (jaw and cheeks), `inside` (of the ears)
    and `feet` are as `muzzle`, `face` and `legs` where they are None.
    """

    back: Colour = (0.35, 0.22, 0.12)
    belly: Colour = (0.50, 0.42, 0.33)
    belly_line: float = 0.35
    legs: Colour = (0.30, 0.20, 0.12)
    sock: float = 0.0
    face: Colour = (0.38, 0.25, 0.15)
    muzzle: Colour = (0.45, 0.38, 0.30)
    ears: Colour = (0.30, 0.20, 0.12)
    tail: Colour = (0.35, 0.22, 0.12)
    tail_tip: Colour = (0.35, 0.22, 0.12)
    tip_share: float = 0.0
    rump_patch: float = 0.0
    throat: float = 0.0
    mask: str = "none"
    pattern: str = "plain"
    pattern_colour: Colour = (0.06, 0.05, 0.04)
    pattern_scale: float = 9.0
    pattern_strength: float = 0.0
    grizzle: float = 0.25
    infrared: float = 0.55
    chin: Colour | None = None
    inside: Colour | None = None
    feet: Colour | None = None
    nose: Colour = (0.018, 0.016, 0.015)


@dataclass(frozen=True)
class Pose:
    """How an animal stands: `name` for the manifest, `phase` of the gait in [0, 1], the rest in degrees or shares."""

    name: str = "standing"
    phase: float = 0.0
    stride: float = 0.0
    neck_lift: float = 0.0
    head_yaw: float = 0.0
    head_pitch: float = 0.0
    tail_lift: float = 0.0
    tail_swing: float = 0.0
    crouch: float = 0.0


@dataclass(frozen=True)
class Animal:
    """A kind with its name, its body and its coat.

    `parts` is empty for animals. A thing lists its round cones instead, in units of its height `build.shoulder`:
    two end points, two radii and how many times thinner the cone is sideways.
    """

    name: str
    build: Build
    coat: Coat
    parts: tuple[tuple[float, ...], ...] = ()
