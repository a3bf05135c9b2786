"""Weights that timm and torchvision download, kept to safetensors or `weights_only`."""

import math
import sys
from collections.abc import Mapping
from typing import Any

from torch import nn

from chapter9_lib.models.architectures import build_architecture, import_library
from chapter9_lib.models.classes import remember_classes
from chapter9_lib.models.offline import is_local, quick_when_offline
from chapter9_lib.models.preprocessing import Preprocessing

__all__ = ["from_library", "from_preset"]

# Trained with these set, which torchvision's builders only do when they load the weights themselves.
_TRAINED_WITH = {"inception_v3": {"transform_input": True}, "googlenet": {"transform_input": True}}


def from_library(name: str, source: str, pretrained: bool, offline_hint: str) -> nn.Module:
    """A model of timm or torchvision with its preprocessing and card attached.

    Args:
        name: a name that the library knows.
        source: "timm" or "torchvision".
        pretrained: download (or take from the library's download cache) its default weights.
        offline_hint: the end of the message when they can't be had.

    Raises:
        ValueError: when the library has no weights by that name.
        ConnectionError: when they can't be downloaded.
    """
    try:
        return (_from_timm if source == "timm" else _from_torchvision)(name, pretrained)
    except OSError as error:
        if is_local(error):
            raise
        raise ConnectionError(
            f"The weights of {source}'s {name} are not on this machine and can't be downloaded "
            f"({type(error).__name__}: {str(error).splitlines()[0]}). {offline_hint}"
        ) from error


def _from_timm(name: str, pretrained: bool) -> nn.Module:
    timm = import_library("timm")
    architecture, _, tag = name.partition(".")
    tags = [full.partition(".")[2] for full in timm.models.get_arch_pretrained_cfgs(architecture)]
    if tag and tag not in tags:
        raise ValueError(f"timm's {architecture} has no weights tagged {tag!r}; it has {', '.join(tags)}.")
    if pretrained and not any(name in (full, full.partition(".")[0]) for full in timm.list_pretrained()):
        raise ValueError(f"timm has no pretrained weights for {name!r}; pretrained=False gives it random ones.")
    if pretrained:
        with quick_when_offline():
            model = timm.create_model(name, pretrained=True)
    else:
        model = build_architecture("timm", name)
    config = model.pretrained_cfg
    if all(config.get(key) for key in ("mean", "std", "input_size")):
        model.preprocessing = Preprocessing.from_card(config)
    licence = {"licence": config["license"]} if pretrained and config.get("license") else {}
    model.card = {
        "source": "timm", "architecture": name, "create_kwargs": {}, "num_classes": model.num_classes, **licence,
    }  # fmt: skip
    return model


def _from_torchvision(name: str, pretrained: bool) -> nn.Module:
    models = import_library("torchvision")
    name, _, tag = name.partition(".")
    offered = models.get_model_weights(name)
    if tag and tag not in offered.__members__:
        raise ValueError(
            f"torchvision's {name} has no weights called {tag!r}; it has {', '.join(offered.__members__)}."
        )
    weights = offered[tag or "DEFAULT"]
    arguments: Mapping[str, Any] = _TRAINED_WITH.get(name, {})
    classes = list(weights.meta["categories"])
    state = None
    if pretrained:  # before building: a big network isn't built for nothing
        state = weights.get_state_dict(progress=sys.stderr.isatty(), check_hash=True, weights_only=True)
    model = build_architecture("torchvision", name, len(classes), arguments)
    if state is not None:
        model.load_state_dict(state)
    model.preprocessing = from_preset(weights.transforms())
    model.card = {
        "source": "torchvision",
        "architecture": name,
        "create_kwargs": dict(arguments),
        "num_classes": len(classes),
    }
    remember_classes(model, classes)
    return model


def from_preset(preset: Any) -> Preprocessing:  # noqa: ANN401 - torchvision's ImageClassification
    """What torchvision's transform of a checkpoint does, in our words."""
    crop, resize = preset.crop_size[0], preset.resize_size[0]
    share = crop / resize
    while math.floor(crop / share) < resize:
        share = math.nextafter(share, 0)
    return Preprocessing(
        (crop, crop), tuple(preset.mean), tuple(preset.std), preset.interpolation.value, crop_pct=share
    )
