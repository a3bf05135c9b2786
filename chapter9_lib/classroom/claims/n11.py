"""Claims of notebook 11, Model hubs."""

from collections.abc import Callable

from chapter9_lib.classroom.counted import Counted
from chapter9_lib.classroom.records import Measured, Record
from chapter9_lib.classroom.verdicts import Test, claim

__all__: list[str] = []

_HUBS, _OWN, _USUAL = "field-hubs", "as it wants", "as in most tutorials"


def _trained_architectures() -> float:
    from chapter9_lib.models import listed

    return len({one.name.partition(".")[0] for one in listed("timm")})


def _classifiers() -> float:
    from chapter9_lib.models.architectures import known_names

    return len(known_names("torchvision"))


def _without_transform() -> float:
    from chapter9_lib.models import listed

    return sum(one.preprocessing is None for one in listed("torchvision"))


def _prepared(network: str) -> Callable[[Record], Measured]:
    return lambda r: r.difference({"network": network, "prepared": _OWN}, {"network": network, "prepared": _USUAL})


claim(
    "H1",
    "timm: over 700 pretrained models, one call for all, and each brings the transform that it wants.",
    Counted("architectures with weights: 700 at least", 700, _trained_architectures, least=True),
    *(
        Test(f"real photos, {network}: as it wants minus as in most tutorials", _HUBS, _prepared(network))
        for network in ("timm/mobilenetv2_100", "timm/vit_tiny_patch16_224")
    ),
    so="Take the checkpoint's own preparation along.",
)

claim(
    "H2",
    "torchvision has about 50 models and a clean weights API; Hugging Face has its auto classes.",
    Counted("classifiers in torchvision: 50", 50, _classifiers),
    Counted("of its checkpoints, those without a transform of their own: none", 0, _without_transform),
    so="Ask the installed library; lists age.",
)
