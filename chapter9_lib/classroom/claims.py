"""The claims of the chapter, in our words, each with the tests it is put to."""

from collections.abc import Callable

from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_CURVE, _LONGER, _FIELD = "learning-curve", "scratch-longer", "field-trailcam"


def _ahead(a: str, b: str, **keys: object) -> Callable[[Record], Measured]:
    """The paired difference between two methods under the same other keys."""
    return lambda record: record.difference({"method": a, **keys}, {"method": b, **keys})


def _value(**keys: object) -> Callable[[Record], Measured]:
    return lambda record: record.value(**keys)


claim(
    "K1",
    "Taking over an equipped kitchen beats building one, whatever the size of the order book.",
    *(
        Test(f"borrowed minus scratch, {n} photos", _CURVE, _ahead("borrowed", "scratch", photos=n, split="test"))
        for n in (10, 100, 800)
    ),
    Test(
        "it is what was learned, not the machinery: borrowed minus random features, 100 photos",
        _CURVE,
        _ahead("borrowed", "random-features", photos=100, split="test"),
    ),
)

claim(
    "K2",
    "With 800 labelled trail-camera photos of 5 species, learning from scratch has no chance.",
    Test(
        "borrowed minus scratch, same budget, 800 photos",
        _CURVE,
        _ahead("borrowed", "scratch", photos=800, split="test"),
    ),
    Test(
        "borrowed minus scratch with 5× the epochs, 800 photos",
        _LONGER,
        _ahead("borrowed", "scratch-5x", photos=800, split="test"),
    ),
    Test(
        "“no chance”, taken as less than half right: scratch with 5× the epochs, 800 photos, below 50 %",
        _LONGER,
        _value(method="scratch-5x", photos=800, split="test"),
        bar=50,
        above=False,
    ),
    Test("real photos, all of them: borrowed minus scratch", _FIELD, _ahead("borrowed", "scratch")),
)

claim(
    "F6",
    "Two hundred photos are enough for a strong classifier.",
    Test(
        "“strong”, taken as the 85 % the chapter promises for 800: borrowed, 200 photos",
        _CURVE,
        _value(method="borrowed", photos=200, split="test"),
        bar=85,
    ),
    Test(
        "borrowed with 200 photos minus scratch with 800",
        _CURVE,
        lambda r: r.difference(
            {"method": "borrowed", "photos": 200, "split": "test"},
            {"method": "scratch", "photos": 800, "split": "test"},
        ),
    ),
)
