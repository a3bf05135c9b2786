"""Two fixtures on which the doctor's thresholds were set: the lab's ResNet, and a MobileNetV2 with random weights."""

from dataclasses import replace

import pytest
import torch

from chapter9_lib import load_pretrained, open_world
from chapter9_lib.classroom.faults import healthy
from chapter9_lib.models import preprocessing


def resnet():
    return load_pretrained("lab-resnet", source="bundled")


def mobilenet():
    torch.manual_seed(0)
    model = load_pretrained("mobilenetv2_035", source="timm", pretrained=False)
    model.preprocessing = replace(preprocessing(model), size=(96, 96))
    return model


NETWORKS = {"resnet": resnet, "mobilenet": mobilenet}


@pytest.fixture(scope="session")
def sides():
    world = open_world("lab")
    return world.photos("train").sample(60, seed=0), world.photos("val").sample(30, seed=0)


@pytest.fixture(params=NETWORKS)
def network(request):
    return NETWORKS[request.param]


@pytest.fixture
def set_up(network, sides):
    """Makes a healthy set-up, afresh with every call."""
    return lambda **options: healthy(network(), *sides, **options)
