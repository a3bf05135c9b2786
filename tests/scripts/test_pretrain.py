"""Pretraining survives an interruption: what comes out is what would have come out."""

import pytest
import torch

from chapter9_lib.models import load_model
from data_scripts import pretrain


@pytest.fixture
def data():
    images = torch.randint(0, 256, (20, 3, 72, 96), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return pretrain.Data(images, torch.arange(20) % 4, torch.arange(20) % 10 == 0)


def run(folder, data, monkeypatch):
    monkeypatch.setattr(pretrain, "RUNS", folder)
    return pretrain.pretrain(data, epochs=3, batch=6, rate=1e-3, device="cpu")


def test_an_interrupted_run_goes_on_to_the_same_weights(tmp_path, data, monkeypatch):
    made = run(tmp_path / "whole", data, monkeypatch)
    assert made["epochs"] == 3 and made["photos"] == 18

    whole_epoch, calls = pretrain._epoch, []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole_epoch(*args)

    monkeypatch.setattr(pretrain, "_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken", data, monkeypatch)
    assert not (tmp_path / "broken" / "lab-resnet.safetensors").exists()
    monkeypatch.setattr(pretrain, "_epoch", whole_epoch)
    run(tmp_path / "broken", data, monkeypatch)

    whole, resumed = (load_model(tmp_path / name / "lab-resnet").state_dict() for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
