"""What the installed libraries have on offer, and how each checkpoint wants its photos: nothing is downloaded."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from chapter9_lib.models.architectures import LIBRARIES, import_library, known_names
from chapter9_lib.models.library import from_preset
from chapter9_lib.models.preprocessing import Preprocessing

__all__ = ["Listed", "listed"]


@dataclass(frozen=True)
class Listed:
    """A checkpoint that can be had.

    Attributes:
        source: "timm" or "torchvision".
        name: of the architecture and, behind a dot, of the weights.
        preprocessing: how it wants its photos; None where it doesn't say.
        head: the attribute that its head is, as the library names it; None where it doesn't say.
        licence: of the weights; None where it doesn't say.
    """

    source: str
    name: str
    preprocessing: Preprocessing | None
    head: str | None
    licence: str | None


@cache
def listed(source: str) -> tuple[Listed, ...]:
    """All checkpoints for images that a library, as it is installed here, can download.

    Args:
        source: "timm" or "torchvision".

    Raises:
        ValueError: for another source. Hugging Face's list is on its servers alone.
    """
    if source not in LIBRARIES:
        raise ValueError(f"source={source!r}: choose one of {', '.join(LIBRARIES)}")
    return tuple(_of_timm() if source == "timm" else _of_torchvision())


def _of_timm() -> Iterator[Listed]:
    timm = import_library("timm")
    for name in timm.list_models(pretrained=True):
        config = timm.models.get_pretrained_cfg(name)
        card, wanted = (config.to_dict() if config is not None else {}), None
        with suppress(KeyError, TypeError, ValueError):  # some see other than three channels
            wanted = Preprocessing.from_card(card)
        heads = card.get("classifier")
        first = heads[0] if isinstance(heads, (tuple, list)) else heads
        yield Listed("timm", name, wanted, first, card.get("license"))


def _of_torchvision() -> Iterator[Listed]:
    models = import_library("torchvision")
    for name in known_names("torchvision"):
        for weights in models.get_model_weights(name):
            yield Listed("torchvision", f"{name}.{weights.name}", from_preset(weights.transforms()), None, None)
