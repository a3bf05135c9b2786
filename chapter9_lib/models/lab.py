"""The lab's own networks, for whole frames of 72 x 96 pixels: a narrow ResNet, a teacher, a student, a transformer."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from chapter9_lib.models.architectures import build_architecture
from chapter9_lib.models.preprocessing import Preprocessing

__all__ = ["lab_resnet", "lab_student", "lab_teacher", "lab_vit"]

_BACKBONE = {"channels": [32, 64, 128, 256], "stem_width": 16, "stem_type": "deep"}
_STUDENT = {"channels": [16, 32, 64, 128], "layers": [1, 1, 1, 1], "stem_width": 8, "stem_type": "deep"}
_TEACHER = {
    "channels": [40, 80, 160, 320],
    "layers": [2, 2, 3, 2],
    "stem_width": 20,
    "stem_type": "deep",
    "avg_down": True,
    "block_args": {"attn_layer": "se"},
}

_VIT = {
    "img_size": [72, 96],
    "patch_size": 12,
    "embed_dim": 128,
    "depth": 6,
    "num_heads": 4,
    "class_token": False,
    "global_pool": "avg",
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
    return _resnet(_BACKBONE, num_classes, zero_init_last)


def lab_teacher(num_classes: int, zero_init_last: bool = True) -> nn.Module:
    """A larger network than `lab_resnet`, to distil from: 4.9 M parameters, 320 features before the head.

    A quarter wider, one block deeper, with squeeze-and-excitation in every block (Hu et al. 2017, arXiv 1709.01507)
    and ResNet-D's averaging shortcuts. An image costs about 1.8 times as much. Arguments as for `lab_resnet`.
    """
    return _resnet(_TEACHER, num_classes, zero_init_last)


def lab_student(num_classes: int, zero_init_last: bool = True) -> nn.Module:
    """A network for a camera's battery, to distil into: 0.3 M parameters, 128 features before the head.

    `lab_resnet` of half the width once more, with one block a stage instead of two. Nobody has pretrained it.
    Arguments as for `lab_resnet`.
    """
    return _resnet(_STUDENT, num_classes, zero_init_last)


def lab_vit(num_classes: int) -> nn.Module:
    """A small vision transformer with random weights: 1.3 M parameters, 128 features before the head.

    timm's own (Dosovitskiy et al. 2020, arXiv 2010.11929), on 6 x 8 patches of 12 pixels, with their mean in place of a
    class token. It carries its preprocessing and card as `lab_resnet` does.

    Args:
        num_classes: outputs of its head.
    """
    return _carded("vit_tiny_patch16_224", _VIT, num_classes)


def _resnet(shape: Mapping[str, Any], num_classes: int, zero_init_last: bool) -> nn.Module:
    return _carded("resnet18", shape, num_classes, zero_init_last=zero_init_last)


def _carded(architecture: str, shape: Mapping[str, Any], num_classes: int, **start: bool) -> nn.Module:
    """A network of timm's; what only decides how it starts is not on its card."""
    model = build_architecture("timm", architecture, num_classes, {**shape, **start})
    model.card = {
        "source": "timm",
        "architecture": architecture,
        "create_kwargs": dict(shape),
        "num_classes": num_classes,
    }
    model.preprocessing = Preprocessing(size=(72, 96), mean=(0.5,) * 3, std=(0.25,) * 3, crop=False)
    return model
