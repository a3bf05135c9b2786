"""A checkpoint that goes to another machine."""

import copy
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from toys import ToyPhotos

from chapter9_lib.training import Phase, fine_tune
from chapter9_lib.training.checkpoints import Checkpoint, digest_of

OPTIONS = {"epochs": 1, "batch_size": 8, "device": "cpu", "augment": False, "progress": False}


def test_the_dice_of_a_graphics_card_do_not_stop_a_cpu(small_model, toy_photos, tmp_path):
    path = tmp_path / "state.safetensors"
    fine_tune(copy.deepcopy(small_model), toy_photos(8), checkpoint=path, **OPTIONS)
    with safe_open(path, "pt") as file:
        state = json.loads(file.metadata()["state"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    state["history"]["device"] = "cuda:0"
    state["scaler"] = {"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2000,
                       "_growth_tracker": 1}  # fmt: skip
    save_file(tensors | {"dice/device": torch.zeros(16, dtype=torch.uint8)}, path, {"state": json.dumps(state)})
    history = fine_tune(copy.deepcopy(small_model), toy_photos(8), checkpoint=path, **OPTIONS)
    assert len(history) == 1 and history.device == "cpu", "whose dice the next checkpoint holds"


def test_a_checkpoint_is_let_go_of_once_it_is_read(small_model, toy_photos, tmp_path):
    path, maps = tmp_path / "state.safetensors", Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("this system does not list its mappings")
    fine_tune(small_model, toy_photos(8), checkpoint=path, **OPTIONS)
    resumed = Checkpoint(path, {}).load()
    assert resumed.tensors and str(path) not in maps.read_text()


def test_numbers_may_be_numpys(small_model, toy_photos, tmp_path):
    path, options = tmp_path / "state.safetensors", OPTIONS | {"batch_size": np.int64(4), "augment": np.bool_(False)}
    strengths = {"weight_decay": np.float32(0.5), "l2_sp": torch.tensor(0.5), "balance": np.bool_(True)}
    for lr in (np.float32(0.5), torch.tensor(0.5)):
        fine_tune(copy.deepcopy(small_model), toy_photos(8), checkpoint=path, lr=lr, **options, **strengths)
    fine_tune(copy.deepcopy(small_model), toy_photos(8), checkpoint=path, lr=0.5, weight_decay=0.5, l2_sp=0.5,
              balance=True, **OPTIONS | {"batch_size": 4})  # fmt: skip
    phases = [Phase("head", np.int64(1), np.float32(0.5), torch.tensor(0.5), augment=np.bool_(False))]
    del options["epochs"]
    history = fine_tune(small_model, toy_photos(8), phases=phases, checkpoint=tmp_path / "other", **options)
    assert len(history) == 1
    with pytest.raises(TypeError, match="lr=.*single number"):
        fine_tune(small_model, toy_photos(8), lr=np.ones(2), **OPTIONS)


def test_photos_must_be_prepared_as_they_were(small_model, toy_photos, tmp_path):
    path, other = tmp_path / "state.safetensors", copy.deepcopy(small_model)
    small_model.preprocessing = replace(small_model.preprocessing, mean=tuple(np.float32([0.5] * 3)))
    fine_tune(small_model, toy_photos(8), checkpoint=path, **OPTIONS)
    assert len(fine_tune(copy.deepcopy(other), toy_photos(8), checkpoint=path, **OPTIONS)) == 1
    other.preprocessing = replace(other.preprocessing, mean=(0.4,) * 3)
    with pytest.raises(ValueError, match=r"preprocessing .*\[0.5, 0.5, 0.5\].*, now .*\[0.4, 0.4, 0.4\]"):
        fine_tune(other, toy_photos(8), checkpoint=path, **OPTIONS)


def test_it_may_lie_in_the_home_folder(small_model, toy_photos, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    fine_tune(small_model, toy_photos(8), checkpoint="~/state.safetensors", **OPTIONS)
    assert (tmp_path / "state.safetensors").is_file()


def test_a_scaler_begins_anew_where_there_was_none(small_model, toy_photos, tmp_path, monkeypatch):
    path = tmp_path / "state.safetensors"
    fine_tune(copy.deepcopy(small_model), toy_photos(8), checkpoint=path, **OPTIONS)
    scaler = torch.amp.GradScaler("cpu", enabled=True)
    monkeypatch.setattr("chapter9_lib.training.run.grad_scaler", lambda device: scaler)
    assert len(fine_tune(copy.deepcopy(small_model), toy_photos(8), checkpoint=path, **OPTIONS)) == 1


class Mirrored(ToyPhotos):
    """Photos that the dataset mirrors at random, as transforms of torchvision do."""

    def __getitem__(self, index):
        image, label = super().__getitem__(index)
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else image, label


def test_photos_that_change_at_random_are_known_by_number_and_labels(small_model, tmp_path):
    path = tmp_path / "state.safetensors"
    for dice in range(2):
        random.seed(dice)
        history = fine_tune(copy.deepcopy(small_model), Mirrored(8), checkpoint=path, **OPTIONS)
        assert len(history) == 1
    with pytest.raises(ValueError, match="other settings"):
        fine_tune(copy.deepcopy(small_model), Mirrored(9), checkpoint=path, **OPTIONS)
    assert digest_of(ToyPhotos(8)) != digest_of(ToyPhotos(8, seed=1)), "what stays the same is looked at"
