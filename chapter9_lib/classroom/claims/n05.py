"""Claims of notebook 05, Silent failures."""

from collections.abc import Callable
from statistics import fmean

from chapter9_lib.classroom.intervals import t_interval
from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_NORMS, _PREPARED, _ANTIDOTES = "live-norms", "field-preparations", "antidotes"
_TRIAL, _SPLITS = "doctor-trial", "splits"
_HEALTHY = ("head alone", "all thawed", "by loaders", "with a teacher", "with adapters")


def _lost_by_live_norms(batch: int, shift: str) -> Callable[[Record], Measured]:
    keys = {"batch": batch, "shift": shift, "split": "test"}
    return lambda record: record.difference({**keys, "norms": "held"}, {**keys, "norms": "live"})


def _looks_fine(record: Record) -> Measured:
    keys = {"batch": 32, "shift": "none", "split": "training"}
    return record.difference({**keys, "norms": "live"}, {**keys, "norms": "held"})


def _lost_by(preparation: str, where: str) -> Callable[[Record], Measured]:
    return lambda record: record.difference(
        {"preparation": "right", "where": "training and test"}, {"preparation": preparation, "where": where}
    )


def _kept(antidote: str, other: str = "none") -> Callable[[Record], Measured]:
    return lambda record: record.difference(
        {"antidote": antidote, "split": "source kinds"}, {"antidote": other, "split": "source kinds"}
    )


def _of_the_trial(healthy: bool) -> Callable[[Record], Measured]:
    """The share of set-ups judged rightly, with its interval over seeds."""

    def measure(record: Record) -> Measured:
        rows = [row["values"] for row in record.table() if (row["set-up"] in _HEALTHY) == healthy]
        shares = [fmean(values) for values in zip(*rows, strict=True)]
        return Measured(fmean(shares), t_interval(shares), len(shares), repeats=record.repeats)

    return measure


def _flattered(method: str, honest: str = "camera") -> Callable[[Record], Measured]:
    return lambda record: record.difference({"split": "photo", "method": method}, {"split": honest, "method": method})


claim(
    "S1",
    "Norm statistics left alive under frozen weights cost 5 to 15 %, and the loss looks fine.",
    *(
        Test(f"held minus live, batches of {batch}, {light}: above 5 points", _NORMS,
             _lost_by_live_norms(batch, shift), bar=5)
        for shift, light in (("none", "photos as they are"), ("dark", "in the dark"), ("flat", "grey and pale"))
        for batch in (2, 32)
    ),
    Test("accuracy in training, batches of 32, live minus held: less than 2 points lost", _NORMS, _looks_fine, bar=-2),
    so="Hold norms so that a frozen network stays one network, not for points.",
)  # fmt: skip

claim(
    "S2",
    "Photos that are not normalised as the checkpoint was trained ruin its features.",
    *(
        Test(f"right minus {preparation}, in {where}: above 5 points", _PREPARED, _lost_by(preparation, where), bar=5)
        for where in ("test alone", "training and test")
        for preparation in ("not normalised", "0 to 255", "ImageNet's constants")
    ),
    so="Let the preparation travel with the weights.",
)

claim(
    "S3",
    "Fine-tuning forgets; half the rate, more frozen layers, weight decay, dropout and augmentation keep it from that.",
    *(
        Test(f"old kinds still named: {antidote} minus none", _ANTIDOTES, _kept(antidote))
        for antidote in ("half the rate", "freeze more", "weight decay 0.1", "dropout")
    ),
    Test("old kinds still named: with augmentation minus without", _ANTIDOTES, _kept("none", "no augmentation")),
    so="Pull towards the start (L2-SP), or walk back to it; not weight decay.",
)

claim(
    "S4",
    "These failures are silent, and can be found by name before the hours are burnt.",
    Test("faults found by their names: at least 95 %", _TRIAL, _of_the_trial(healthy=False), bar=95),
    Test("healthy set-ups left in peace: all", _TRIAL, _of_the_trial(healthy=True), bar=99.9),
    so="examine(...) before the hours are burnt.",
)

claim(
    "S5",
    "A random split flatters: neighbouring frames and familiar cameras are on both sides.",
    *(
        Test(f"{name}: split by photo minus split by camera", _SPLITS, _flattered(method))
        for method, name in (("borrowed", "borrowed, frozen"), ("scratch", "from scratch"))
    ),
    *(
        Test(f"real photos, {name}: split by photo minus split by burst", "field-splits", _flattered(method, "burst"))
        for method, name in (("borrowed", "MobileNetV2"), ("random features", "the same with random weights"))
    ),
    so="Split by camera, or by burst at least.",
)
