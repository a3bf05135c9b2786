"""The head: skull, brow, cheeks, muzzle and jaw, nose, eyes, ears, antlers or horns, tusks."""

import numpy as np

from .animals import Build, Pose
from .cones import LEFT, ConeList
from .trunk import poll

__all__ = ["add_head", "head_turn"]

_REST = Pose()


def head_turn(build: Build, pose: Pose = _REST) -> np.ndarray:
    """Rotation `(3, 3)` from the head's frame (x along the face, y to the crown, z to its left) to the body's."""
    return _yaw(pose.head_yaw) @ _pitch(max(pose.head_pitch - build.head_angle - _bow(pose), -80.0))


def _bow(pose: Pose) -> float:
    """Degrees by which the face follows a neck that goes down to feed."""
    return 30.0 * float(np.clip(-pose.neck_lift / 78, 0, 1))


def _yaw(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def _pitch(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


class _Frame:
    """Points and directions of the head, given in skull radii, in the body's frame."""

    def __init__(self, build: Build, pose: Pose) -> None:
        self.origin, self.turn, self.skull = poll(build, pose), head_turn(build, pose), build.skull

    def __call__(self, x: float, y: float, z: float = 0.0) -> np.ndarray:
        return self.origin + self.turn @ (np.array([x, y, z]) * self.skull)


def add_head(cones: ConeList, build: Build, pose: Pose) -> None:
    """The head on top of the neck."""
    at, s = _Frame(build, pose), build.skull
    side = at.turn @ LEFT
    cones.add("head", at(-0.05, 0), at(0.55, -0.02), s, 0.80 * s, build.narrow, side)
    _add_muzzle(cones, build, at, side)
    for left in (1, -1):
        width = left / build.narrow
        if build.cheek:
            cones.add("jaw", at(0.25, -0.40, 0.5 * width), at(-0.05, -0.75, 0.75 * width)
                      + at.turn @ [-0.2 * build.cheek, -0.35 * build.cheek, left * 0.35 * build.cheek],
                      0.55 * s, 0.35 * s * 0.5 + 0.35 * build.cheek)  # fmt: skip
        cones.add("eye", at(0.72, 0.20, 0.70 * width), at(0.80, 0.20, 0.70 * width), 0.20 * s, 0.19 * s)
        _add_ear(cones, build, pose, at, left)
        _add_antlers(cones, build, at, left)


def _add_muzzle(cones: ConeList, build: Build, at: _Frame, side: np.ndarray) -> None:
    """Bridge of the nose from the brow to the tip, the jaw under it, the nose pad, and tusks beside it."""
    b, s = build, build.skull
    reach, tip = 0.7 + b.snout / s, -0.15 - b.snout_drop * b.snout / s
    size = b.snout_radius / s
    root = max(1.35 * size, min(0.62, 0.45 + 0.35 * size))
    cones.add("muzzle", at(0.60, -0.20), at(reach, tip), root * s, b.snout_radius, 1.1 * b.narrow, side)
    cones.add("jaw", at(0.20, -0.50), at(reach - 0.25 * size, tip - 0.62 * size), 0.50 * s, 0.62 * b.snout_radius,
              1.1 * b.narrow, side)  # fmt: skip
    nose = b.nose * size
    front = reach + size - 0.6 * nose
    cones.add("nose", at(front, tip + 0.55 * (size - nose)), at(front + 0.15 * nose, tip + 0.45 * (size - nose)),
              nose * s, 0.95 * nose * s, 1.5, at.turn @ [1.0, 0, 0])  # fmt: skip
    for left in (1, -1) if b.tusks else ():
        root_, z = reach - 0.9 * size, left * 0.80 * size
        cones.add("tusk", at(root_, tip - 0.4 * size, z), at(root_ + 0.25 * b.tusks / s, tip - 0.4 * size
                  + b.tusks / s, z * 1.3), 0.09 * b.tusks, 0.03 * b.tusks)  # fmt: skip


def _add_ear(cones: ConeList, build: Build, pose: Pose, at: _Frame, left: int) -> None:
    b, splay = build, np.radians(build.ear_splay)
    turn = _yaw(pose.head_yaw) @ _pitch(0.5 * (pose.head_pitch - build.head_angle))
    root = at(-0.30, 0.62, left * 0.58 / b.narrow)
    up = turn @ np.array([-0.12, np.cos(splay), left * np.sin(splay)])
    face = turn @ np.array([1.0, 0.10, left * 0.45])
    middle, tip = root + up * b.ear * 0.45, root + up * b.ear
    cones.add("ear", root, middle, 0.80 * b.ear_width, b.ear_width, 2.0, face)
    cones.add("ear", middle, tip, b.ear_width, max(b.ear_width * b.ear_round, 0.003), 2.0, face)
    if b.ear_tuft:
        cones.add("ear", tip - up * 0.2 * b.ear, tip + up * b.ear_tuft, 0.36 * b.ear_width, 0.005)


def _add_antlers(cones: ConeList, build: Build, at: _Frame, left: int) -> None:
    b, s = build, build.skull
    size = b.antlers or b.horns
    if not size:
        return
    root, long = at(0.10, 0.75, left * 0.38), size / s
    if b.antlers:
        beam = at(-0.10 - 0.05 * long, 0.75 + long, left * (0.45 + 0.22 * long))
        fork = root + 0.45 * (beam - root)
        cones.add("antler", root, beam, 0.010 + 0.03 * size, 0.006)
        cones.add("antler", fork, at(0.45 + 0.25 * long, 0.75 + 0.72 * long, left * (0.45 + 0.15 * long)), 0.009, 0.005)
        cones.add("antler", root + 0.7 * (beam - root), at(-0.30 - 0.30 * long, 0.75 + 0.95 * long,
                  left * (0.45 + 0.2 * long)), 0.009, 0.005)  # fmt: skip
    else:
        bow = at(-0.45 * long, 0.75 + 0.6 * long, left * (0.4 + 0.35 * long))
        cones.add("antler", root, bow, 0.014 + 0.06 * size, 0.014 + 0.03 * size)
        cones.add("antler", bow, at(-0.8 * long, 0.75 + 0.5 * long, left * (0.4 + 0.45 * long)),
                  0.014 + 0.03 * size, 0.006)  # fmt: skip
