import pytest
import torch
from toys import ToyPhotos

from chapter9_lib.models import Preprocessing, lab_resnet


@pytest.fixture
def toy_photos():
    return ToyPhotos


@pytest.fixture
def small_model():
    """The lab's network at 32 x 32, three classes, always with the same weights."""
    torch.manual_seed(0)
    model = lab_resnet(3).eval()
    model.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)
    return model


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPTER9_HOME", str(tmp_path / "home"))
