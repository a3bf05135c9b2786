"""Claims of notebook 12, Putting it together."""

from collections.abc import Callable

from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_PEERS, _WATCHED, _MOMENTS = "head-to-head", "watched-set", "carried-moments"


def _accuracy(a: str, b: str) -> Callable[[Record], Measured]:
    return lambda record: record.difference(
        {"method": a, "measure": "accuracy"}, {"method": b, "measure": "accuracy"}
    )  # fmt: skip


def _told(tries: int) -> Callable[[Record], Measured]:
    one, many = (f"told, 200 photos, {number} tries" for number in (1, tries))
    return lambda record: record.difference({"score": many}, {"score": one})


claim(
    "W1",
    "A production pipeline: three phases, AdamW, falling rates, held norms, a validation in every epoch.",
    Test("real photos: the chapter's loop minus logistic regression on untouched features", _PEERS,
         _accuracy("plain loop", "logistic regression")),
    Test("real photos: the chapter's loop minus one command, not worse by a point", _PEERS,
         _accuracy("plain loop", "chapter9 fit"), bar=-1),
    Test("it reports on what it watches: best of ten tries minus a single one, as told; at most a point", _WATCHED,
         _told(10), bar=1, above=False),
    Test("a new optimizer a phase minus one carried on, new cameras: not worse by a point", _MOMENTS,
         lambda r: r.difference({"rates": "the chapter's", "optimizer": "new each phase", "split": "test"},
                                {"rates": "the chapter's", "optimizer": "carried on", "split": "test"}), bar=-1),
)  # fmt: skip
