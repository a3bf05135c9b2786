"""A small network of eight layers in a row, five of convolution and three of all with all, for looking inside."""

from torch import Tensor, nn

from chapter9_lib.models.preprocessing import Preprocessing

__all__ = ["EightLayers", "eight_layers"]

_CONVOLUTIONS = ((24, 5, 2, 1), (48, 3, 1, 2), (64, 3, 1, 1), (64, 3, 1, 1), (64, 3, 1, 2))
"""Filters, their edge, their stride, and the pooling after them."""


class EightLayers(nn.Module):
    """AlexNet's plan (Krizhevsky et al. 2012), as Yosinski et al. (2014, arXiv 1411.1792) used it, 100 times smaller.

    Each of its stages is one layer, with its norm and ReLU: conv1 to conv5, fc6, fc7, and the head fc8. Images are
    [N, 3, 36, 48]; batch norm stands in for AlexNet's local response norm, and for its dropout.

    Args:
        num_classes: outputs of its head.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        width = 3
        for number, (filters, edge, stride, pool) in enumerate(_CONVOLUTIONS, start=1):
            convolution = nn.Conv2d(width, filters, edge, stride, edge // 2, bias=False)
            layers = [convolution, nn.BatchNorm2d(filters), nn.ReLU(), *([nn.MaxPool2d(pool)] if pool > 1 else [])]
            self.add_module(f"conv{number}", nn.Sequential(*layers))
            width = filters
        self.flatten = nn.Flatten()
        self.fc6 = _all_with_all(64 * 4 * 6, 256)
        self.fc7 = _all_with_all(256, 256)
        self.fc8 = nn.Linear(256, num_classes)
        self.num_classes = num_classes

    def forward(self, images: Tensor) -> Tensor:
        """Class scores [N, C] of images [N, 3, 36, 48]."""
        for layer in self.children():
            images = layer(images)
        return images


def eight_layers(num_classes: int) -> EightLayers:
    """An `EightLayers` with random weights, its preprocessing and the card that `save_model` stores."""
    model = EightLayers(num_classes)
    model.preprocessing = Preprocessing(size=(36, 48), mean=(0.5,) * 3, std=(0.25,) * 3, crop=False)
    model.card = {"source": "chapter9", "architecture": "eight_layers", "num_classes": num_classes}
    return model


def _all_with_all(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU())
