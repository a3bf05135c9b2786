"""A waiting room: ten small set-ups, one of them healthy. Find out what is wrong before the doctor does."""

import torch

from chapter9_lib.classroom.faults import FAULTS, SetUp, healthy

__all__ = ["HEALTHY", "PATIENTS", "patient"]

HEALTHY = "healthy"
PATIENTS = (
    "optimizer-holds-strangers",
    "wrong-normalisation",
    "live-batchnorm",
    "class-order-differs",
    HEALTHY,
    "head-unused",
    "same-photo-on-both-sides",
    "softmax-before-loss",
    "rate-too-high",
    "frozen-would-move",
)
"""What they have, in the order in which they are called."""


def patient(number: int) -> SetUp:
    """One of the ten, from 1 on: `.model`, `.train` and `.val` (datasets of tensors and labels), `.optimizer`.

    Raises:
        ValueError: for another number.
    """
    if not 1 <= number <= len(PATIENTS):
        raise ValueError(f"patient({number}): there are {len(PATIENTS)}, from 1 on")
    from chapter9_lib.models import load_pretrained
    from chapter9_lib.worlds import open_world

    world, ailment = open_world("lab"), PATIENTS[number - 1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(number)
        model = load_pretrained("lab-resnet", source="bundled")
        train, val = (world.photos(split).sample(n, seed=number) for split, n in (("train", 60), ("val", 30)))
        case = healthy(model, train, val)
        return case if ailment == HEALTHY else FAULTS[ailment](case)
