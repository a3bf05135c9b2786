"""Claims of notebook 10, LoRA."""

from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_RANKS, _FIELD = "adapter-ranks", "field-adapters"
_CHOSEN = "attention, rank 4"


def _lab(record: Record) -> Measured:
    adapters, everything = ({"trained": what, "measure": "test"} for what in (_CHOSEN, "everything"))
    return record.difference(adapters, everything)


def _real(record: Record) -> Measured:
    adapters, everything = ({"trained": what, "measure": "accuracy"} for what in ("adapters of rank 4", "everything"))
    return record.difference(adapters, everything)


claim(
    "L1",
    "LoRA trains two thin matrices beside each frozen one, of rank 4 or 8: less than 1 % of all, and W never changes.",
    Test("share trained in the lab's small transformer, rank 4 on attention: below 1 %", _RANKS,
         lambda record: record.value(trained=_CHOSEN, measure="trained, %"), bar=1, above=False),
    Test("the same minus everything trained, new cameras: not worse by a point", _RANKS, _lab, bar=-1),
    Test("real ViT-Tiny, real photos: adapters minus everything, not worse by a point", _FIELD, _real, bar=-1),
)  # fmt: skip
