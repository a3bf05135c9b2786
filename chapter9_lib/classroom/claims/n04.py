"""Claims of notebook 04, Gradual unfreezing."""

from collections.abc import Callable

from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_RATES, _RECIPES, _COHERENCE, _SCHEDULES = "fine-tuning-rates", "unfreezing", "coherence", "schedules"
_HELD = "held-norm-rates"
_PLACES = {"test": "new cameras", "test-seen": "cameras it knows", "night": "infrared night"}
_CHANCE = 20.0


def _rate(optimizer: str, split: str) -> Callable[[Record], Measured]:
    keys = {"optimizer": optimizer, "split": split}
    return lambda record: record.difference({**keys, "rate": 1e-4}, {**keys, "rate": 1e-2})


def _recipe(a: str, b: str, split: str) -> Callable[[Record], Measured]:
    return lambda record: record.difference({"recipe": a, "split": split}, {"recipe": b, "split": split})


def _of_the_way(recipe: str) -> Callable[[Record], Measured]:
    def measure(record: Record) -> Measured:
        best = max(record.table(split="test"), key=lambda row: row["mean"])["recipe"]
        return record.share({"recipe": recipe, "split": "test"}, {"recipe": best, "split": "test"}, _CHANCE)

    return measure


def _coherence(stage: str) -> Callable[[Record], Measured]:
    return lambda record: record.difference({"head": "trained", "stage": stage}, {"head": "random", "stage": stage})


claim(
    "T1",
    "Fine-tune everything at 1e-4, not at 1e-2: too high a rate destroys what was borrowed.",
    *(
        Test(f"{name}: {what}, 1e-4 minus 1e-2", _RATES, _rate(optimizer, split))
        for optimizer, name in (("adamw", "AdamW"), ("sgd", "SGD"))
        for split, what in (("test", "your species, new cameras"), ("source kinds", "kinds it came with"))
    ),
    *(
        Test(f"AdamW, norm statistics held: {what}, 1e-4 minus 1e-2", _HELD, _rate("adamw", split))
        for split, what in (("test", "your species, new cameras"), ("source kinds", "kinds it came with"))
    ),
    so="Say a rate together with its optimizer. AdamW, everything thawed: begin at 1e-3.",
)

claim(
    "T2",
    "Thaw stage by stage: first the head, then the last block, then the one before it.",
    Test("gradual minus head only, new cameras", _RECIPES, _recipe("gradual", "head only", "test")),
    Test("gradual minus all at once, new cameras", _RECIPES, _recipe("gradual", "flat", "test")),
    Test("gradual minus all at once, kinds it came with", _RECIPES, _recipe("gradual", "flat", "source kinds")),
    so="The head first, always. Stage by stage where the old kinds matter; nothing more where the night does.",
)

claim(
    "T3",
    "Rates ten times smaller for each stage further down, with stage-by-stage thawing: 2 to 5 points over a flat rate.",
    *(
        Test(f"both minus flat, {place}: above 2 points", _RECIPES,
             _recipe("gradual + discriminative", "flat", split), bar=2)
        for split, place in _PLACES.items()
    ),
    so="One rate by day. Smaller ones further down keep the old kinds.",
)  # fmt: skip

claim(
    "T4",
    "A random head sends noise backwards, which spoils the backbone; behind a trained head the gradients agree.",
    *(
        Test(f"agreement of mini-batches in {stage}: trained head minus random head", _COHERENCE, _coherence(stage))
        for stage in ("layer4", "layer3")
    ),
    Test("kinds it came with: head first, then all, minus all at once for as long", _RECIPES,
         _recipe("LP-FT", "flat, ten epochs", "source kinds")),
    so="Train the head first, if for another reason.",
)  # fmt: skip

claim(
    "T5",
    "Slanted triangular rates help, and cosine annealing does much the same.",
    *(
        Test(f"slanted minus cosine, new cameras: {side} point", _SCHEDULES,
             lambda r: r.difference({"schedule": "slanted_triangular", "split": "test"},
                                    {"schedule": "cosine", "split": "test"}), bar=bar, above=above)
        for side, bar, above in (("not worse by a", -1, True), ("not better by a", 1, False))
    ),
    Test("cosine minus a constant rate, new cameras", _SCHEDULES,
         lambda r: r.difference({"schedule": "cosine", "split": "test"}, {"schedule": "constant", "split": "test"})),
    so="Take cosine; it hardly matters.",
)  # fmt: skip

claim(
    "R1",
    "Features first; if that is not enough, thaw gradually at a low rate: that is 90 % of the way.",
    *(
        Test(f"{what}: at least 90 % of the way from blind guessing to the best recipe, new cameras", _RECIPES,
             _of_the_way(recipe), bar=90)
        for recipe, what in (("head only", "features alone"), ("gradual + discriminative", "then thawed"))
    ),
    so="Features first; thaw for the light in which it will work.",
)  # fmt: skip
