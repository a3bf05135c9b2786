"""Claims of notebook 08, The night shift."""

from collections.abc import Callable

from chapter9_lib.classroom.claims.measures import ahead
from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_ADAPTED = "adaptation"
_INFRARED, _THERMAL = ({"camera": camera, "split": "night"} for camera in ("infrared", "thermal"))
_CONTROLS = {"source": "training on by day", "mixed batches": "the same batches without it"}


def _closed(method: str, camera: str = "infrared") -> Callable[[Record], Measured]:
    """The share of the way from training on by day to training with the night's labels."""
    at, names = {"camera": camera, "split": "night"}, (method, "source", "oracle")
    one, start, goal = ({**at, "method": name} for name in names)
    return lambda record: record.closed(one, start, goal)


def _right(round_number: int) -> Callable[[Record], Measured]:
    keys = {"camera": "infrared", "method": "pseudo"}
    return lambda record: record.value(**keys, split=f"round {round_number}: right")


claim(
    "A1",
    "An adversarial domain classifier makes features that serve the night as well.",
    *(
        Test(f"by infrared, DANN minus {control}", _ADAPTED, ahead("dann", method, **_INFRARED))
        for method, control in _CONTROLS.items()
    ),
    so="Mix both domains in each batch; pull only if that beats it.",
)

claim(
    "A2",
    "Labels that a model gives itself where it is sure (above 0.9) are good enough to learn from, again and again.",
    Test("by infrared, self-training minus training on by day", _ADAPTED, ahead("pseudo", "source", **_INFRARED)),
    *(
        Test(f"labels kept in round {number}: above 90 % right", _ADAPTED, _right(number), bar=90)
        for number in (1, 3)
    ),
    so="Balance what teaches itself, or leave it.",
)  # fmt: skip

claim(
    "A3",
    "Drawing the statistics of features together (CORAL, MMD) closes some of the gap.",
    *(
        Test(f"by infrared, {name} minus {control}", _ADAPTED, ahead(method, against, **_INFRARED))
        for method, name in (("coral", "CORAL"), ("mmd", "MMD"))
        for against, control in _CONTROLS.items()
    ),
    so="Compare with mixed batches, never with the source alone.",
)

claim(
    "A4",
    "Augmentation that mimics the target gets 80 % of the way.",
    Test("by infrared, share of the gap that the look closes: above 80 %", _ADAPTED, _closed("look"), bar=80),
    so="Write the look if you know the camera, and don't count on 80 %.",
)

claim(
    "A5",
    "Begin with augmentation if it can plausibly make the target; else take the real thing.",
    Test("by infrared, the look minus DANN", _ADAPTED, ahead("look", "dann", **_INFRARED)),
    Test("by thermal camera, DANN minus the look", _ADAPTED, ahead("dann", "look", **_THERMAL)),
    Test("by thermal camera, the look minus training on by day: less than two points gained", _ADAPTED,
         ahead("look", "source", **_THERMAL), bar=2, above=False),
    so="The look first. Then label an evening's photos of the target.",
)  # fmt: skip
