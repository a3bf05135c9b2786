"""Claims of notebook 03, Feature extraction."""

from chapter9_lib.classroom.claims.measures import ahead, value
from chapter9_lib.classroom.counted import Census, Counted, resnet50_counts
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_CURVE, _FIELD, _CEILING = "learning-curve", "field-trailcam", "frozen-ceiling"

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
    so="Count what is trained before you train.",
)

claim(
    "F2",
    "With 800 photos, a linear head on a frozen backbone reaches 85 to 90 %.",
    *(
        Test(f"{place}: above 85 %", _CURVE, value(method="borrowed", photos=800, split=split), bar=85)
        for place, split in (("new cameras", "test"), ("cameras it knows", "test-seen"))
    ),
    Test("real photos, ImageNet weights: above 85 %", _FIELD, value(method="borrowed"), bar=85),
    so="Say at which cameras, and by which light.",
)

claim(
    "F3",
    "Where classes are subtle, a head of two layers (512 wide, ReLU, dropout 0.3) does better than one.",
    *(
        Test(
            f"look-alikes, {photos} photos: two layers minus one",
            _CEILING,
            ahead("two-layer", "linear", task="look-alikes", photos=photos),
        )
        for photos in (100, 500)
    ),
    so="Begin with one layer.",
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
    so="replace_head(model, classes): look the name up, never guess it.",
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
            ahead("thawed", method, task=task, photos=photos),
        )
        for task, photos in (("species", 800), ("look-alikes", 500))
        for method, head in (("head-again", "one layer trained as long"), ("two-layer", "two layers"))
    ),
    so="Try a larger backbone, still frozen, before you thaw.",
)

claim(
    "F6",
    "Two hundred photos are enough for a strong classifier.",
    Test(
        "“strong”, taken as the 85 % the chapter promises for 800: borrowed, 200 photos",
        _CURVE,
        value(method="borrowed", photos=200, split="test"),
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
    so="Label on until the curve runs flat.",
)
