"""The claims of the chapter, in our words, each with the tests it is put to."""

from collections.abc import Callable

from chapter9_lib.classroom.counted import Census, Counted, resnet50_counts
from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_CURVE, _LONGER, _FIELD, _CEILING = "learning-curve", "scratch-longer", "field-trailcam", "frozen-ceiling"


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
        "“no chance”, taken as less than half right: scratch with 800 photos and 5× the epochs, below 50 %",
        _LONGER,
        _value(method="scratch-5x", photos=800, split="test"),
        bar=50,
        above=False,
    ),
    Test("real photos, all of them: borrowed minus scratch", _FIELD, _ahead("borrowed", "scratch")),
)

claim(
    "F1",
    "A ResNet-50 with a new head for 5 species: 2,048 features, 25,567,957 parameters, of which 0.04 % are trained.",
    *(
        Counted(what, claimed, lambda name=name: resnet50_counts()[name])
        for what, claimed, name in (
            ("2,048 features", 2048, "features"),
            ("10,245 parameters in the new head", 10_245, "head"),
            ("0.04 % of all parameters", 0.04, "trained"),
            ("25,567,957 parameters in all, as the chapter prints", 25_567_957, "all"),
        )
    ),
)

claim(
    "F2",
    "With 800 photos, a linear head on a frozen backbone reaches 85 to 90 %.",
    *(
        Test(f"{place}: above 85 %", _CURVE, _value(method="borrowed", photos=800, split=split), bar=85)
        for place, split in (("new cameras", "test"), ("cameras it knows", "test-seen"))
    ),
    Test("real photos, ImageNet weights: above 85 %", _FIELD, _value(method="borrowed"), bar=85),
)

claim(
    "F3",
    "Where classes are subtle, a head of two layers (512 wide, ReLU, dropout 0.3) does better than one.",
    *(
        Test(
            f"look-alikes, {photos} photos: two layers minus one",
            _CEILING,
            _ahead("two-layer", "linear", task="look-alikes", photos=photos),
        )
        for photos in (100, 500)
    ),
)

claim(
    "F4",
    "Every architecture has its own name for the head, and who guesses it breaks the training without a word.",
    Census(
        "architectures of timm and torchvision whose head is called fc, below half",
        "architectures",
        "head is called fc",
        bar=50,
        above=False,
    ),
    Census(
        "of the others, those that take a head called fc without an error, above half",
        "architectures",
        "a wrong name is taken silently",
        bar=50,
    ),
)

claim(
    "F5",
    "Frozen features have a ceiling: no head gets beyond it, and thawing does.",
    Test(
        "frozen, 400 → 800 photos: less than 2 points more",
        _CURVE,
        lambda r: r.difference(
            {"method": "borrowed", "photos": 800, "split": "test"},
            {"method": "borrowed", "photos": 400, "split": "test"},
        ),
        bar=2,
        above=False,
    ),
    *(
        Test(
            f"{task}, {photos} photos: thawed minus {head}",
            _CEILING,
            _ahead("thawed", method, task=task, photos=photos),
        )
        for task, photos in (("species", 800), ("look-alikes", 500))
        for method, head in (("head-again", "one layer trained as long"), ("two-layer", "two layers"))
    ),
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
)

claim(
    "T2",
    "Thaw stage by stage: first the head, then the last block, then the one before it.",
    Test("gradual minus head only, new cameras", _RECIPES, _recipe("gradual", "head only", "test")),
    Test("gradual minus all at once, new cameras", _RECIPES, _recipe("gradual", "flat", "test")),
    Test("gradual minus all at once, kinds it came with", _RECIPES, _recipe("gradual", "flat", "source kinds")),
)

claim(
    "T3",
    "Rates ten times smaller for each stage further down, with stage-by-stage thawing: 2 to 5 points over a flat rate.",
    *(
        Test(f"both minus flat, {place}: above 2 points", _RECIPES,
             _recipe("gradual + discriminative", "flat", split), bar=2)
        for split, place in _PLACES.items()
    ),
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
)  # fmt: skip

claim(
    "R1",
    "Features first; if that is not enough, thaw gradually at a low rate: that is 90 % of the way.",
    *(
        Test(f"{what}: at least 90 % of the way from blind guessing to the best recipe, new cameras", _RECIPES,
             _of_the_way(recipe), bar=90)
        for recipe, what in (("head only", "features alone"), ("gradual + discriminative", "then thawed"))
    ),
)  # fmt: skip
