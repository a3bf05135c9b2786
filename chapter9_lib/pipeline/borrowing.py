"""The network that a run starts from."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm, load_pretrained, preprocessing, reinitialize, stages
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.training.devices import seeded

__all__ = ["BUNDLED", "borrow", "draw_deep_stages_afresh"]

DEFAULT, BUNDLED = "timm/mobilenetv2_100", "bundled/lab-resnet"
_DEEP = 0.4
"""Of the stages before the head: two of our ResNet's five, three of MobileNetV2's nine (measured in 13)."""
_INSTEAD = (
    "The bundled network takes its place, which was trained on rendered photos and knows less. For better results: "
    "chapter9 weights timm/mobilenetv2_100, on a machine with a network"
)


def borrow(settings: Settings, classes: int, say: Callable[[str], None]) -> tuple[nn.Module, str]:
    """The network with a fresh head and norms that stand still, and where it is from."""
    with seeded(torch.device("cpu"), settings.seed):
        model, name = _loaded(settings.network, classes, say)
    if settings.whole:
        model.preprocessing = replace(preprocessing(model), crop=False, crop_pct=1.0)
    return freeze_batchnorm(model), name


def draw_deep_stages_afresh(model: nn.Module, settings: Settings) -> str:
    """Draw its last two fifths of stages (rounded down, but one at least) anew, in place, and let its norms live.

    Drawn on the CPU, wherever the network has been asked something before: so that the seed says which weights.

    Returns:
        The first stage that was drawn anew.
    """
    names = [stage.name for stage in stages(model)[:-1]]
    first = names[-max(1, int(_DEEP * len(names)))]
    with seeded(torch.device("cpu"), settings.seed):
        reinitialize(model.cpu(), first)
    freeze_batchnorm(model, frozen=False)
    return first


def _loaded(network: str, classes: int, say: Callable[[str], None]) -> tuple[nn.Module, str]:
    name = DEFAULT if network == "auto" else network
    try:
        return _load(name, classes), name
    except ConnectionError as error:
        if network != "auto":
            raise
        say(f"{str(error).split(' Connect to the network')[0]} {_INSTEAD}")
        return _load(BUNDLED, classes), BUNDLED


def _load(name: str, classes: int) -> nn.Module:
    source, _, rest = name.partition("/")
    return load_pretrained(rest, source=source, num_classes=classes)
