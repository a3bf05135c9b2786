"""Claims of notebook 13, The decision."""

from collections.abc import Callable

from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_DECISIONS, _MANY, _REAL = "decisions", "decisions-many", "field-decisions"
_NEAR, _FAR = ("coats of strangers", "species by day"), ("species by night", "calls")
_REAL_TASKS = ("animals and houses", "trail camera", "sketches of them", "spoken digits")


def _ahead(a: str, b: str, task: str, photos: int) -> Callable[[Record], Measured]:
    where = {"task": task, "photos": photos} | ({} if task in _REAL_TASKS else {"split": "test"})
    return lambda record: record.difference({**where, "strategy": a}, {**where, "strategy": b})


claim(
    "G1",
    "Few photos: features alone, near or far. A few thousand: thaw gradually.",
    *(
        Test(f"{task}, 200 photos: frozen minus full, not worse by a point", _DECISIONS,
             _ahead("frozen", "full", task, 200), bar=-1)
        for task in (*_NEAR, *_FAR)
    ),
    *(
        Test(f"real: {task}, 200 photos: frozen minus full, not worse by a point", _REAL,
             _ahead("frozen", "full", task, 200), bar=-1)
        for task in _REAL_TASKS
    ),
    *(
        Test(f"{task}, 3,000 photos: gradual minus {other}, not worse by a point", _DECISIONS,
             _ahead("gradual", other, task, 3000), bar=-1)
        for task in (*_NEAR, *_FAR) for other in ("frozen", "full")
    ),
    so="Train the head, then try everything, gently and with norms held: with fifty photos already.",
)  # fmt: skip

claim(
    "G2",
    "Similarity is the axis that people underestimate: near, borrowing helps; far, it can mislead.",
    *(
        Test(f"{task}, 800 photos: everything thawed minus scratch", _DECISIONS, _ahead("full", "scratch", task, 800))
        for task in _NEAR
    ),
    *(
        Test(f"calls, 800 photos: scratch minus {full}", _DECISIONS, _ahead("scratch", full, "calls", 800))
        for full in ("full", "full with norms alive")
    ),
    *(
        Test(f"calls, 10,000 photos: scratch minus {full}", _MANY, _ahead("scratch", full, "calls", 10_000))
        for full in ("full", "full with norms alive")
    ),
    *(
        Test(
            f"real: spoken digits, 600 photos: scratch minus {way}", _REAL, _ahead("scratch", way, "spoken digits", 600)
        )
        for way in ("full", "deep stages afresh")
    ),
    so="Borrow, near or far; the stranger the photos look to the network, the more thawing brings. Scores only hint.",
)

claim(
    "T6",
    "Thawing everything works with thousands of photos, and is risky with 800.",
    Test("species by day, 3,000 photos: full minus frozen", _DECISIONS,
         _ahead("full", "frozen", "species by day", 3000)),
    Test("species by day, 10,000 photos: full minus frozen", _MANY, _ahead("full", "frozen", "species by day", 10_000)),
    *(
        Test(f"{task}, {photos} photos: frozen minus full", _DECISIONS, _ahead("frozen", "full", task, photos))
        for task in ("species by day", "species by night") for photos in (200, 800)
    ),
    *(
        Test(f"real: {task}, 600 photos: frozen minus full", _REAL, _ahead("frozen", "full", task, 600))
        for task in _REAL_TASKS
    ),
    so="Eight hundred are no reason to leave everything frozen, if the head comes first and the norms are held.",
)  # fmt: skip
