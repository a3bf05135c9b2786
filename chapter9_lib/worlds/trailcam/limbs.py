"""Legs by inverse kinematics: gaits, shoulder and haunch, elbow and stifle, carpus and hock, paws or hooves.

A walk is a lateral sequence (left hind, left fore, right hind, right fore, a quarter of the stride apart, each foot
on the ground for 65 % of it); a trot moves diagonal pairs together (Hildebrand 1965, Symmetrical gaits of horses).
"""

import numpy as np

from .animals import Build, Pose
from .cones import ConeList
from .trunk import hips, withers

__all__ = ["add_legs", "foot_path"]

_WALK = {("hind", 1): 0.0, ("fore", 1): 0.25, ("hind", -1): 0.5, ("fore", -1): 0.75}
_TROT = {("hind", 1): 0.0, ("fore", -1): 0.0, ("hind", -1): 0.5, ("fore", 1): 0.5}


def foot_path(pose: Pose, limb: str, left: int) -> tuple[float, float]:
    """How far a foot is ahead of its place at rest and above the ground, as shares of the leg's height.

    Args:
        pose: a gait with a `stride`, or a stance, in which the feet stand a little apart.
        limb: `fore` or `hind`.
        left: 1 for the left leg, −1 for the right.
    """
    trotting = pose.name == "trotting"
    phase = (pose.phase - (_TROT if trotting else _WALK)[limb, left]) % 1
    if not pose.stride:
        return 0.10 * left * float(np.sin(2 * np.pi * pose.phase)) * (-1 if limb == "hind" else 0.6), 0.0
    ground = 0.5 if trotting else 0.65
    if phase < ground:
        return pose.stride * (1 - 2 * phase / ground), 0.0
    swing = (phase - ground) / (1 - ground)
    return -pose.stride * float(np.cos(np.pi * swing)), 0.55 * pose.stride * float(np.sin(np.pi * swing))


def add_legs(cones: ConeList, build: Build, pose: Pose) -> None:
    """Four legs, feet on or above the ground."""
    for left in (1, -1):
        _add_fore_leg(cones, build, pose, left)
        _add_hind_leg(cones, build, pose, left)


def _add_fore_leg(cones: ConeList, build: Build, pose: Pose, left: int) -> None:
    b, chest = build, withers(build, pose)
    wide = 0.55 * b.chest / b.depth + 0.25 * b.leg_radius
    joint = chest + [0.22 * b.chest, -0.28 * b.chest, left * wide]
    still = np.array([chest[0] + 0.05 * b.chest, b.foot, left * wide * b.stance])
    ahead, lift = (b.shoulder * share for share in foot_path(pose, "fore", left))
    foot = still + [ahead, lift, 0]
    carpus = np.array([0.01, b.carpus, 0]) * b.shoulder
    upper, lower = _bones(joint + [0, pose.crouch * b.shoulder, 0], still + carpus, chest[0] - 0.10 * b.chest,
                          b.shoulder - 0.80 * b.chest)  # fmt: skip
    wrist = foot + _folded(carpus, (5.0 * lift - 0.8 * ahead) / b.shoulder)
    elbow = _two_bones(joint, wrist, upper, lower, -1)
    r = b.leg_radius
    blade = chest + [0.02 * b.chest, 0.12 * b.chest, left * wide]
    cones.add("leg", blade, elbow, 0.62 * b.chest, 1.55 * r, 1.3)
    cones.add("leg", elbow, wrist, 1.50 * r, 0.95 * r)
    _add_foot(cones, b, wrist, foot, lift, left)


def _add_hind_leg(cones: ConeList, build: Build, pose: Pose, left: int) -> None:
    b, pelvis = build, hips(build, pose)
    wide = 0.50 * b.rump + 0.2 * b.leg_radius
    joint = pelvis + [-0.05 * b.rump, -0.10 * b.rump, left * wide]
    still = np.array([pelvis[0] - 0.45 * b.rump, b.foot, left * wide * b.stance])
    ahead, lift = (b.hip * share for share in foot_path(pose, "hind", left))
    foot = still + [ahead, lift, 0]
    shank = np.array([-0.05, b.hock, 0]) * b.hip
    upper, lower = _bones(joint + [0, pose.crouch * b.hip, 0], still + shank, pelvis[0] + 0.55 * b.rump,
                          b.hip - 1.05 * b.rump)  # fmt: skip
    hock = foot + _folded(shank, -(0.6 * ahead + 2.0 * lift) / b.hip)
    stifle = _two_bones(joint, hock, upper, lower, 1)
    r = b.leg_radius
    cones.add("leg", joint + [-0.15 * b.rump, 0, 0], stifle, 0.78 * b.rump, 2.0 * r, 1.25)
    cones.add("leg", stifle, hock, 1.9 * r, 0.95 * r, 1.1)
    _add_foot(cones, b, hock, foot, lift, left)


def _folded(bone: np.ndarray, turn: float) -> np.ndarray:
    """The bone above a foot, turned in the leg's plane by `turn` radians, upper end ahead."""
    c, s = np.cos(turn), np.sin(turn)
    return np.array([c * bone[0] + s * bone[1], -s * bone[0] + c * bone[1], 0])


def _add_foot(cones: ConeList, build: Build, joint: np.ndarray, foot: np.ndarray, lift: float, left: int) -> None:
    """The bone down to the foot; then a pastern and a hoof, or two pairs of toes."""
    b, r = build, build.leg_radius
    hang = -0.5 * min(lift / b.shoulder, 0.12) * np.array([0, 1, 0])
    if b.hooves:
        fetlock = foot + [-0.2 * b.foot, 1.6 * b.foot, 0]
        cones.add("leg", joint, fetlock, 0.88 * r, 0.72 * r)
        cones.add("leg", fetlock, foot + [0.5 * b.foot, 0.1 * b.foot, 0], 0.85 * r, 0.65 * b.foot)
        toe = foot + [1.5 * b.foot, -0.45 * b.foot, 0] + hang
        toe[1] = max(toe[1], 0.4 * b.foot)
        cones.add("foot", foot + [0.5 * b.foot, 0, 0], toe, 0.75 * b.foot, 0.45 * b.foot)
        return
    cones.add("leg", joint, foot + [0, 0.5 * b.foot, 0], 0.95 * r, 0.85 * r)
    for side in (1, -1):
        toe = foot + np.array([1.25 * b.foot, -0.22 * b.foot, side * 0.45 * b.foot]) + hang
        toe[1] = max(toe[1], 0.6 * b.foot)
        cones.add("foot", foot + [0, 0.05 * b.foot, side * 0.2 * b.foot], toe, 0.95 * b.foot, 0.70 * b.foot)


def _bones(joint: np.ndarray, end: np.ndarray, knee_x: float, knee_y: float) -> tuple[float, float]:
    """Lengths of the two bones whose joint stands at (`knee_x`, `knee_y`) at rest."""
    knee = np.array([knee_x, knee_y])
    return float(np.linalg.norm(joint[:2] - knee)), float(np.linalg.norm(knee - end[:2]))


def _two_bones(start: np.ndarray, end: np.ndarray, upper: float, lower: float, forward: int) -> np.ndarray:
    """The joint between two bones from `start` to `end` (law of cosines), bent ahead (+1) or back (-1)."""
    way = end - start
    span = float(np.clip(np.linalg.norm(way), abs(upper - lower) * 1.001 + 1e-6, 0.999 * (upper + lower)))
    along = (upper**2 - lower**2 + span**2) / (2 * span)
    out = np.sqrt(max(upper**2 - along**2, 0.0))
    way = way / np.linalg.norm(way)
    normal = np.array([-way[1], way[0], 0.0]) * forward
    return start + way * along + normal * out / max(np.linalg.norm(normal), 1e-6)
