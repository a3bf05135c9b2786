"""From a build and a pose to about forty round cones: limbs by inverse kinematics, every cone in pose and at rest."""

from dataclasses import dataclass

import numpy as np

from .animals import Animal, Build, Pose

__all__ = ["PARTS", "Cones", "skeleton"]

PARTS = ("torso", "neck", "head", "muzzle", "ear", "tail", "leg", "antler", "nose", "eye")
_LEFT = np.array([0.0, 0.0, 1.0])


@dataclass
class Cones:
    """C capsules with a linearly changing radius, in the animal's frame: x ahead, y up, z to its left, feet at y = 0.

    `a`, `b`: end points `(C, 3)`; `ra`, `rb`: radii `(C,)`; `flat`: unit vectors `(C, 3)` along which a cone is
    thinner by `thin` `(C,)`; `part`: index into `PARTS`; `rest_a`, `rest_b`: the same ends in the standing pose, which
    coat patterns are tied to. `blend` is the width in metres over which neighbours melt together.
    """

    a: np.ndarray
    b: np.ndarray
    ra: np.ndarray
    rb: np.ndarray
    flat: np.ndarray
    thin: np.ndarray
    part: np.ndarray
    rest_a: np.ndarray
    rest_b: np.ndarray
    blend: float


def skeleton(animal: Animal, pose: Pose) -> Cones:
    """The cones of an `animal` in this `pose`."""
    build = animal.build
    if animal.parts:
        return _thing(animal)
    posed, rest = _Assembly(build, pose), _Assembly(build, Pose())
    flat = np.array([_perpendicular(b - a, f) for a, b, f in zip(posed.a, posed.b, posed.flat, strict=True)])
    return Cones(
        np.array(posed.a), np.array(posed.b), np.array(posed.ra), np.array(posed.rb), flat, np.array(posed.thin),
        np.array(posed.part), np.array(rest.a), np.array(rest.b), 0.10 * build.chest + 0.004,
    )  # fmt: skip


def _thing(animal: Animal) -> Cones:
    rows = np.array(animal.parts)
    size = animal.build.shoulder
    a, b = rows[:, 0:3] * size, rows[:, 3:6] * size + [1e-4, 0, 0]
    flat = np.array([_perpendicular(axis, _LEFT) for axis in b - a])
    torso = np.full(len(rows), PARTS.index("torso"))
    return Cones(a, b, rows[:, 6] * size, rows[:, 7] * size, flat, rows[:, 8], torso, a, b, 0.012 * size)


def _perpendicular(axis: np.ndarray, wish: np.ndarray) -> np.ndarray:
    axis = axis / max(np.linalg.norm(axis), 1e-9)
    rest = wish - axis * (wish @ axis)
    size = np.linalg.norm(rest)
    return rest / size if size > 1e-6 else _perpendicular(axis, np.array([axis[1], axis[2], axis[0]]) + 0.1)


class _Assembly:
    def __init__(self, build: Build, pose: Pose) -> None:
        self.build, self.pose = build, pose
        self.a: list[np.ndarray] = []
        self.b: list[np.ndarray] = []
        self.ra: list[float] = []
        self.rb: list[float] = []
        self.flat: list[np.ndarray] = []
        self.thin: list[float] = []
        self.part: list[int] = []
        self._torso()
        self._neck_and_head()
        self._tail()
        for left in (1, -1):
            self._fore_leg(left)
            self._hind_leg(left)

    def _add(
        self, part: str, a: np.ndarray, b: np.ndarray, ra: float, rb: float,
        thin: float = 1.0, flat: np.ndarray = _LEFT,
    ) -> None:  # fmt: skip
        self.a.append(np.asarray(a, float))
        self.b.append(np.asarray(b, float) + [1e-4, 0, 0])
        self.ra.append(ra)
        self.rb.append(rb)
        self.flat.append(np.asarray(flat, float))
        self.thin.append(thin)
        self.part.append(PARTS.index(part))

    def _torso(self) -> None:
        b, drop = self.build, self.pose.crouch
        self.withers = np.array([b.length / 2, b.shoulder * (1 - drop), 0])
        self.hips = np.array([-b.length / 2, b.hip * (1 - drop), 0])
        middle = (self.withers + self.hips) / 2 + [0, -0.05 * b.length, 0]
        self._add("torso", self.withers, middle, b.chest, b.waist, b.depth)
        self._add("torso", middle, self.hips, b.waist, b.rump, b.depth)
        brisket = self.withers + [0.02, -0.35 * b.chest, 0]
        self._add("torso", brisket, middle + [0, -0.25 * b.waist, 0], b.chest * 0.85, b.waist * 0.85, b.depth)
        self._add("torso", self.hips, self.hips + [-0.25 * b.rump, -0.4 * b.rump, 0], b.rump * 0.9, b.rump * 0.7, 1.1)
        if b.hump:
            self._add(
                "torso",
                self.withers + [0, b.hump * 0.6, 0],
                middle + [0, b.hump * 0.25, 0],
                b.chest * 0.75,
                b.waist * 0.6,
                b.depth,
            )

    def _neck_and_head(self) -> None:
        b, p = self.build, self.pose
        angle = np.radians(np.clip(b.neck_angle + p.neck_lift, -60, 85))
        ahead = np.array([np.cos(angle), np.sin(angle), 0])
        base = self.withers + [0.35 * b.chest, 0.25 * b.chest, 0]
        poll = base + ahead * b.neck
        self._add("neck", base, poll, b.neck_radius * 1.35, b.neck_radius, 1.15)
        self._add(
            "neck",
            self.withers + [0.2 * b.chest, -0.35 * b.chest, 0],
            base + ahead * b.neck * 0.5,
            b.chest * 0.7,
            b.neck_radius,
            1.15,
        )
        yaw, pitch = np.radians(p.head_yaw), np.radians(p.head_pitch)
        turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
        nod = np.array([[np.cos(pitch), -np.sin(pitch), 0], [np.sin(pitch), np.cos(pitch), 0], [0, 0, 1]])
        self._head(poll, turn @ nod)

    def _head(self, poll: np.ndarray, turn: np.ndarray) -> None:
        b = self.build

        def at(x: float, y: float, z: float) -> np.ndarray:
            return poll + turn @ np.array([x, y, z])

        side = turn @ _LEFT
        skull, reach = b.skull, b.skull * 0.7 + b.snout
        self._add("head", at(0, 0, 0), at(skull * 0.6, 0, 0), skull, skull * 0.9)
        nose_y = -b.snout_drop * b.snout - 0.15 * skull
        self._add(
            "muzzle",
            at(skull * 0.7, -0.2 * skull, 0),
            at(reach, nose_y, 0),
            b.snout_radius * 1.7,
            b.snout_radius,
            1.1,
            side,
        )
        self._add(
            "muzzle",
            at(skull * 0.5, -0.55 * skull, 0),
            at(reach * 0.9, nose_y - 0.5 * b.snout_radius, 0),
            b.snout_radius * 1.2,
            b.snout_radius * 0.7,
        )
        self._add(
            "nose",
            at(reach + b.snout_radius * 0.55, nose_y + b.snout_radius * 0.25, 0),
            at(reach + b.snout_radius * 0.6, nose_y, 0),
            b.snout_radius * 0.55,
            b.snout_radius * 0.5,
        )
        for left in (1, -1):
            if b.cheek:
                self._add(
                    "head",
                    at(0.25 * skull, -0.45 * skull, left * skull * 0.6),
                    at(0, -0.9 * skull - b.cheek * 0.4, left * (skull * 0.8 + b.cheek * 0.5)),
                    skull * 0.55,
                    b.cheek * 0.45,
                )
            self._add(
                "eye",
                at(skull * 0.95, skull * 0.18, left * skull * 0.62),
                at(skull * 1.0, skull * 0.18, left * skull * 0.64),
                skull * 0.17,
                skull * 0.16,
            )
            self._ear(at, left, skull, turn)
            self._antler(at, left, skull)

    def _ear(self, at: "object", left: int, skull: float, turn: np.ndarray) -> None:
        b = self.build
        splay = np.radians(b.ear_splay)
        root = at(-0.25 * skull, 0.7 * skull, left * skull * 0.55)  # type: ignore[operator]
        up = turn @ np.array([-0.15, np.cos(splay), left * np.sin(splay)])
        face = turn @ np.array([1.0, 0.15, left * 0.35])
        tip = root + up * b.ear
        middle = root + up * b.ear * 0.45
        self._add("ear", root, middle, b.ear_width * 0.8, b.ear_width, 2.6, face)
        self._add("ear", middle, tip, b.ear_width, b.ear_width * b.ear_round, 2.6, face)
        if b.ear_tuft:
            self._add("ear", tip, tip + up * b.ear_tuft, b.ear_width * 0.25, 0.003)

    def _antler(self, at: "object", left: int, skull: float) -> None:
        b = self.build
        size = b.antlers or b.horns
        if not size:
            return
        root = at(0.0, 0.85 * skull, left * skull * 0.4)  # type: ignore[operator]
        if b.antlers:
            beam = at(-0.25 * size, 0.8 * skull + size, left * (skull * 0.4 + 0.3 * size))  # type: ignore[operator]
            fork = root + 0.55 * (beam - root)
            self._add("antler", root, beam, 0.016 + 0.02 * size, 0.008)
            self._add("antler", fork, fork + [0.3 * size, 0.28 * size, 0], 0.013, 0.006)
            self._add("antler", root + 0.8 * (beam - root), beam + [-0.25 * size, 0.12 * size, 0], 0.011, 0.006)
        else:
            bow = at(-0.45 * size, 0.8 * skull + 0.6 * size, left * (skull * 0.4 + 0.35 * size))  # type: ignore[operator]
            self._add("antler", root, bow, 0.02 + 0.06 * size, 0.02 + 0.03 * size)
            self._add("antler", bow, bow + [-0.35 * size, -0.1 * size, left * 0.1 * size], 0.02 + 0.03 * size, 0.006)

    def _tail(self) -> None:
        b, p = self.build, self.pose
        if b.tail <= 0:
            return
        start = self.hips + [-0.75 * b.rump, 0.45 * b.rump, 0]
        angle = np.radians(b.tail_droop - p.tail_lift)
        swing = np.radians(p.tail_swing)
        for step in range(3):
            bend = angle * (1.0, 0.8, 0.45)[step]
            way = np.array([-np.cos(bend) * np.cos(swing), -np.sin(bend), np.cos(bend) * np.sin(swing)])
            end = start + way * b.tail / 3
            radii = b.tail_radius * np.array([0.7, 0.85 + 0.15 * b.tail_bush, b.tail_bush, 0.45 * b.tail_bush])
            self._add("tail", start, end, float(radii[step]), float(radii[step + 1]))
            start = end

    def _foot(self, phase: float, hip_x: float, height: float) -> np.ndarray:
        swing = 2 * np.pi * (self.pose.phase + phase)
        reach = self.pose.stride * height
        return np.array([hip_x + reach * np.cos(swing), max(0.0, np.sin(swing)) * reach * 0.45, 0])

    def _fore_leg(self, left: int) -> None:
        b = self.build
        z = left * b.chest * 0.55
        joint = self.withers + [0.0, -0.45 * b.chest, z]
        foot = self._foot(0.0 if left > 0 else 0.5, self.withers[0] + 0.01, b.shoulder) + [0, b.foot, z * 0.9]
        wrist = foot + [-0.03 * b.shoulder, 0.26 * b.shoulder, 0]
        elbow = _two_bones(joint, wrist, 0.30 * b.shoulder, 0.30 * b.shoulder, -1)
        r = b.leg_radius
        self._add("leg", joint, elbow, r * 2.1, r * 1.4)
        self._add("leg", elbow, wrist, r * 1.3, r * 0.85)
        self._add("leg", wrist, foot, r * 0.8, r * 0.7)
        self._add("leg", foot, foot + [b.foot * 1.1, -0.2 * b.foot, 0], b.foot, b.foot * 0.8)

    def _hind_leg(self, left: int) -> None:
        b = self.build
        z = left * b.rump * 0.5
        joint = self.hips + [0, -0.3 * b.rump, z]
        foot = self._foot(0.25 if left > 0 else 0.75, self.hips[0] - 0.04 * b.hip, b.hip) + [0, b.foot, z * 0.9]
        hock = foot + [-0.12 * b.hip, 0.30 * b.hip, 0]
        knee = _two_bones(joint, hock, 0.36 * b.hip, 0.34 * b.hip, 1)
        r = b.leg_radius
        self._add("leg", joint, knee, b.rump * 0.8, r * 1.7)
        self._add("leg", knee, hock, r * 1.6, r * 0.85)
        self._add("leg", hock, foot, r * 0.85, r * 0.7)
        self._add("leg", foot, foot + [b.foot * 1.1, -0.2 * b.foot, 0], b.foot, b.foot * 0.8)


def _two_bones(start: np.ndarray, end: np.ndarray, upper: float, lower: float, forward: int) -> np.ndarray:
    """The joint between two bones from `start` to `end` (law of cosines), bent ahead (+1) or back (-1)."""
    way = end - start
    span = min(float(np.linalg.norm(way)), 0.999 * (upper + lower))
    along = (upper**2 - lower**2 + span**2) / (2 * span)
    out = np.sqrt(max(upper**2 - along**2, 0.0))
    way = way / np.linalg.norm(way)
    normal = np.array([-way[1], way[0], 0.0]) * forward
    return start + way * along + normal * out / max(np.linalg.norm(normal), 1e-6)
