"""Claims of notebook 09, From fine-tuning to prompting."""

from collections.abc import Callable
from typing import Any

from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_WORDS, _ERAS, _CHANCE = "words", "eras", 20


def _ahead(a: dict[str, Any], b: dict[str, Any], split: str = "test") -> Callable[[Record], Measured]:
    return lambda record: record.difference({**a, "split": split}, {**b, "split": split})


def _era(a: str, b: str) -> Callable[[Record], Measured]:
    return lambda record: record.difference({"era": a, "measure": "test"}, {"era": b, "measure": "test"})


claim(
    "P1",
    "Describe the task in words, and a foundation model does it, without a label and without a changed weight.",
    *(
        Test(f"a sentence for each species, {place}: above chance", _WORDS,
             lambda record, split=split: record.value(by="one sentence", split=split), bar=_CHANCE)
        for split, place in (("test", "new cameras"), ("night", "infrared night"))
    ),
    *(
        Test(f"a sentence each minus a labelled photo each ({by}), new cameras", _WORDS,
             _ahead({"by": "one sentence"}, {"by": by, "labels": 1}))
        for by in ("logistic regression", "nearest mean")
    ),
    so="Write several sentences, and test each word on photos.",
)  # fmt: skip

claim(
    "P3",
    "A handful of examples, shown and not trained on, can match or beat a fine-tuned model.",
    Test("five examples each: nearest mean minus logistic regression", _WORDS,
         _ahead({"by": "nearest mean", "labels": 5}, {"by": "logistic regression", "labels": 5})),
    Test("real photos, five of each: nearest mean minus everything fine-tuned on the same", "field-few",
         lambda record: record.difference({"by": "nearest mean", "labels": 5},
                                          {"by": "everything fine-tuned", "labels": 5})),
    Test("five examples each minus everything fine-tuned on the same", _ERAS,
         _era("five photos each", "everything, on five photos each")),
    Test("five examples each minus everything fine-tuned on 800: not worse by a point", _ERAS,
         _era("five photos each", "everything, gently"), bar=-1),
    so="With five examples a class show them; don't train on them.",
)  # fmt: skip

claim(
    "P2",
    "Four eras coexist; for 800 photos the tools of 2012, features and gentle thawing, are still the best.",
    *(
        Test(f"{old} minus {new}, new cameras", _ERAS, _era(old, new))
        for old in ("features, a new head", "everything, gently")
        for new in ("a sentence each", "five photos each", "adapters of rank 4")
    ),
    so="Let the number of labels choose the era.",
)
