"""What the doctor says of patterns that stand in widely read tutorials, written afresh.

PyTorch's transfer learning tutorial freezes every weight of a ResNet and calls `train()` in each epoch (asked about in
github.com/pytorch/tutorials/issues/449 and github.com/pytorch/pytorch/issues/86590); a well-known course does so with
an EfficientNet, Dive into Deep Learning in an exercise. PyTorch's distillation tutorial normalises CIFAR-10 with
ImageNet's constants and calls them CIFAR-10's (github.com/pytorch/tutorials/issues/3927).
"""

import torch
from torch import nn
from torchvision import models, transforms

from chapter9_lib import examine
from chapter9_lib.classroom.faults import Folder
from chapter9_lib.models import Preprocessing

SIZE = 96
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CIFAR = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def usual(sides):
    steps = [transforms.Resize((SIZE, SIZE)), transforms.ToTensor(), transforms.Normalize(*IMAGENET)]
    return [Folder(photos, transforms.Compose(steps)) for photos in sides]


def trained_on(model, constants):
    """The network, saying what its photos were like, at a size that a test can afford."""
    model.preprocessing = Preprocessing((SIZE, SIZE), *constants, crop=False)
    return model


def test_a_resnet_as_fixed_feature_extractor(sides):
    model = trained_on(models.resnet18(), IMAGENET)
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = nn.Linear(model.fc.in_features, 5)
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.001, momentum=0.9)
    model.train()
    report = examine(model, *usual(sides), optimizer=optimizer, borrowed=False)
    assert report.codes == ["live-batchnorm"] and "freeze_batchnorm" in str(report)


def test_frozen_features_of_an_efficientnet_under_an_engine_that_trains(sides):
    model = trained_on(models.efficientnet_b0(), IMAGENET)
    for parameter in model.features.parameters():
        parameter.requires_grad = False
    model.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 5))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    report = examine(model.train(), *usual(sides), optimizer=optimizer, borrowed=False)
    assert "live-batchnorm" in report.codes and not {"dead-network", "head-unused"} & set(report.codes)


def test_imagenets_constants_on_a_network_that_was_trained_with_others(sides):
    model = trained_on(models.resnet18(num_classes=5), CIFAR)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    report = examine(model, *usual(sides), optimizer=optimizer, borrowed=False)
    assert "wrong-normalisation" in report.codes and "ImageNet's" in str(report)
