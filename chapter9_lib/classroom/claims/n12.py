"""Claims of notebook 12, Putting it together."""

from collections.abc import Callable

from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_PEERS, _WATCHED, _MOMENTS = "head-to-head-cuts", "watched-set", "carried-moments"


def _accuracy(a: str, b: str) -> Callable[[Record], Measured]:
    return lambda record: record.difference({"method": a}, {"method": b}, overlap=1 / 4)


def _flattery(record: Record) -> Measured:
    return record.value(score="flattery, 200 photos, 10 tries")


claim(
    "W1",
    "A production pipeline: three phases, AdamW, falling rates, held norms, a validation in every epoch.",
    Test("real photos: the chapter's loop minus logistic regression on untouched features", _PEERS,
         _accuracy("plain loop", "logistic regression")),
    *(
        Test(f"real photos: one command minus {name}, not worse by a point", _PEERS,
             _accuracy("chapter9 fit", other), bar=-1)
        for name, other in (("the chapter's loop", "plain loop"), ("fastai's fine_tune", "fastai"),
                            ("logistic regression on features", "logistic regression"))
    ),
    Test("it reports on what it watches: points told too much after ten tries on 200 watched photos, at most one",
         _WATCHED, _flattery, bar=1, above=False),
    Test("a new optimizer a phase minus one carried on, new cameras: not worse by a point", _MOMENTS,
         lambda r: r.difference({"rates": "the chapter's", "optimizer": "new each phase", "split": "test"},
                                {"rates": "the chapter's", "optimizer": "carried on", "split": "test"}), bar=-1),
    so="Choose by one set of photos and tell by another.",
)  # fmt: skip
