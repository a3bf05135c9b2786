"""Claims of notebook 01, The borrowed kitchen."""

from chapter9_lib.classroom.claims.measures import ahead, value
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_CURVE, _LONGER, _FIELD = "learning-curve", "scratch-longer", "field-trailcam"

claim(
    "K1",
    "Taking over an equipped kitchen beats building one, whatever the size of the order book.",
    *(
        Test(f"borrowed minus scratch, {n} photos", _CURVE, ahead("borrowed", "scratch", photos=n, split="test"))
        for n in (10, 100, 800)
    ),
    Test(
        "it is what was learned, not the machinery: borrowed minus random features, 100 photos",
        _CURVE,
        ahead("borrowed", "random-features", photos=100, split="test"),
    ),
    so="Borrow first. Build only where borrowing was tried and fell short.",
)

claim(
    "K2",
    "With 800 labelled trail-camera photos of 5 species, learning from scratch has no chance.",
    Test(
        "borrowed minus scratch, same budget, 800 photos",
        _CURVE,
        ahead("borrowed", "scratch", photos=800, split="test"),
    ),
    Test(
        "borrowed minus scratch with 5× the epochs, 800 photos",
        _LONGER,
        ahead("borrowed", "scratch-5x", photos=800, split="test"),
    ),
    Test(
        "“no chance”, taken as less than half right: scratch with 800 photos and 5× the epochs, below 50 %",
        _LONGER,
        value(method="scratch-5x", photos=800, split="test"),
        bar=50,
        above=False,
    ),
    Test("real photos, all of them: borrowed minus scratch", _FIELD, ahead("borrowed", "scratch")),
    so="With hundreds of photos, don't begin with nothing.",
)
