"""The trunk: ribcage, loin, breast, croup, mane or fringe, neck and tail, and the landmarks the limbs hang from."""

import numpy as np

from .animals import Build, Pose
from .cones import ConeList

__all__ = ["add_tail", "add_trunk", "hips", "poll", "withers"]


def withers(build: Build, pose: Pose) -> np.ndarray:
    """Middle of the chest between the shoulders, `(3,)` metres."""
    return np.array([build.length / 2, build.shoulder * (1 - pose.crouch), 0])


def hips(build: Build, pose: Pose) -> np.ndarray:
    """Middle of the pelvis, `(3,)` metres."""
    return np.array([-build.length / 2, build.hip * (1 - pose.crouch), 0])


def poll(build: Build, pose: Pose) -> np.ndarray:
    """Top of the neck, where the skull sits, `(3,)` metres."""
    return _neck_base(build, pose) + _ahead(build, pose) * build.neck


def _neck_base(build: Build, pose: Pose) -> np.ndarray:
    return withers(build, pose) + build.chest * np.array([0.45, 0.20, 0])


def _ahead(build: Build, pose: Pose) -> np.ndarray:
    """The way the neck points, `(3,)`: a lift of −78° is all the way down, less far for a short neck."""
    lowest = _lowest_neck(build)
    lift = pose.neck_lift if pose.neck_lift > 0 else (build.neck_angle - lowest) * pose.neck_lift / 78
    angle = np.radians(np.clip(build.neck_angle + lift, lowest, 85))
    return np.array([np.cos(angle), np.sin(angle), 0])


def _lowest_neck(build: Build) -> float:
    """Degrees at which a feeding animal's nose reaches the ground, or the end of a short neck's reach."""
    face = 0.7 * build.skull + build.snout + build.snout_radius
    drop = (build.shoulder + 0.2 * build.chest - face) / max(build.neck, 1e-3)
    stretch = np.clip(75 * build.neck / build.chest - 5, 20, 62)
    return -float(min(np.degrees(np.arcsin(np.clip(drop, 0, 1))), stretch))


def add_trunk(cones: ConeList, build: Build, pose: Pose) -> None:
    """The body without limbs: its back line is straight from withers to croup but for the `dip`."""
    b, front, back = build, withers(build, pose), hips(build, pose)
    line = 0.5 * (front[1] + b.chest + back[1] + b.rump) - b.dip
    middle = np.array([-0.04 * b.length, line - b.waist, 0])
    loin = middle * 0.35 + back * 0.65
    cones.add("torso", front, middle, b.chest, b.waist, b.depth)
    cones.add("torso", middle, loin, b.waist, 0.5 * (b.waist + b.rump), b.depth)
    breast = front + b.chest * np.array([0.42, -0.38, 0])
    belly = middle + [0.08 * b.length, -0.22 * b.waist, 0]
    cones.add("torso", breast, belly, 0.60 * b.chest, 0.80 * b.waist, 1.0 + 0.5 * (b.depth - 1))
    croup = back + b.rump * np.array([-0.50, -0.30, 0])
    cones.add("torso", back, croup, b.rump, 0.66 * b.rump, 1.0 + 0.5 * (b.depth - 1))
    if b.hump:
        top = np.array([0, b.hump * 0.6, 0])
        cones.add("torso", front + top + [0.2 * b.chest, 0, 0], middle + 0.4 * top, 0.72 * b.chest, 0.6 * b.waist, 1.7)
    if b.fringe:
        hem = np.array([0, -b.fringe, 0])
        cones.add("torso", middle + [0.1 * b.length, 0, 0] + hem, back + hem, 0.9 * b.waist, 0.85 * b.rump, 0.9)
    _add_neck(cones, b, pose)


def _add_neck(cones: ConeList, build: Build, pose: Pose) -> None:
    """A crest from the withers and a throat from the breast, so that the neck widens into the chest."""
    b, base, ahead = build, withers(build, pose), _ahead(build, pose)
    top, across = poll(build, pose), np.array([-ahead[1], ahead[0], 0])
    crest = base + b.chest * np.array([0.18, 0.22, 0])
    cones.add("neck", crest, top, 0.5 * b.chest + 0.5 * b.neck_radius, b.neck_radius, 1.25)
    breast = base + b.chest * np.array([0.50, -0.25, 0])
    throat = top - ahead * 0.25 * b.neck - across * 0.25 * b.neck_radius
    cones.add("neck", breast, throat, 0.60 * b.chest, 0.92 * b.neck_radius, 1.2)


def add_tail(cones: ConeList, build: Build, pose: Pose) -> None:
    """Three cones from the croup, bending level towards the tip."""
    b = build
    if b.tail <= 0:
        return
    start = hips(b, pose) + b.rump * np.array([-0.85, 0.30, 0])
    angle, swing = np.radians(b.tail_droop - pose.tail_lift), np.radians(pose.tail_swing)
    radii = b.tail_radius * np.array([0.42, 0.50 + 0.35 * b.tail_bush, b.tail_bush, 0.30 * b.tail_bush])
    for step, bent in enumerate((1.0, 0.9, 0.55)):
        bend = angle * bent
        way = np.array([-np.cos(bend) * np.cos(swing), -np.sin(bend), np.cos(bend) * np.sin(swing)])
        end = start + way * b.tail * (0.28, 0.36, 0.36)[step]
        cones.add("tail", start, end, float(radii[step]), float(radii[step + 1]))
        start = end
