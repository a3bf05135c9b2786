"""Claims of notebook 07, The chef's intuition."""

from collections.abc import Callable

import numpy as np

from chapter9_lib.classroom.claims.measures import value
from chapter9_lib.classroom.counted import Counted
from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_DISTILLED, _GRID, _COSTS = "distillation", "temperatures", "latencies"
_LABELS = (50, 200, 800)
_LOGITS = (6.0, 2.0, 1.0)


def _student(one: str, other: str, labels: int) -> Callable[[Record], Measured]:
    return lambda record: record.difference(
        {"labels": labels, "learned from": one}, {"labels": labels, "learned from": other}
    )


def _off(temperature: float, said: tuple[float, ...]) -> Callable[[], float]:
    """By how many hundredths the softened scores miss the chapter's numbers at most."""

    def count() -> float:
        powers = np.exp(np.array(_LOGITS) / temperature)
        return float(np.round(100 * np.abs(powers / powers.sum() - said).max()))

    return count


def _warm_against_cold(record: Record) -> Measured:
    return record.difference({"temperature": 4, "soft weight": 0.7}, {"temperature": 1, "soft weight": 0.7})


claim(
    "D1",
    "A teacher's doubts tell a student what labels don't; a temperature of 4 brings them out.",
    *(
        Test(f"{labels} labels: labels and teacher minus labels", _DISTILLED,
             _student("labels and teacher", "labels", labels))
        for labels in _LABELS
    ),
    Test("200 labels: the same minus labels for five times as long", _DISTILLED,
         _student("labels and teacher", "labels, five times as long", 200)),
    *(
        Test(f"{labels} labels and photos without: the teacher's doubts minus his verdicts", _DISTILLED,
             _student("labels, teacher, photos without labels", "labels, verdicts, photos without labels", labels))
        for labels in _LABELS
    ),
    Test("200 labels: temperature 4 minus temperature 1", _GRID, _warm_against_cold),
    so="Distil when labels are few and photos many; else train plainly.",
)  # fmt: skip

claim(
    "D2",
    "At temperature 1 a teacher says 0.98, 0.01, 0.01; at 4 the same scores say about 0.60, 0.22, 0.18.",
    *(
        Counted(f"scores 6, 2, 1 at temperature {temperature}: hundredths off these numbers at most", 1,
                _off(temperature, said))
        for temperature, said in ((1, (0.98, 0.01, 0.01)), (4, (0.60, 0.22, 0.18)))
    ),
    so="Soften from scores, not from rounded probabilities.",
)  # fmt: skip

claim(
    "D3",
    "A distilled student answers 40 times as fast and loses three points.",
    *(
        Test(f"{name} teacher's time for a photo over the student's: 40 or more", _COSTS,
             value(pair=pair, measure=f"{teacher} over student"), bar=40)
        for name, pair, teacher in (
            ("the lab's", "the lab's", "teacher"), ("on small photos, the lab's", "the lab's", "teacher, small photos"),
            ("the chapter's", "the chapter's", "teacher"),
        )
    ),
    *(
        Test(f"{labels} labels: distilled student minus teacher: at most three points lost", _DISTILLED,
             _student("labels, teacher, photos without labels", "the teacher", labels), bar=-3)
        for labels in _LABELS
    ),
    so="Time both networks on your own chip before you choose.",
)  # fmt: skip
