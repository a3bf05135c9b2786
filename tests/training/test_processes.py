"""Two processes make the same model as one."""

import os
import socket

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from toys import ToyPhotos

from chapter9_lib.models import Preprocessing, freeze_batchnorm, lab_resnet
from chapter9_lib.training import Phase, fine_tune
from chapter9_lib.training.processes import Team, joined

RUNS = {
    "head": {"phases": [Phase("head", 2, 1e-2)], "augment": False},
    "views": {"phases": [Phase("head", 1, 1e-2), Phase("layer4", 1, 1e-3)], "views": 2},
    "thawed": {"phases": [Phase("head", 1, 1e-2), Phase("layer4", 2, 1e-3)], "balance": True},
}


def trained(name, checkpoint=None):
    """29 photos in batches of 9, 9, 9 and 2: unequal shares, and one batch with a photo for each."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = lab_resnet(3)
    model.preprocessing = Preprocessing((32, 32), (0.5,) * 3, (0.25,) * 3, crop=False)
    freeze_batchnorm(model)
    photos, val = ToyPhotos(29), ToyPhotos(11, seed=1)
    photos.labels[:6] = 0  # one class is more frequent
    history = fine_tune(model, photos, val, **RUNS[name], batch_size=9, device="cpu", progress=False,
                        checkpoint=checkpoint)  # fmt: skip
    return model, history


def one_of_two(rank, port, folder):
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
                   "CHAPTER9_HOME": str(folder / "home")}  # fmt: skip
    with joined() as number:
        assert number == rank and Team.present(torch.device("cpu")).count == 2
        for name in RUNS:
            model, history = trained(name, folder / f"{name}.checkpoint")
            values = torch.tensor([history.loss, history.accuracy, history.val_loss, history.val_accuracy])
            save_file(
                {n: t.contiguous() for n, t in model.state_dict().items()} | {"history": values},
                folder / f"{name}-{rank}.safetensors",
            )


def test_two_make_the_same_model_as_one(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(one_of_two, (port, tmp_path), nprocs=2)
    for name in RUNS:
        model, history = trained(name)
        alone = [history.loss, history.accuracy, history.val_loss, history.val_accuracy]
        for rank in (0, 1):
            found = load_file(tmp_path / f"{name}-{rank}.safetensors")
            assert np.allclose(found.pop("history").numpy(), alone, atol=1e-5), name
            for key, value in model.state_dict().items():
                assert torch.allclose(found[key].float(), value.float(), atol=2e-5), (name, key)
        assert (tmp_path / f"{name}.checkpoint").is_file()


def test_norms_that_learn_are_refused_and_one_alone_needs_no_launcher():
    live = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    Team(0, 1, torch.device("cpu")).require_still_norms(live)
    with pytest.raises(ValueError, match="1 is a batch norm that learns.*2 processes: freeze_batchnorm"):
        Team(0, 2, torch.device("cpu")).require_still_norms(live)
    freeze_batchnorm(live)
    Team(0, 2, torch.device("cpu")).require_still_norms(live)
    with joined() as rank:
        assert rank == 0 and Team.present(torch.device("cpu")).count == 1


def test_balance_lets_rare_classes_count_as_much():
    from chapter9_lib.training.loop import _rarity

    weights = _rarity(torch.tensor([0] * 8 + [1] * 2 + [3] * 5), 5)
    assert torch.allclose(weights * torch.tensor([8, 2, 0, 5, 0]), torch.tensor([5.0, 5, 0, 5, 0]))
