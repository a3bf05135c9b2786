"""The lab's own backbone: a ResNet-18 of half the width, for whole frames of 72 x 96 pixels."""

from torch import nn

from chapter9_lib.models.architectures import build_architecture
from chapter9_lib.models.preprocessing import Preprocessing

__all__ = ["lab_resnet"]

_CARD = {
    "source": "timm",
    "architecture": "resnet18",
    "create_kwargs": {"channels": [32, 64, 128, 256], "stem_width": 16, "stem_type": "deep"},
}


def lab_resnet(num_classes: int, zero_init_last: bool = True) -> nn.Module:
    """A half-width ResNet-18 with random weights: 2.8 M parameters, 256 features before the head.

    timm's own ResNet class with the stages' channels halved and a stem of three 3x3 convolutions
    (He et al. 2015, arXiv 1512.03385; the stem is ResNet-D's, He et al. 2018, arXiv 1812.01187).
    It carries its preprocessing, the whole frame at 72 x 96, and the card that `save_model` stores.

    Args:
        num_classes: outputs of its head.
        zero_init_last: start each residual branch at zero, as timm does, which helps training. A network that is
            never trained needs False: with its branches shut it would be little more than its stem.
    """
    shut = {**_CARD["create_kwargs"], "zero_init_last": zero_init_last}
    model = build_architecture(_CARD["source"], _CARD["architecture"], num_classes, shut)
    model.card = {**_CARD, "create_kwargs": dict(_CARD["create_kwargs"]), "num_classes": num_classes}
    model.preprocessing = Preprocessing(size=(72, 96), mean=(0.5,) * 3, std=(0.25,) * 3, crop=False)
    return model
