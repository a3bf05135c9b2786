"""The network that a run starts from."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn

from chapter9_lib.models import freeze_batchnorm, load_pretrained, preprocessing
from chapter9_lib.pipeline.settings import Settings
from chapter9_lib.training.devices import seeded

__all__ = ["BUNDLED", "borrow"]

DEFAULT, BUNDLED = "timm/mobilenetv2_100", "bundled/lab-resnet"
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
