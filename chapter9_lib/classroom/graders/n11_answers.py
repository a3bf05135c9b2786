"""Exercises of notebook 11: the reference answers, and wrong ones that people plausibly give, with what they hear."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chapter9_lib.models import Listed

__all__ = ["HEADS", "REFERENCE", "WRONG", "allowed"]

HEADS: dict[str, str] = {
    "timm/resnet50": "fc",
    "timm/mobilenetv2_100": "classifier",
    "timm/convnext_tiny": "head.fc",
    "timm/vit_tiny_patch16_224": "head",
    "torchvision/mobilenet_v2": "classifier.1",
}
"""The attribute that the last layer of each is."""


def allowed(checkpoints: Sequence["Listed"], licences: set[str]) -> list[str]:
    """Names of those whose licence is one of these."""
    return [one.name for one in checkpoints if one.licence in licences]


def _unless_forbidden(checkpoints: Sequence["Listed"], licences: set[str]) -> list[str]:
    return [one.name for one in checkpoints if one.licence is None or one.licence in licences]


def _by_beginning(checkpoints: Sequence["Listed"], licences: set[str]) -> list[str]:
    return [one.name for one in checkpoints if one.licence and any(one.licence.startswith(x) for x in licences)]


REFERENCE: dict[str, Any] = {"n11.heads": HEADS, "n11.allowed": allowed}

WRONG: dict[str, dict[str, tuple[Any, str]]] = {
    "n11.heads": {
        "all fc": (dict.fromkeys(HEADS, "fc"), "timm/mobilenetv2_100 has no fc"),
        "a block for a layer": ({**HEADS, "torchvision/mobilenet_v2": "classifier"}, "A dropout and a layer"),
        "the pool as well": ({**HEADS, "timm/convnext_tiny": "head"}, "pooling, a norm"),
        "half done": ({"timm/resnet50": "fc"}, "Still without an answer: timm/mobilenetv2_100"),
        "nothing said": ({**HEADS, "timm/resnet50": " "}, "Still without an answer: timm/resnet50"),
        "a list": (["fc", "classifier"], "a dictionary"),
        "the layer itself": ({**HEADS, "timm/resnet50": 2048}, "a name, in quotes"),
    },
    "n11.allowed": {
        "unless forbidden": (_unless_forbidden, "no permission"),
        "by its beginning": (_by_beginning, "cc-by-nc-4.0"),
        "the others": (lambda found, licences: [one.name for one in found if one.licence not in licences], "left out"),
        "checkpoints": (lambda found, licences: [one for one in found if one.licence in licences], "names"),
        "names": (["a", "d", "e"], "Write a function allowed(checkpoints, licences); this is a list"),
        "all": (lambda found, licences: [one.name for one in found], "Everything"),
    },
}
